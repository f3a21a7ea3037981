#include "harness/annotate/recogniser.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "harness/annotate/evaluation.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/random.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

// Twelve speakers, two emotions: the first features carry the emotion, two others the speaker, the rest is
// noise.
std::vector<RecogniserItem> synthetic(double signal, bool dimensions = true) {
  Stream random("annotate test");
  std::vector<RecogniserItem> items;
  for (int speaker = 0; speaker < 12; ++speaker)
    for (int k = 0; k < 20; ++k) {
      RecogniserItem i;
      i.clip = fmt::format("s{}-{}", speaker, k);
      i.speaker = i.unit = fmt::format("s{}", speaker);
      i.split = speaker < 8 ? "train" : "test";
      i.gender = speaker % 2 ? "male" : "female";
      i.end_seconds = 1;
      const bool happy = k % 2;
      i.category = happy ? "happy" : "sad";
      const double valence = happy ? 0.8 : 0.2;
      if (dimensions)
        i.dimensions = {valence + 0.1 * random.normal(), 0.5 + 0.1 * random.normal(), std::nullopt};
      for (int f = 0; f < 16; ++f) i.pooled.push_back(static_cast<float>(random.normal()));
      i.pooled[0] += static_cast<float>(signal * (happy ? 1 : -1));
      i.pooled[1] += static_cast<float>(3 * (speaker % 2 ? 1 : -1));
      items.push_back(std::move(i));
    }
  return items;
}

RecogniserOptions quick() {
  at::set_num_threads(1);  // at these sizes threads only wait for each other
  RecogniserOptions o;
  o.hidden = 16;
  o.epochs = 20;
  o.batch_items = 16;
  o.folds = 4;
  o.learning_rate = 2e-2;
  return o;
}

double accuracy(const std::vector<RecogniserItem>& items, const CrossFitted& f, const std::string& split) {
  int right = 0, n = 0;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].split == split) {
      ++n;
      right += f.predictions[i].category == items[i].category;
    }
  return static_cast<double>(right) / n;
}

TEST(Recogniser, LearnsWhatIsThere) {
  const auto items = synthetic(2.5);
  const CrossFitted f = cross_fit(items, quick(), "t");
  EXPECT_EQ(f.folds, 4);
  EXPECT_GT(accuracy(items, f, "train"), 0.9);
  EXPECT_GT(accuracy(items, f, "test"), 0.9);
  const Json report = recogniser_report(items, f, quick(), "t", 200);
  std::map<std::string, const Json*> by_tag;
  for (const Json& e : report.at("estimates").elements()) by_tag[e.at("tag").as_string()] = &e;
  EXPECT_GT(by_tag.at("recogniser/emotion/uar/test")->at("value").as_double(), 0.9);
  EXPECT_GT(by_tag.at("recogniser/gender/uar/test")->at("value").as_double(), 0.9);
  EXPECT_GT(by_tag.at("recogniser/valence/ccc/out_of_fold")->at("value").as_double(), 0.75);
  // Arousal is noise here, dominance is not annotated at all.
  EXPECT_LT(by_tag.at("recogniser/arousal/ccc/test")->at("value").as_double(), 0.4);
  EXPECT_TRUE(by_tag.at("recogniser/dominance/ccc/test")->at("value").is_null());
  EXPECT_FALSE(by_tag.at("recogniser/dominance/ccc/test")->at("reason").as_string().empty());
  const Json& gap = *by_tag.at("recogniser/emotion/uar/gap");
  EXPECT_LE(gap.at("low").as_double(), gap.at("value").as_double());
  EXPECT_GE(gap.at("high").as_double(), gap.at("value").as_double());
}

// Labels that only the speaker explains: seen speakers would be recognised, unseen ones cannot be.
// Out-of-fold predictions must stay near chance, or the folds leak.
TEST(Recogniser, OutOfFoldPredictionsNeverSawTheSpeaker) {
  Stream random("labels");
  std::vector<RecogniserItem> items;
  for (std::size_t speaker = 0; speaker < 40; ++speaker) {
    const std::string label = random.below(2) ? "happy" : "sad";
    for (int k = 0; k < 5; ++k) {
      RecogniserItem i;
      i.clip = fmt::format("s{}-{}", speaker, k);
      i.speaker = i.unit = fmt::format("s{}", speaker);
      i.split = "train";
      i.category = label;
      i.pooled.assign(48, 0.0f);
      i.pooled[speaker] = 1;
      for (std::size_t f = 40; f < 48; ++f) i.pooled[f] = static_cast<float>(random.normal());
      items.push_back(std::move(i));
    }
  }
  RecogniserOptions o = quick();
  const CrossFitted f = cross_fit(items, o, "t");
  EXPECT_LT(accuracy(items, f, "train"), 0.7);
  std::vector<std::size_t> train;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].split == "train") train.push_back(i);
  const auto seen = f.full.predict(items, train);
  int right = 0;
  for (std::size_t k = 0; k < train.size(); ++k) right += seen[k].category == items[train[k]].category;
  EXPECT_EQ(right, static_cast<int>(train.size()));
}

