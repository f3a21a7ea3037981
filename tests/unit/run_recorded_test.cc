// Recorded systems: several seeds a question, answers under several conditions, and what the file lacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "harness/run/pipeline.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string line(const std::string& question, const std::string& answer, int seed,
                 const std::string& condition = "") {
  std::string out =
      R"({"question": ")" + question + R"(", "answer": ")" + answer + R"(", "seed": )" + std::to_string(seed);
  if (!condition.empty()) out += R"(, "condition": ")" + condition + "\"";
  return out + "}\n";
}

class Recorded : public ::testing::Test {
 protected:
  ReportData report(const std::string& systems) {
    write_recorded_suite(folder_.path(), systems);
    write_text(folder_ / "answers.jsonl", answers_);
    Installation here;
    here.root = UNDERTONE_SOURCE_DIR;
    const SuiteSpec spec = load_suites(here, folder_ / "suite.json", {}).front();
    const auto pipeline = make_pipeline(spec, here, {});
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    Progress progress(Progress::Style::quiet);
    Counters counters;
    const Execution e =
        execute(pipeline->stages, store, "/nonexistent/undertone-model", 1, progress, counters, never_);
    return gather_report(*pipeline, e, store, 1);
  }
  TemporaryFolder folder_;
  std::string answers_;
  std::atomic<bool> never_{false};
};

TEST_F(Recorded, EverySeedOfTheFileIsASeedOfTheSystem) {
  answers_ = line("q1", "angry", 0) + line("q2", "happy", 0) + line("q1", "angry", 7) + line("q2", "sad", 7) +
             line("q1", "sad", 2);
  const ReportData data = report(R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})");
  ASSERT_EQ(data.systems[0].state, "done") << data.systems[0].failure;
  EXPECT_THAT(data.systems[0].seeds, ElementsAre(0, 2, 7));
  EXPECT_EQ(data.ledger_answers, 6);
  std::map<std::pair<std::string, int>, Answer> given;
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) given[{item.question.id, a.seed}] = a.answer;
  EXPECT_EQ(given.at({"q1", 7}).text, "angry");
  EXPECT_EQ(given.at({"q2", 0}).text, "happy");
  EXPECT_EQ(given.at({"q2", 2}).status, AnswerStatus::not_run) << "seed 2 has no answer to q2: it shows";
  for (const Estimate& e : data.estimates)
    if (e.tag == "pqa/all/judge:rubric/mean" && e.system == "theirs") {
      EXPECT_EQ(e.asked, 6);
      EXPECT_EQ(e.scored, 5);
      EXPECT_EQ(e.seeds, 3);
    }
}

TEST_F(Recorded, ConditionChoosesAmongTheLines) {
  answers_ = line("q1", "angry", 0, "gold") + line("q2", "sad", 0, "gold") +
             line("q1", "happy", 0, "absent") + line("q2", "happy", 0, "absent");
  const ReportData data = report(R"("told": {"kind": "recorded", "path": "answers.jsonl", "test": ["gold"]},
    "untold": {"kind": "recorded", "path": "answers.jsonl"},
    "none": {"kind": "recorded", "path": "answers.jsonl", "test": ["predicted"]})");
  for (const ReportItem& item : data.items) {
    ASSERT_EQ(item.answers.size(), 2u);
    for (const ReportAnswer& a : item.answers)
      EXPECT_EQ(a.answer.text, a.system == "told" ? item.question.reference : "happy");
  }
  EXPECT_EQ(data.systems[2].state, "failed");
  EXPECT_THAT(data.systems[2].failure, AllOf(HasSubstr("under condition 'predicted'"),
                                             HasSubstr("absent, gold"), HasSubstr("answers.jsonl")));
}

TEST_F(Recorded, TwoAnswersUnderOneConditionAreRefused) {
  answers_ = line("q1", "angry", 0) + line("q1", "sad", 0, "absent");
  const ReportData data = report(R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})");
  EXPECT_EQ(data.systems[0].state, "failed");
  EXPECT_THAT(data.systems[0].failure, AllOf(HasSubstr("'q1'"), HasSubstr("answers.jsonl:2")));
}

}  // namespace
}  // namespace undertone::test
