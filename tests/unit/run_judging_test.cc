// Judging over recorded answers: what is judged once, what a failed system leaves to the others, and what a
// later run adds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/files.h"
#include "harness/run/pipeline.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using State = StageOutcome::State;
using ::testing::HasSubstr;

class Judging : public ::testing::Test {
 protected:
  void SetUp() override {
    // Two systems that answer alike but for one question, and one whose answers the corpus lacks.
    write_recorded_suite(folder_.path(), R"(
      "first": {"kind": "recorded", "path": "answers.jsonl"},
      "second": {"kind": "recorded", "path": "second.jsonl"},
      "nobody": {"kind": "recorded", "model": "nobody"})",
                         R"("rubric": {"kind": "rubric"}, "exact": {"kind": "exact"})");
    write_text(folder_ / "second.jsonl", answer_line("q1", "angry") + answer_line("q2", "sad"));
  }

  RanSuite run(Store& store) { return run_suite(folder_ / "suite.json", store, {}, 2); }

  TemporaryFolder folder_;
};

TEST_F(Judging, EqualAnswersAreJudgedOnceAndAFailedSystemStopsNoOther) {
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  const RanSuite ran = run(store);
  EXPECT_EQ(ran.stage("answer nobody").state, State::failed);
  EXPECT_EQ(ran.stage("judge rubric").state, State::done);
  EXPECT_EQ(ran.stage("judge exact").state, State::done);
  // q1 angry (both), q2 happy (first), q2 sad (second); by two judges.
  EXPECT_EQ(ran.verdicts, 3 * 2);
  const ReportData data = gather_report(*ran.pipeline, ran.execution, store, 1);
  ASSERT_EQ(data.systems.size(), 3u);
  EXPECT_EQ(data.systems[0].state, "done");
  EXPECT_EQ(data.systems[1].state, "done");
  EXPECT_EQ(data.systems[2].state, "failed");
  EXPECT_THAT(data.systems[2].failure, HasSubstr("'nobody'"));
  for (const ReportItem& item : data.items) {
    ASSERT_EQ(item.answers.size(), 2u);
    for (const ReportAnswer& a : item.answers)
      for (const char* judge : {"rubric", "exact"}) {
        ASSERT_TRUE(std::holds_alternative<Scored>(a.verdicts.at(judge))) << item.question.id << judge;
        const bool right = a.answer.text == item.question.reference;
        EXPECT_EQ(std::get<Scored>(a.verdicts.at("exact")).value, right ? 1 : 0);
      }
  }
}

// While a system is missing the stage is not filed as done, so that its answers are judged once they are
// there.
TEST_F(Judging, WhatWasMissingIsJudgedByTheNextRun) {
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  EXPECT_EQ(run(store).verdicts, 6);
  EXPECT_EQ(run(store).verdicts, 0);
  write_text(folder_ / "suite.json",
             read_file(folder_ / "suite.json")
                 .replace(read_file(folder_ / "suite.json").find(R"("model": "nobody")"), 17,
                          R"("path": "third.jsonl")"));
  write_text(folder_ / "third.jsonl", answer_line("q1", "afraid") + answer_line("q2", "sad"));
  const RanSuite whole = run(store);
  EXPECT_EQ(whole.verdicts, 2) << "one new pair, two judges";
  EXPECT_TRUE(store.find(whole.pipeline->stages.back().key));
  EXPECT_EQ(run(store).stage("judge rubric").state, State::found);
}

TEST_F(Judging, NothingToJudgeIsSkippedWithTheReason) {
  write_recorded_suite(folder_.path(), R"("nobody": {"kind": "recorded", "model": "nobody"})");
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  const RanSuite ran = run(store);
  EXPECT_EQ(ran.stage("judge rubric").state, State::skipped);
  EXPECT_THAT(ran.stage("judge rubric").failure, HasSubstr("'answer nobody' failed"));
}

}  // namespace
}  // namespace undertone::test
