// Judging by an endpoint over recorded answers: what a kill and a server that goes down leave, and what the
// next run asks for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/run/canary.h"
#include "harness/run/pipeline.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "harness/run/tape.h"
#include "tests/support/recorded_run.h"
#include "tests/support/spoken_corpus.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using State = StageOutcome::State;
using ::testing::HasSubstr;

constexpr int kQuestions = 40, kConcurrency = 4;

class EndpointJudging : public ::testing::Test {
 protected:
  void write_suite(const std::string& url) {
    write_recorded_suite(
        folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
        R"("rubric": {"kind": "rubric"}, "llm": {"kind": "endpoint", "model": "judge-model",)"
        R"( "concurrency": )" +
            std::to_string(kConcurrency) + R"(, "url": ")" + url + "\"}");
    std::string questions, answers;
    for (int i = 0; i < kQuestions; ++i) {
      questions += question_line(fmt::format("q{}", i), "angry");
      answers += answer_line(fmt::format("q{}", i), fmt::format("answer {}", i));
    }
    write_text(folder_ / "corpus/questions.jsonl", questions);
    write_text(folder_ / "answers.jsonl", answers);
  }
  StageOutcome judge_stage() {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    return run_suite(folder_ / "suite.json", store).stage("judge llm");
  }
  static int judging_requests(const StubServer& server) {
    int n = 0;
    for (const StubRequest& r : server.requests()) n += !is_probe(r);
    return n;
  }

  TemporaryFolder folder_;
};
using EndpointJudgingDeathTest = EndpointJudging;

TEST_F(EndpointJudgingDeathTest, AfterAKillNoCommittedReplyIsBoughtAgain) {
  const StubServer server(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":1})")}; });
  write_suite(server.url());
  EXPECT_EXIT(
      {
        setenv("UNDERTONE_CRASH_AT", "ledger:verdicts:committed#9", 1);
        judge_stage();
      },
      ::testing::KilledBySignal(SIGKILL), "");
  const int before = judging_requests(server);
  EXPECT_GE(before, 8) << "killed while the endpoint judged, not before";
  EXPECT_LT(before, kQuestions);
  EXPECT_EQ(judge_stage().state, State::done);
  EXPECT_LE(judging_requests(server), kQuestions + kConcurrency);
  const int after = judging_requests(server);
  EXPECT_EQ(judge_stage().state, State::found);
  EXPECT_EQ(judging_requests(server), after) << "a finished stage asks nothing";
}

TEST_F(EndpointJudging, AServerThatFailsMidwayKeepsWhatItGaveAndTheRestIsAskedNextTime) {
  std::atomic<int> served{0};
  const StubServer server([&](const StubRequest& r) {
    if (!is_probe(r) && ++served > 15) return StubReply{.status = 401, .body = "key expired"};
    return StubReply{.body = completion(R"({"rating":1})")};
  });
  write_suite(server.url());
  const StageOutcome failed = judge_stage();
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_THAT(failed.failure, HasSubstr("status 401"));
  served = -1000;
  const int before = judging_requests(server);
  EXPECT_EQ(judge_stage().state, State::done);
  EXPECT_EQ(judging_requests(server) - before, kQuestions - 15);
}

TEST_F(EndpointJudging, ConditionsThatItDoesNotReadCostNothingAndSayWhy) {
  const StubServer server(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":1})")}; });
  write_recorded_suite(
      folder_.path(),
      R"("theirs": {"kind": "recorded", "path": "answers.jsonl", "test": ["absent", "gold"]})",
      R"("rubric": {"kind": "rubric"}, "llm": {"kind": "endpoint", "model": "judge-model",)"
      R"( "conditions": ["absent"], "url": ")" +
          server.url() + "\"}");
  std::string answers;
  for (const char* condition : {"absent", "gold"})
    for (const char* question : {"q1", "q2"})
      answers += fmt::format(R"({{"question": "{}", "answer": "as {}", "condition": "{}"}})"
                             "\n",
                             question, condition, condition);
  write_text(folder_ / "answers.jsonl", answers);
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  const RanSuite ran = run_suite(folder_ / "suite.json", store);
  EXPECT_EQ(ran.stage("judge llm").state, State::done);
  EXPECT_EQ(judging_requests(server), 2);
  for (const Stage& s : ran.pipeline->stages)
    if (s.title == "judge llm") {
      EXPECT_EQ(s.estimate().items, 2);
      EXPECT_EQ(s.gathers.size(), 1u) << "answers that it does not read are nothing to it";
    }
  const ReportData data = gather_report(*ran.pipeline, ran.execution, store, 1);
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) {
      const Verdict& v = a.verdicts.at("llm");
      if (a.condition == "absent") {
        EXPECT_TRUE(std::holds_alternative<Scored>(v)) << to_json(v).dump();
      } else {
        EXPECT_THAT(std::get<NotJudged>(v).reason, HasSubstr("under absent only, not under gold"));
      }
      EXPECT_TRUE(std::holds_alternative<Scored>(a.verdicts.at("rubric")));
    }
  const auto of_llm = [&](const std::string& condition) {
    return std::any_of(data.estimates.begin(), data.estimates.end(),
                       [&](const Estimate& e) { return e.judge == "llm" && e.test_condition == condition; });
  };
  EXPECT_TRUE(of_llm("absent"));
  EXPECT_FALSE(of_llm("gold"));
  EXPECT_THAT(data.judges.at("llm"), HasSubstr("judge-model, rubric audiobench_style"));
  EXPECT_THAT(data.notes, ::testing::Contains(HasSubstr("Judge 'llm' reads answers under absent only")));
}

