// Which estimates a report keeps.
#include "metrics/reported.h"

#include <gtest/gtest.h>

namespace undertone::test {
namespace {

const ReportedChoice kChoice{{"accuracy", "correlation"}, "rubric"};

bool kept(const std::string& tag, const std::string& kind = "value", bool declared = false) {
  Estimate e;
  e.tag = tag;
  e.kind = kind;
  e.exploratory = !declared;
  return is_reported(e, kChoice);
}

TEST(Reported, MeansOfEveryJudgeAndSlice) {
  for (const char* tag :
       {"cpqa/all/judge:rubric/mean", "cpqa/CE/judge:embedding/mean", "pqa/binding/judge:rubric:content/mean",
        "cpqa/all/judge:rubric/icc", "cpqa/all/exact_match", "cpqa/DE/exact_match"})
    EXPECT_TRUE(kept(tag)) << tag;
  EXPECT_FALSE(kept("cpqa/binding/exact_match"));
}

TEST(Reported, OtherIntervalsOfTheMainNumbersOnly) {
  EXPECT_TRUE(kept("cpqa/all/judge:rubric/mean/these_seeds"));
  EXPECT_TRUE(kept("cpqa/types/judge:rubric/mean/these_units"));
  EXPECT_FALSE(kept("cpqa/CE/judge:rubric/mean/these_seeds"));
  EXPECT_FALSE(kept("cpqa/all/judge:embedding/mean/these_seeds"));
  EXPECT_FALSE(kept("cpqa/all/judge:rubric:content/mean/these_seeds"));
  EXPECT_FALSE(kept("cpqa/all/emotion/accuracy/these_seeds"));
}

TEST(Reported, MetricsThatTheSuiteListsWithTheirCoverage) {
  EXPECT_TRUE(kept("pqa/DE/emotion/accuracy"));
  EXPECT_TRUE(kept("pqa/DE/emotion/accuracy_unmapped_wrong"));
  EXPECT_TRUE(kept("pqa/all/emotion/coverage"));
  EXPECT_FALSE(kept("pqa/DE/emotion/uar"));
  EXPECT_FALSE(kept("pqa/DE/emotion/f1_macro"));
  EXPECT_FALSE(kept("pqa/all/wer"));
  EXPECT_TRUE(kept("cpqa/all/judge:rubric~accuracy/pearson"));
  EXPECT_FALSE(kept("cpqa/binding/emotion/accuracy"));
  Estimate e;
  e.tag = "pqa/DE/emotion/uar";
  e.kind = "value";
  EXPECT_TRUE(is_reported(e, {{}, "rubric"})) << "a suite without a list gets all";
  e.tag = "pqa/all/emotion/coverage";
  EXPECT_FALSE(is_reported(e, {{"correlation"}, "rubric"}));
}

TEST(Reported, Comparisons) {
  EXPECT_TRUE(kept("cpqa/CE/judge:rubric/difference", "difference"));
  EXPECT_TRUE(kept("cpqa/CE/judge:rubric/relative_gain", "relative_gain"));
  EXPECT_TRUE(kept("cpqa/all/judge:embedding/difference", "difference"));
  EXPECT_FALSE(kept("cpqa/CE/judge:embedding/difference", "difference"));
  EXPECT_FALSE(kept("cpqa/CE/judge:rubric:content/difference", "difference"));
  EXPECT_FALSE(kept("cpqa/CE/judge:rubric/difference/these_seeds", "difference"));
  // What was declared is never left out.
  EXPECT_TRUE(kept("cpqa/CE/judge:embedding/difference/these_seeds", "difference", true));
}

}  // namespace
}  // namespace undertone::test
