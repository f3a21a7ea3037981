#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/sentences.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using testing::HasSubstr;
using testing::Not;

Estimate& estimate(ReportData& r, const std::string& tag, const std::string& system,
                   const std::string& baseline = "") {
  for (Estimate& e : r.estimates)
    if (e.tag == tag && e.system == system && e.baseline == baseline) return e;
  throw std::runtime_error("no " + tag);
}

const char* kDifference = "cpqa/all/judge:rubric/difference";

TEST(Sentences, SayWhatTheNumbersSay) {
  const Summary s = summarise(test::small_report());
  ASSERT_EQ(s.sentences.size(), 3u);
  EXPECT_THAT(s.compared, HasSubstr("S10, S30 and S32 are compared, beside controls (placebo and "
                                    "majority), on 1 held-out question about 1 clip, 24 speakers"));
  EXPECT_THAT(s.sentences[0], HasSubstr("+0.50 points (95 % interval +0.30 to +0.70): an improvement, "
                                        "p < 0.001 after Holm, seeds held fixed."));
  EXPECT_THAT(s.sentences[1],
              HasSubstr("predicted metadata at test instead of none changes S32 by +1.55 "
                        "points (95 % interval +1.25 to +1.85; an improvement, p < 0.001 after Holm, "
                        "seeds held fixed)"));
  EXPECT_THAT(s.sentences[1], HasSubstr("S32 against S30, both with predicted metadata at test) changes the "
                                        "score by +0.15 points (95 % interval -0.15 to +0.45; "
                                        "the interval covers zero, so this run shows no effect either way)"));
  EXPECT_THAT(s.cautions, testing::ElementsAre("broken failed and is missing from the numbers."));
}

TEST(Sentences, AnIntervalThatCoversZeroIsNoEffectWhateverTheSign) {
  ReportData r = test::small_report();
  Estimate& e = estimate(r, kDifference, "S30", "placebo");
  e.low = -0.01;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("covers zero"));
  EXPECT_THAT(summarise(r).sentences[0], Not(HasSubstr("improvement")));
  e.value = -0.4, e.low = -0.6, e.high = -0.2;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("-0.40 points (95 % interval -0.60 to -0.20): a loss"));
  e.low = e.high = std::nullopt;
  e.reason = "one unit: nothing to resample";
  EXPECT_THAT(
      summarise(r).sentences[0],
      HasSubstr("no interval: one unit: nothing to resample): so nothing can be said about its sign"));
}

// An interval that leaves zero out is no claim by itself: the adjusted test must agree.
TEST(Sentences, AnEffectNeedsTheAdjustedTestAsWell) {
  ReportData r = test::small_report();
  Estimate& e = estimate(r, kDifference, "S30", "placebo");
  e.p_value = 0.07;
  EXPECT_THAT(summarise(r).sentences[0],
              HasSubstr("(95 % interval +0.30 to +0.70): not shown to be an improvement: the interval leaves "
                        "zero out, but p = 0.070 after Holm, seeds held fixed."));
  e.p_value = 0.049;
  e.seeds = 1;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr(": an improvement, p = 0.049 after Holm."));
  e.level = 0.99;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("not shown to be an improvement"));
  e.level = 0.95;
  e.exploratory = true;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("p = 0.049 after Benjamini-Hochberg, exploratory."));
  e.circular = true;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("not shown to be an improvement: judge and system share"));
  e.circular = false;
  e.p_value = std::nullopt;
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("but no test was made"));
}

TEST(Sentences, AllVariantsFailed) {
  ReportData r = test::small_report();
  for (ReportSystem& s : r.systems)
    if (!s.control) s.state = "failed";
  EXPECT_THAT(summarise(r).compared,
              testing::StartsWith("Every system that is no control failed (S10, S30, S32 and broken); only "
                                  "controls are compared (placebo and majority), on 1 question"));
  for (ReportSystem& s : r.systems) s.state = "failed";
  EXPECT_EQ(summarise(r).compared, "Every system failed, so nothing is compared.");
}

TEST(Sentences, WithoutAPairedDifferenceTheMeansStandAndThatIsSaid) {
  ReportData r = test::small_report();
  std::erase_if(r.estimates, [](const Estimate& e) { return e.kind == "difference"; });
  EXPECT_THAT(summarise(r).sentences[0],
              HasSubstr("S30 (absent) scores 3.60 [3.35, 3.85] and placebo (absent) 3.10 [2.85, 3.35]; their "
                        "paired difference was not computed"));
  std::erase_if(r.estimates, [](const Estimate& e) { return e.system == "placebo"; });
  EXPECT_THAT(summarise(r).sentences[0], HasSubstr("the effect is not identified"));
}