TEST(Recogniser, FoldsSeparateSpeakersWhoShareAClip) {
  std::vector<RecogniserItem> items;
  const auto add = [&](const std::string& clip, const std::string& speaker, const std::string& unit) {
    RecogniserItem i;
    i.clip = clip;
    i.speaker = speaker;
    i.unit = unit;
    i.split = "train";
    items.push_back(i);
  };
  add("c0", "anna", "anna");
  add("c1", "anna",
      "anna+bert");  // one clip, two voices: anna, bert and whoever shares their unit belong together
  add("c1", "bert", "anna+bert");
  add("c2", "bert", "bert");
  for (int k = 0; k < 6; ++k) add(fmt::format("d{}", k), fmt::format("v{}", k), fmt::format("v{}", k));
  const std::vector<int> fold = assign_folds(items, 3, "t");
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(fold[i], fold[0]);
  EXPECT_EQ(std::set<int>(fold.begin(), fold.end()).size(), 3u);
  EXPECT_EQ(std::count(fold.begin(), fold.end(), fold[0]), 4);  // balanced: the largest group fills its fold
  EXPECT_EQ(fold, assign_folds(items, 3, "t"));
  EXPECT_THROW(assign_folds(std::span(items).first(4), 3, "t"), Error);
}

TEST(Recogniser, TheSameSeedGivesTheSameBytes) {
  const auto items = synthetic(1);
  test::TemporaryFolder folder;
  std::vector<std::string> bytes;
  for (const char* stream : {"a", "a", "b"}) {
    const CrossFitted f = cross_fit(items, quick(), stream);
    f.full.save(folder / "model.safetensors");
    bytes.push_back(read_file(folder / "model.safetensors") +
                    recogniser_report(items, f, quick(), stream, 50).dump());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_NE(bytes[0], bytes[2]);
}

TEST(Recogniser, SaysWhatItCannotLearnFrom) {
  auto items = synthetic(1);
  for (auto& i : items) i.category.clear();
  EXPECT_THROW(cross_fit(items, quick(), "t"), Error);
  items = synthetic(1, false);
  for (auto& i : items) i.gender.clear();
  const CrossFitted f = cross_fit(items, quick(), "t");
  EXPECT_FALSE(f.predictions[0].dimensions[0]);
  EXPECT_EQ(f.predictions[0].gender, "");
  items[0].pooled[3] = NAN;
  try {
    cross_fit(items, quick(), "t");
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::model);
    EXPECT_THAT(e.what_happened(), ::testing::HasSubstr("not finite"));
  }
}

TEST(Evaluation, RecallAndConcordance) {
  // Recalls 3/4 and 1/2; a class without gold is left out.
  EXPECT_DOUBLE_EQ(*average_recall(std::vector<double>{3, 1, 0, 1, 1, 0, 0, 0, 0}), 0.625);
  EXPECT_FALSE(average_recall(std::vector<double>{0, 0, 0, 0}));
  const std::vector<double> x{0.1, 0.4, 0.35, 0.8, 0.9}, y{0.2, 0.3, 0.5, 0.7, 0.95};
  RecognitionSums::Pairs s;
  for (std::size_t i = 0; i < x.size(); ++i)
    s = {s.n + 1, s.x + x[i], s.y + y[i], s.xx + x[i] * x[i], s.yy + y[i] * y[i], s.xy + x[i] * y[i]};
  // numpy: 2 * cov(x, y, bias) / (var(x) + var(y) + (mean(x) - mean(y)) ** 2)
  EXPECT_NEAR(*concordance(s), 0.932266009852216526, 1e-12);
  EXPECT_FALSE(concordance({1, 1, 1, 1, 1, 1}));
  EXPECT_FALSE(concordance({2, 1, 1, 0.5, 0.5, 0.5}));
}

TEST(Items, PoolTheFramesOfTheSegmentInTheOrderOfIds) {
  test::TemporaryFolder folder;
  FeatureShard shard(folder.path(), 0);
  std::vector<float> rows;  // 100 frames of width 2: a constant 1, and 0 or 4 by second
  for (int t = 0; t < 100; ++t) rows.insert(rows.end(), {1.0f, t < 50 ? 0.0f : 4.0f});
  shard.add("b", rows, 2);
  shard.add("a", rows, 2);
  shard.finish();
  finish_feature_index(folder.path(), 1);
  const FeatureStore store(folder.path());
  EXPECT_EQ(pool_segment(store, "a", 0, 1), (std::vector<float>{1, 0, 0, 0}));
  EXPECT_EQ(pool_segment(store, "a", 0, 2), (std::vector<float>{1, 2, 0, 2}));
  EXPECT_EQ(pool_segment(store, "a", 1.5, 99), (std::vector<float>{1, 4, 0, 0}));
  EXPECT_EQ(pool_segment(store, "a", 50, 51).size(), 4u);  // behind the end: the last frame
  std::vector<Clip> clips(2);
  clips[0].id = "b";
  clips[1].id = "a";
  for (Clip& c : clips) c.segments.resize(2);
  const auto items = recogniser_items(clips, store);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].clip, "a");
  EXPECT_EQ(items[3].segment, 1u);
}

}  // namespace
}  // namespace undertone
