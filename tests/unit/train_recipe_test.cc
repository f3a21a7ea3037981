#include <gtest/gtest.h>

#include <map>

#include "harness/core/error.h"
#include "harness/train/recipe.h"
#include "harness/train/sampler.h"

namespace undertone {
namespace {

Recipe recipe(const std::string& json) { return recipe_from_json(parse_json(json, "recipe")); }

TEST(Recipe, ReadsEveryFieldAndReportsAllProblemsAtOnce) {
  const Recipe r =
      recipe(R"({"steps": 7, "text_items": 3, "trains": "all", "mixture": {"asr": 0.5}, "clip_norm": 0})");
  EXPECT_EQ(r.steps, 7);
  EXPECT_EQ(r.text_items, 3);
  EXPECT_EQ(r.trains, "all");
  EXPECT_EQ(r.mixture.at("asr"), 0.5);
  EXPECT_EQ(to_json(recipe_from_json(to_json(r))), to_json(r));
  try {
    recipe(R"({"step": 7, "trains": "both", "weight_decay": -1})");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::suite);
    for (const char* part : {"steps", "both", "weight_decay"})
      EXPECT_NE(e.what_happened().find(part), std::string::npos) << part << " in " << e.what_happened();
  }
}

TEST(Recipe, LearningRateRisesThenFallsToNearZero) {
  Recipe r;
  r.steps = 100;
  r.learning_rate = 2;
  r.warmup_fraction = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate_at(r, 0), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate_at(r, 9), 2);
  EXPECT_DOUBLE_EQ(learning_rate_at(r, 10), 2);
  EXPECT_NEAR(learning_rate_at(r, 55), 1, 1e-12);
  EXPECT_GT(learning_rate_at(r, 99), 0);
  EXPECT_LT(learning_rate_at(r, 99), 0.002);
  r.warmup_fraction = 0;
  r.steps = 1;
  EXPECT_DOUBLE_EQ(learning_rate_at(r, 0), 2);
}

std::vector<SampledItem> some_items() {
  std::vector<SampledItem> items;
  for (int i = 0; i < 100; ++i) items.push_back({"pqa", i % 4 == 0 ? "DE" : "C", false, i % 4 == 0 ? 2 : 10});
  for (int i = 0; i < 20; ++i) items.push_back({"asr", "ASR", false, 12});
  for (int i = 0; i < 30; ++i) items.push_back({"pqa", "C", true, 5});
  return items;
}

TEST(Sampler, HonoursPoolSharesAndTypeWeights) {
  const auto items = some_items();
  Recipe r;
  r.batch_items = 50;
  r.text_items = 10;
  r.mixture = {{"pqa", 3}, {"asr", 1}};
  r.type_weights = {{"DE", 3}};  // 25 items x 3 against 75 x 1: half of the pool
  Sampler sampler(items, r, "sampler");
  std::map<std::string, int> counts;
  for (int step = 0; step < 200; ++step) {
    const auto batch = sampler.next();
    ASSERT_EQ(batch.size(), 60u);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(items[batch[i]].text_only, i >= 50);
      ++counts[items[batch[i]].text_only ? "text" : items[batch[i]].pool + items[batch[i]].type];
    }
  }
  // 10,000 draws: standard deviations under 50.
  EXPECT_NEAR(counts["asrASR"], 2500, 200);
  EXPECT_NEAR(counts["pqaDE"], 3750, 200);
  EXPECT_NEAR(counts["pqaC"], 3750, 200);
  EXPECT_EQ(counts["text"], 2000);
}

TEST(Sampler, SeesEveryItemOfAGroupOnceAPass) {
  std::vector<SampledItem> items(10, {"pqa", "C", false, 1});
  Recipe r;
  r.batch_items = 10;
  Sampler sampler(items, r, "pass");
  std::vector<std::size_t> first = sampler.next(), second = sampler.next();
  EXPECT_NE(first, second);
  for (auto* batch : {&first, &second}) {
    std::sort(batch->begin(), batch->end());
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ((*batch)[i], i);
  }
}

TEST(Sampler, EveryArmGetsTheSameTargetTokens) {
  const auto items = some_items();
  Recipe r;
  r.target_tokens = 300;
  std::vector<std::int64_t> totals;
  for (const auto& mixture :
       {std::map<std::string, double>{{"pqa", 1}}, {{"asr", 1}}, {{"pqa", 1}, {"asr", 4}}}) {
    r.mixture = mixture;
    Sampler sampler(items, r, "arm");
    for (int step = 0; step < 150; ++step) sampler.next();
    totals.push_back(sampler.target_tokens());
  }
  for (const std::int64_t total : totals) EXPECT_NEAR(static_cast<double>(total), 45000, 450) << "within 1 %";
}

TEST(Sampler, IsAFunctionOfTheStream) {
  const auto items = some_items();
  Recipe r;
  r.text_items = 4;
  Sampler a(items, r, "x"), b(items, r, "x"), c(items, r, "y");
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const auto batch = a.next();
    EXPECT_EQ(batch, b.next());
    differs |= batch != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Sampler, TextOnlyPoolsThatTheMixtureDoesNotNameAreDrawnBySize) {
  auto items = some_items();
  for (SampledItem& item : items)
    if (item.text_only) item.pool = "text";
  Recipe r;
  r.batch_items = 2;
  r.text_items = 3;
  r.mixture = {{"asr", 1}};
  Sampler sampler(items, r, "text");
  const auto batch = sampler.next();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(items[batch[i]].pool, "asr");
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(items[batch[i]].pool, "text");
}

TEST(Sampler, RefusesWhatCannotBeFilled) {
  const auto items = some_items();
  Recipe r;
  r.mixture = {{"cpqa", 1}};
  EXPECT_THROW(Sampler(items, r, "x"), Error);
  r.mixture = {{"asr", 0}, {"pqa", 0}};  // nothing is left of either side
  r.text_items = 1;
  EXPECT_THROW(Sampler(items, r, "x"), Error);
  r = Recipe{};
  r.batch_items = 0;
  EXPECT_THROW(Sampler(items, r, "x"), Error);
}

}  // namespace
}  // namespace undertone