ReportData with_direct(double value, double low) {
  ReportData r = test::small_report();
  for (const char* label : {"happy", "sad", "angry", "neutral"}) {
    ReportItem item;
    item.question.type = QuestionType::DE;
    item.question.gold = {{"emotion", label}};
    r.items.push_back(item);
  }
  for (const char* metric : {"uar", "accuracy_unmapped_wrong"}) {
    Estimate e = test::sample_mean("S10", "absent", value, value - low);
    e.tag = std::string("pqa/DE/emotion/") + metric;
    e.judge = "";
    r.estimates.push_back(e);
  }
  return r;
}

TEST(Sentences, ABaseThatCannotHearEmotionIsAStrawBaseline) {
  EXPECT_THAT(summarise(with_direct(0.30, 0.20)).cautions,
              testing::Contains(HasSubstr("Straw baseline: in direct questions the base system S10 "
                                          "recognises emotion no better than guessing among 4 labels "
                                          "(unweighted average recall 0.30 [0.20, 0.40], chance 0.25)")));
  EXPECT_THAT(summarise(with_direct(0.42, 0.35)).cautions,
              Not(testing::Contains(HasSubstr("traw baseline"))));
  // A high recall over few mapped answers does not clear the base.
  ReportData sparse = with_direct(0.42, 0.35);
  estimate(sparse, "pqa/DE/emotion/accuracy_unmapped_wrong", "S10").low = 0.1;
  EXPECT_THAT(summarise(sparse).cautions, testing::Contains(HasSubstr("Straw baseline")));
  ReportData unmeasured = with_direct(0.42, 0.35);
  std::erase_if(unmeasured.estimates, [](const Estimate& e) { return e.tag == "pqa/DE/emotion/uar"; });
  EXPECT_THAT(summarise(unmeasured).cautions, testing::Contains(HasSubstr("was not measured")));
}

TEST(Sentences, FewUnitsAreSaid) {
  ReportData r = test::small_report();
  for (Estimate& e : r.estimates) e.units = 10;
  EXPECT_THAT(summarise(r).cautions,
              testing::Contains("Only 10 speakers: intervals are conditional on these."));
}

TEST(Sentences, RecordedSuitesGetAGenericAccount) {
  ReportData r;
  r.suite = "recorded";
  r.primary_judge = "rubric";
  r.systems = {test::sample_system("ModelA", "", {}), test::sample_system("ModelB", "", {})};
  for (const auto& [name, value] : {std::pair{"ModelA", 2.0}, std::pair{"ModelB", 3.0}}) {
    r.estimates.push_back(test::sample_mean(name, "", value, 0.5));
    r.estimates.back().tag = "questions/all/judge:rubric/mean";
  }
  const Summary s = summarise(r);
  ASSERT_EQ(s.sentences.size(), 2u);
  EXPECT_EQ(s.sentences[0],
            "The highest mean has ModelB at 3.00 [2.50, 3.50]; the lowest ModelA at 2.00 [1.50, 2.50].");
  EXPECT_THAT(s.sentences[1], HasSubstr("No paired comparison was computed"));
  r.estimates.clear();
  EXPECT_EQ(summarise(r).sentences[0], "No mean of judge 'rubric' could be computed.");
}

// The tags that the statistics write are the tags that the sentences read.
TEST(Sentences, FindTheRealStatistics) {
  const test::TemporaryFolder folder;
  const Summary s = summarise(test::experiment_report(folder.path(), 24, 2));
  EXPECT_THAT(s.sentences[0], HasSubstr("S30 minus its placebo"));
  EXPECT_THAT(s.sentences[0], HasSubstr("95 % interval"));
  EXPECT_THAT(s.sentences[1], HasSubstr("predicted metadata at test instead of none changes S32 by"));
  EXPECT_THAT(s.sentences[1], HasSubstr("gold metadata at test instead of none changes S32 by"));
  EXPECT_THAT(s.sentences[1],
              HasSubstr("having trained with metadata (S32 against S30, both with predicted"));
  EXPECT_THAT(s.sentences[1], Not(HasSubstr("not computed")));
  for (const std::string& caution : s.cautions) EXPECT_THAT(caution, Not(HasSubstr("was not measured")));
}

}  // namespace
}  // namespace undertone
