// A table of ratings in JUDGE-BENCH's form and back: people apart from machines, failures by their kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/import_ratings.h"
#include "harness/core/error.h"

namespace undertone {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

RatingTable table() {
  RatingTable t;
  t.name = "demo";
  t.source = "run 0123";
  t.items = {{"q1/S30/gold/1", "speaker 1", "S30", "How?", "sad", "sad", 1.0},
             {"q2/S30/gold/1", "speaker 2", "S30", "How?\n### Source", "", "angry\n", {}}};
  t.items[0].inclusion = 0.25;
  t.items[1].chosen = true;
  t.raters = {{"rubric", RaterKind::metric, 0, 5, false, {"lexicon:emotion"}},
              {"Ann", RaterKind::human, 0, 5, true, {}},
              {"Bob", RaterKind::human, 0, 5, true, {}},
              {"robot", RaterKind::script, 0, 5, false, {}},
              {"exact", RaterKind::trivial, 0, 1, false, {}}};
  t.cells.resize(10);
  t.at(0, 0) = {Scored{5.0 / 3, "why", {{"content", 2}}}, ParseFailure{"?"}};
  t.at(0, 1) = {Scored{4, "", {}}, Scored{5, "", {}}};
  t.at(0, 2) = {NotJudged{"skipped"}};
  t.at(0, 3) = {Scored{1, "", {}}};
  t.at(0, 4) = {Scored{1, "", {}}};
  t.at(1, 0) = {TransportError{503, 2, "down"}};
  t.at(1, 2) = {Scored{2, "", {}}};
  return t;
}

TEST(JudgeBench, WhatIsWrittenReadsBack) {
  const RatingTable before = table();
  const std::vector<RatingTable> read = parse_judge_bench(write_judge_bench(before), "out.json");
  ASSERT_THAT(read, SizeIs(2)) << "one table per scale";
  EXPECT_EQ(read[0].criterion, "quality (0-5)");
  EXPECT_EQ(read[1].criterion, "quality (0-1)");
  std::size_t raters = 0;
  for (const RatingTable& t : read) {
    EXPECT_EQ(t.name, "demo");
    EXPECT_EQ(t.source, "run 0123");
    ASSERT_THAT(t.items, SizeIs(2));
    for (const Rater& rater : t.raters) {
      const std::size_t r = before.rater(rater.name), now = t.rater(rater.name);
      ++raters;
      EXPECT_EQ(rater.kind, before.raters[r].kind);
      EXPECT_EQ(rater.one_person, before.raters[r].one_person);
      EXPECT_EQ(rater.resources, before.raters[r].resources);
      EXPECT_EQ(rater.low, before.raters[r].low);
      EXPECT_EQ(rater.high, before.raters[r].high);
      for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_EQ(t.at(i, now).size(), before.at(i, r).size()) << rater.name;
        for (std::size_t v = 0; v < t.at(i, now).size(); ++v)
          EXPECT_EQ(to_json(t.at(i, now)[v]).dump(), to_json(before.at(i, r)[v]).dump());
      }
    }
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(t.items[i].id, before.items[i].id);
      EXPECT_EQ(t.items[i].cluster, before.items[i].cluster);
      EXPECT_EQ(t.items[i].system, before.items[i].system);
      EXPECT_EQ(t.items[i].question, before.items[i].question);
      EXPECT_EQ(t.items[i].reference, before.items[i].reference);
      EXPECT_EQ(t.items[i].answer, before.items[i].answer);
      EXPECT_EQ(t.items[i].correct, before.items[i].correct);
      EXPECT_EQ(t.items[i].inclusion, before.items[i].inclusion);
      EXPECT_EQ(t.items[i].chosen, before.items[i].chosen);
    }
  }
  EXPECT_EQ(raters, before.raters.size());
}

// What a reader finds who knows JUDGE-BENCH's form alone.
TEST(JudgeBench, OnlyPeopleStandAmongTheHumanScores) {
  const Json whole = parse_json(write_judge_bench(table()), "out.json");
  const Json& rated = whole.at("annotations").elements().at(0);
  EXPECT_EQ(rated.at("category").as_string(), "continuous");
  EXPECT_EQ(whole.at("annotations").elements().at(1).at("category").as_string(), "graded");
  EXPECT_THAT(rated.at("prompt").as_string(), HasSubstr("{{ instance }}"));
  const Json& first = whole.at("instances").elements().at(0);
  EXPECT_THAT(first.at("instance").as_string(), HasSubstr("Reference: sad"));
  const Json& of = first.at("annotations").at("quality (0-5)");
  EXPECT_EQ(of.at("individual_human_scores").dump(), "[4.0]") << "no machine, no second rating, no failure";
  EXPECT_EQ(of.at("mean_human").as_double(), 4);
  const Json& binary = first.at("annotations").at("quality (0-1)");
  EXPECT_EQ(binary.at("individual_human_scores").size(), 0u);
  EXPECT_TRUE(binary.at("mean_human").is_null()) << "nobody: no mean";
}

TEST(JudgeBench, ContradictionsAreErrors) {
  const auto says = [](const RatingTable& t, const std::string& from, const std::string& to) {
    std::string text = write_judge_bench(t);
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    try {
      parse_judge_bench(text, "t.json");
    } catch (const Error& e) {
      return e.what_happened();
    }
    return std::string("nothing");
  };
  RatingTable t = table();
  EXPECT_THAT(says(t, "\"value\": 4.0", "\"value\": 3.0"), HasSubstr("individual_human_scores"));
  EXPECT_THAT(says(t, "\"value\": 4.0", "\"value\": 9.0"), HasSubstr("outside 0..5"));
  EXPECT_THAT(says(t, "\"name\": \"robot\"", "\"name\": \"rob\""), HasSubstr("does not list"));
  t.raters[1].high.reset();
  try {
    write_judge_bench(t);
    ADD_FAILURE() << "a scale without its end is written";
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("'Ann'"));
  }
}

}  // namespace
}  // namespace undertone