TEST_F(EndpointJudging, WhatAJudgeHearsIsPartOfTheVerdictsKey) {
  const StubServer server(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":4})")}; });
  write_suite(server.url());
  const std::string hears = R"(judges.llm.hears=true)";
  constexpr int clips = 3, questions = 9;
  write_spoken_corpus(folder_.path(), clips, questions);
  std::string answers;
  for (int i = 0; i < questions; ++i) answers += answer_line(fmt::format("q{:02}", i), fmt::format("a{}", i));
  write_text(folder_ / "answers.jsonl", answers);
  const auto judge = [&](const std::vector<std::string>& overrides) {
    const int before = judging_requests(server);
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    const RanSuite ran = run_suite(folder_ / "suite.json", store, overrides);
    EXPECT_EQ(ran.stage("judge llm").state, State::done) << ran.stage("judge llm").failure;
    const Tape tape = make_tape(*ran.pipeline, ran.execution, store);
    int heard = 0;
    for (const TapeVerdict& v : tape.verdicts)
      if (v.judge == "llm") heard += !v.heard.empty();
    EXPECT_EQ(heard, overrides.empty() ? 0 : questions);
    EXPECT_EQ(parse_tape(write_tape(tape), "tape").verdicts.size(), 2u * questions);
    for (const EvaluationRow& row : tape.inputs->rows)
      EXPECT_TRUE(std::holds_alternative<Scored>(row.verdicts.at("llm"))) << row.question->id;
    return judging_requests(server) - before;
  };
  EXPECT_EQ(judge({}), questions);
  EXPECT_EQ(judge({hears}), questions) << "another judge";
  write_wav(folder_ / "corpus/audio/c1.wav", clip_samples(7));
  EXPECT_EQ(judge({hears}), questions / clips) << "what was heard of the other clips is known";
  write_wav(folder_ / "corpus/audio/c1.wav", clip_samples(8));
  EXPECT_EQ(judge({}), 0) << "who hears nothing does not mind";
}

TEST_F(EndpointJudging, AnchorsOfAJudgeThatListensPlayItTheRecordings) {
  const StubServer server(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":4})")}; });
  write_suite(server.url());
  constexpr int clips = 3, questions = 12;
  write_spoken_corpus(folder_.path(), clips, questions);
  const auto answer = [&](const std::string& words) {
    std::string answers;
    for (int i = 0; i < questions; ++i)
      answers += answer_line(fmt::format("q{:02}", i), fmt::format("{} {}", words, i));
    write_text(folder_ / "answers.jsonl", answers);
  };
  const std::string hears = "judges.llm.hears=true", anchors = folder_ / "anchors.jsonl";
  answer("first");
  {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    const RanSuite ran = run_suite(folder_ / "suite.json", store, {hears});
    const Tape tape = make_tape(*ran.pipeline, ran.execution, store);
    const auto drawn = draw_anchors(tape, {{"llm"}, 30});
    EXPECT_THROW(freeze_anchors(drawn, {}, anchors), Error) << "there is nothing to copy";
    std::map<std::string, std::string> recordings;
    for (const ReportItem& item : tape.inputs->data.items) recordings[item.question.id] = item.audio_path;
    freeze_anchors(drawn, recordings, anchors);
  }
  int files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(anchors + ".audio")) ++files;
  EXPECT_EQ(files, clips) << "one for each clip, however many questions are about it";
  answer("second");
  const int before = judging_requests(server);
  const std::vector<std::string> overrides = {hears, "canary.path=" + anchors};
  {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    const RanSuite ran = run_suite(folder_ / "suite.json", store, overrides);
    EXPECT_EQ(ran.stage("canary llm").state, State::done) << ran.stage("canary llm").failure;
    EXPECT_EQ(report_canaries(*ran.pipeline, ran.execution, store).at(0).items.size(),
              std::size_t{questions});
  }
  EXPECT_EQ(judging_requests(server), before + 2 * questions);
  for (const StubRequest& r : server.requests()) EXPECT_THAT(r.body, HasSubstr("input_audio"));
  std::filesystem::remove_all(anchors + ".audio");
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  EXPECT_THROW(run_suite(folder_ / "suite.json", store, overrides), Error);
}

}  // namespace
}  // namespace undertone::test
