// From the rows of two runs to pairs and measures.
#include "metrics/comparison_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/evaluation_rows.h"

namespace undertone::test {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Rows : public ::testing::Test {
 protected:
  Rows() : made_(make_evaluation({.units = 8, .clips_per_unit = 2, .systems = 2, .seeds = {1, 2}})) {
    first_ = made_.rows;
    second_ = made_.rows;
  }
  ComparedRun run(const std::vector<EvaluationRow>& rows, const std::string& identity = "same") const {
    return {&rows, &made_.settings, {{"rubric", identity}, {"embedding", "e"}}, {}};
  }
  std::vector<ComparedMeasure> measures(const MeasureOptions& options = {},
                                        const std::string& second = "same") {
    const ComparedRun a = run(first_), b = run(second_, second);
    return measures_of(a, b, pair_runs(a, b), options);
  }
  static const ComparedMeasure* find(const std::vector<ComparedMeasure>& all, const std::string& name,
                                     const std::string& system) {
    for (const ComparedMeasure& m : all)
      if (m.name == name && m.system == system && m.condition == "absent") return &m;
    return nullptr;
  }
  MadeEvaluation made_;
  std::vector<EvaluationRow> first_, second_;
};

constexpr const char* kMean = "cpqa/all/judge:rubric/mean";

TEST_F(Rows, DeclaresThePrimaryJudgeOfSystemsThatAreNoControls) {
  MeasureOptions options;
  options.controls = {"S0"};
  const auto all = measures(options);
  for (const ComparedMeasure& m : all) {
    const bool primary = m.name.starts_with("cpqa/all/judge:rubric/");
    EXPECT_EQ(m.declared, primary && m.system == "S1") << m.name << " " << m.system;
  }
  for (const char* name :
       {kMean, "cpqa/all/judge:rubric/scored", "cpqa/all/judge:embedding/mean", "pqa/all/judge:rubric/mean",
        "pqa/all/emotion/accuracy_unmapped_wrong", "cpqa/all/gender/accuracy_unmapped_wrong"})
    EXPECT_TRUE(find(all, name, "S1")) << name;
  // 8 units, 2 clips, 3 contextual questions; S1 has two seeds.
  EXPECT_EQ(find(all, kMean, "S1")->pairs.size(), 8u * 2 * 3 * 2);
  EXPECT_EQ(find(all, kMean, "S0")->pairs.size(), 8u * 2 * 3);
}

TEST_F(Rows, ASystemThatIsGoneSaysSoOnce) {
  std::erase_if(second_, [](const EvaluationRow& r) { return r.system == "S1"; });
  ComparedRun a = run(first_), b = run(second_);
  b.failures["S1"] = "its loss was not finite";
  const auto all = measures_of(a, b, pair_runs(a, b), {});
  int said = 0;
  for (const ComparedMeasure& m : all)
    if (m.system == "S1" && m.condition == "absent") {
      ++said;
      EXPECT_TRUE(m.declared);
      EXPECT_THAT(m.not_comparable,
                  HasSubstr("the second run has no answers of it: its loss was not finite"));
    }
  EXPECT_EQ(said, 1);
}

TEST_F(Rows, QuestionsThatAreNotTheSameAreNotPaired) {
  std::deque<Question> changed(made_.questions.begin(), made_.questions.end());
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (i % 4 == 0) changed[i].reference += " Or not.";
    for (EvaluationRow& r : second_)
      if (r.question->id == changed[i].id) r.question = &changed[i];
  }
  const auto some = measures();
  const ComparedMeasure* m = find(some, kMean, "S0");
  EXPECT_EQ(m->pairs.size(), 8u * 2 * 2);
  EXPECT_THAT(m->notes, Contains(HasSubstr("16 not what they were")));
  for (Question& q : changed) q.text = "Another?";
  EXPECT_THAT(find(measures(), kMean, "S0")->not_comparable, HasSubstr("the questions differ"));
}

TEST_F(Rows, SeedsArePairedByNumberElseByOrder) {
  EXPECT_THAT(pair_runs(run(first_), run(second_))[2].notes, IsEmpty());
  for (EvaluationRow& r : second_) r.seed += 10;
  const auto pairs = pair_runs(run(first_), run(second_));
  EXPECT_THAT(pairs[2].notes, Contains(HasSubstr("paired in their order")));
  EXPECT_EQ(pairs[2].rows.size(), 8u * 2 * 4 * 2);
  std::erase_if(second_, [](const EvaluationRow& r) { return r.seed == 12; });
  EXPECT_THAT(pair_runs(run(first_), run(second_))[2].notes, Contains(HasSubstr("2 and 1 seeds")));
}

TEST_F(Rows, AnotherJudgeReadsBothOrNothingIsCompared) {
  EXPECT_THAT(find(measures({}, "another"), kMean, "S0")->not_comparable, HasSubstr("the judge differs"));
  MeasureOptions options;
  options.second_judge = [](const std::string&, const EvaluationRow&) { return SwappedVerdict{true, 2.0}; };
  const auto all = measures(options, "another");
  const ComparedMeasure* m = find(all, kMean, "S0");
  EXPECT_EQ(m->not_comparable, "");
  EXPECT_THAT(m->notes, Contains(HasSubstr("by the second run's judge")));
  for (const ComparedPair& p : m->pairs) EXPECT_EQ(p.first, 2.0);
}

}  // namespace
}  // namespace undertone::test
