// Systems of kind `endpoint` against a server on the loopback: what is sent, what each reply becomes, what a
// kill and a server that goes down leave, and what the next run asks for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "harness/core/base64.h"
#include "harness/core/files.h"
#include "harness/run/endpoint_system.h"
#include "harness/run/report_data.h"
#include "tests/support/recorded_run.h"
#include "tests/support/spoken_corpus.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using State = StageOutcome::State;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kClips = 3, kQuestions = 30, kConcurrency = 4;
const std::string kKey = "sk-planted-0123456789abcdef";

std::string said(const std::string& text, const std::string& finish = "stop",
                 const std::string& model = "speech-model") {
  return completion(text, model, finish);
}

class EndpointSystems : public ::testing::Test {
 protected:
  void write_suite(const std::string& url, const std::string& more = "", const std::string& others = "") {
    write_recorded_suite(
        folder_.path(), fmt::format(R"("served": {{"kind": "endpoint", "model": "speech-model", "attempts": 1,
      "deadline_seconds": 3, "attempt_seconds": 0.3, "concurrency": {}, "url": "{}"{}}}{})",
                                    kConcurrency, url, more, others));
    write_spoken_corpus(folder_.path(), kClips, kQuestions);
  }
  RanSuite run(const std::vector<std::string>& overrides = {}) {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    return run_suite(folder_ / "suite.json", store, overrides);
  }
  StageOutcome answer_stage(const std::vector<std::string>& overrides = {}) {
    return run(overrides).stage("answer served absent");
  }
  // Of the only set of answers that a run of the suite makes.
  std::vector<AnswerRow> rows() {
    const RanSuite ran = run();
    EXPECT_EQ(ran.pipeline->answers.size(), 1u);
    return Store::open(folder_ / "store", Store::Mode::read).answers(ran.pipeline->answers.front().stage_key);
  }
  // The answer to every question when the server always replies so.
  Answer answered(const StubServer::Handler& handler) {
    const StubServer server(
        [&](const StubRequest& r) { return is_probe(r) ? StubReply{.body = said("Yes")} : handler(r); });
    fs::remove_all(folder_ / "store");
    write_suite(server.url());
    write_text(folder_ / "corpus/questions.jsonl", question_line("q1", "angry", "c0"));
    const auto all = rows();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Answer{} : all.front().answer;
  }
  Answer answered_body(const std::string& body) {
    return answered([body](const StubRequest&) { return StubReply{.body = body}; });
  }
  static int asked(const StubServer& server) {
    int n = 0;
    for (const StubRequest& r : server.requests()) n += !is_probe(r);
    return n;
  }
  static Json message_of(const StubRequest& r) {
    return parse_json(r.body, "request").at("messages").elements().back();
  }

  TemporaryFolder folder_;
};
using EndpointSystemsDeathTest = EndpointSystems;

TEST_F(EndpointSystems, HearTheClipAsItIsStoredBeforeTheQuestion) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = said("angry")}; });
  write_suite(server.url(), R"(, "instruction": "Be brief.", "max_tokens": 40, "test": ["absent", "gold"])");
  const RanSuite ran = run();
  ASSERT_EQ(ran.stage("answer served absent").state, State::done)
      << ran.stage("answer served absent").failure;
  ASSERT_EQ(ran.stage("answer served gold").state, State::done);
  EXPECT_EQ(ran.stage("judge rubric").state, State::done);
  EXPECT_EQ(server.requests().size(), 2u * kQuestions + 1) << "one probe for all stages of the system";
  const std::string wav = base64(wav_bytes(clip_samples(0)));
  std::map<std::string, int> texts;
  for (const StubRequest& r : server.requests()) {
    const Json body = parse_json(r.body, "request");
    EXPECT_EQ(body.at("model").as_string(), "speech-model");
    EXPECT_EQ(body.at("max_tokens").as_int(), 40);
    EXPECT_FALSE(body.find("seed"));
    EXPECT_FALSE(body.find("response_format"));
    EXPECT_EQ(body.at("messages").elements().front().at("content").as_string(), "Be brief.");
    const Json message = message_of(r);
    const Json::Array& content = message.at("content").elements();
    ASSERT_EQ(content.size(), 2u);
    EXPECT_EQ(content[0].at("type").as_string(), "input_audio");
    EXPECT_EQ(content[0].at("input_audio").at("format").as_string(), "wav");
    if (!is_probe(r)) ++texts[content[1].at("text").as_string()];
    if (is_probe(r)) continue;
    EXPECT_THAT(content[0].at("input_audio").at("data").as_string(), StartsWith("UklGR"));  // RIFF
  }
  EXPECT_THAT(server.requests()[1].body, HasSubstr(wav)) << "the first question is about the first clip";
  EXPECT_EQ(texts, (std::map<std::string, int>{
                       {"How does the speaker feel?", kQuestions},
                       {"Emotions: [0.0-0.0 female angry]\nHow does the speaker feel?", kQuestions}}));
}

TEST_F(EndpointSystems, TextOnlyOnesAreGivenTheTranscript) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = said("angry")}; });
  write_suite(server.url(), R"(, "presentation": "transcript", "test": ["absent", "gold"])");
  EXPECT_EQ(run().stage("answer served gold").state, State::done);
  std::map<std::string, int> texts;
  for (const StubRequest& r : server.requests())
    if (!is_probe(r)) ++texts[message_of(r).at("content").as_string()];
  EXPECT_EQ(texts,
            (std::map<std::string, int>{
                {"Speech: I sold the house\nHow does the speaker feel?", kQuestions},
                {"Speech: I sold the house\nEmotions: [0.0-0.0 female angry]\nHow does the speaker feel?",
                 kQuestions}}));
}

TEST_F(EndpointSystems, EveryReplyBecomesAnAnswerOfItsKind) {
  const Answer good = answered_body(said("She is angry."));
  EXPECT_EQ(good.status, AnswerStatus::answered);
  EXPECT_EQ(good.text, "She is angry.");
  EXPECT_EQ(good.finish_reason, "stop");
  EXPECT_EQ(good.tokens, 10);
  const Answer silent = answered_body(said(""));
  EXPECT_EQ(silent.status, AnswerStatus::answered) << "saying nothing is an answer";
  EXPECT_EQ(silent.text, "");
  const Answer cut = answered_body(said("She is", "length"));
  EXPECT_EQ(cut.status, AnswerStatus::truncated);
  EXPECT_EQ(cut.text, "She is");
  EXPECT_EQ(answered_body(said("", "content_filter")).status, AnswerStatus::refusal);
  EXPECT_EQ(answered([](const StubRequest&) {
              return StubReply{.status = 400,
                               .body = R"({"error":{"code":"content_filter","message":"no"}})"};
            }).status,
            AnswerStatus::refusal);
}

TEST_F(EndpointSystems, WhatIsNoCompletionIsAModelError) {
  for (const std::string& body :
       {std::string("<html>"), std::string("{}"), std::string("\xff\xfe{}"),
        std::string(R"({"model":"speech-model","choices":[]})"),
        std::string(R"({"model":"speech-model","choices":[{"message":{"content":null}}]})")}) {
    const Answer a = answered_body(body);
    EXPECT_EQ(a.status, AnswerStatus::model_error) << body;
    EXPECT_EQ(a.text, "") << body;
    EXPECT_THAT(a.detail, StartsWith("malformed: ")) << body;
  }
}

// The server answers others, so that the failure is this question's.
TEST_F(EndpointSystems, FailuresOfTransportStayFailuresOfTheirKind) {
  const auto failing = [&](StubReply how) {
    return answered([how](const StubRequest&) { return how; }).detail;
  };
  EXPECT_THAT(failing({.status = 500, .body = "x"}), StartsWith("HTTP status: status 500"));
  EXPECT_THAT(failing({.body = "x", .delay_seconds = 30}), StartsWith("timeout: "));
  EXPECT_THAT(failing({.body = "0123456789", .cut_after = 5}), StartsWith("truncated body: "));
  EXPECT_THAT(failing({.body = std::string(9 << 20, ' ')}), StartsWith("too large: "));
  EXPECT_THAT(failing({.raw = "no HTTP\r\n"}), StartsWith("protocol: "));
}

TEST_F(EndpointSystems, AServerThatIsDownCostsNothingAndIsReported) {
  write_suite(closed_address());
  const RanSuite ran = run();
  const StageOutcome& o = ran.stage("answer served absent");
  EXPECT_EQ(o.state, State::failed);
  EXPECT_LT(o.seconds, 5);
  EXPECT_THAT(o.failure, HasSubstr("refused: "));
  EXPECT_THAT(o.failure, HasSubstr(fmt::format("{0} of {0} items have no answer yet", kQuestions)));
  EXPECT_THAT(o.failure, HasSubstr("start the server"));
  EXPECT_EQ(ran.stage("judge rubric").state, State::skipped);
  EXPECT_EQ(Store::open(folder_ / "store", Store::Mode::read).count_answers(), 0);
}

TEST_F(EndpointSystemsDeathTest, AfterAKillNoCommittedReplyIsBoughtAgain) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = said("angry")}; });
  write_suite(server.url());
  EXPECT_EXIT(
      {
        setenv("UNDERTONE_CRASH_AT", "ledger:answers:committed#9", 1);
        run();
      },
      ::testing::KilledBySignal(SIGKILL), "");
  const int before = asked(server);
  EXPECT_GE(before, 8) << "killed while the endpoint answered, not before";
  EXPECT_LT(before, kQuestions);
  EXPECT_EQ(answer_stage().state, State::done);
  EXPECT_LE(asked(server), kQuestions + kConcurrency);
  const int after = asked(server);
  EXPECT_EQ(answer_stage().state, State::found);
  EXPECT_EQ(asked(server), after) << "a finished stage asks nothing";
}

TEST_F(EndpointSystems, WhatWasBoughtServesEveryRunThatAsksTheSameWhereverTheServerIs) {
  const auto handler = [](const StubRequest&) { return StubReply{.body = said("angry")}; };
  const StubServer first(handler), second(handler);
  write_suite(first.url());
  EXPECT_EQ(answer_stage({"evaluation.limit=10"}).state, State::done);
  EXPECT_EQ(asked(first), 10);
  write_suite(second.url());
  EXPECT_EQ(answer_stage().state, State::done);
  EXPECT_EQ(asked(second), kQuestions - 10);
  for (const char* other : {"systems.served.service=\"int4\"", "systems.served.max_tokens=8",
                            "systems.served.temperature=0.5", "systems.served.instruction=\"Be brief.\""}) {
    const int before = asked(second);
    EXPECT_EQ(answer_stage({other}).state, State::done);
    EXPECT_EQ(asked(second) - before, kQuestions) << other;
  }
  // Another sound behind the same question is another item; the two other clips stay what they were.
  write_wav(folder_ / "corpus/audio/c0.wav", std::vector<float>(1600, 0.5f));
  const int before = asked(second);
  EXPECT_EQ(answer_stage().state, State::done);
  EXPECT_EQ(asked(second) - before, kQuestions / kClips);
}

TEST_F(EndpointSystems, AServerThatFailsMidwayKeepsWhatItGaveAndTheRestIsAskedNextTime) {
  std::atomic<int> served{0};
  const StubServer server([&](const StubRequest& r) {
    if (!is_probe(r) && ++served > 15) return StubReply{.status = 401, .body = "key expired"};
    return StubReply{.body = said("angry")};
  });
  write_suite(server.url());
  const StageOutcome failed = answer_stage();
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_THAT(failed.failure, HasSubstr("status 401"));
  served = -1000;
  const int before = asked(server);
  EXPECT_EQ(answer_stage().state, State::done);
  EXPECT_EQ(asked(server) - before, kQuestions - 15);
}

TEST_F(EndpointSystems, TheBudgetIsOfAllTheSystemsStages) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = said("angry")}; });
  write_suite(server.url(), R"(, "budget": {"requests": 41}, "test": ["absent", "gold"])");
  const RanSuite ran = run();
  EXPECT_EQ(ran.stage("answer served absent").state, State::done);
  EXPECT_EQ(ran.stage("answer served gold").state, State::failed);
  EXPECT_THAT(ran.stage("answer served gold").failure, HasSubstr("not bought again"));
  EXPECT_EQ(server.requests().size(), 41u);
  std::int64_t planned = 0;
  for (const Stage& s : ran.pipeline->stages)
    if (s.kind == "answer") planned += s.estimate().requests;
  EXPECT_EQ(planned, 2 * kQuestions + 1);
}

TEST_F(EndpointSystems, TheModelThatRepliesIsRecordedAndMayNotChangeNotEvenOvernight) {
  std::string now = "speech-model-2026-01-01";
  std::atomic<int> until{1000};
  const StubServer server([&](const StubRequest& r) {
    if (!is_probe(r) && --until < 0)
      return StubReply{.body = said("angry", "stop", "speech-model-2026-02-02")};
    return StubReply{.body = said("angry", "stop", now)};
  });
  write_suite(server.url());
  until = 10;
  const StageOutcome changed = answer_stage();
  EXPECT_EQ(changed.state, State::failed);
  EXPECT_THAT(changed.failure, HasSubstr("model mismatch: asked for 'speech-model-2026-01-01'"));
  const std::int64_t kept = Store::open(folder_ / "store", Store::Mode::read).count_answers();
  EXPECT_GE(kept, 1);
  EXPECT_LE(kept, 10) << "no answer of another model was kept";

  until = 1000;
  now = "speech-model-2026-02-02";
  const int before = asked(server);
  const StageOutcome next = answer_stage();
  EXPECT_EQ(next.state, State::failed);
  EXPECT_THAT(next.failure, HasSubstr("the reply is from 'speech-model-2026-02-02'"));
  EXPECT_EQ(asked(server), before) << "told by the probe";

  now = "speech-model-2026-01-01";
  const auto all = rows();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kQuestions));
  for (const AnswerRow& row : all) {
    EXPECT_EQ(row.about.get("model", ""), now);
    EXPECT_EQ(row.about.get("fingerprint", ""), "fp");
    EXPECT_THAT(row.about.get("server", ""), StartsWith("http://127.0.0.1:"));
  }
}

TEST_F(EndpointSystems, SeedsAreDrawsOfTheServer) {
  const StubServer server([](const StubRequest& r) {
    const Json body = parse_json(r.body, "request");
    return StubReply{.body = said("angry " + body.at("seed").dump(), "stop", "speech-model-0613")};
  });
  write_suite(server.url(), R"(, "temperature": 0.7, "seeds": [1, 2])");
  const RanSuite ran = run();
  ASSERT_EQ(ran.stage("answer served seed 2 absent").state, State::done)
      << ran.stage("answer served seed 2 absent").failure;
  EXPECT_EQ(asked(server), 2 * kQuestions);
  Store store = Store::open(folder_ / "store", Store::Mode::write);
  const ReportData data = gather_report(*ran.pipeline, ran.execution, store, 1);
  EXPECT_EQ(data.systems.front().kind, "endpoint");
  EXPECT_EQ(data.systems.front().seeds, (std::vector<int>{1, 2}));
  EXPECT_EQ(data.systems.front().summary, "speech-model behind a server, given the audio");
  EXPECT_THAT(data.notes, ::testing::Contains(HasSubstr("replies are from 'speech-model-0613'")));
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) EXPECT_EQ(a.answer.text, fmt::format("angry {}", a.seed));
}

TEST_F(EndpointSystems, TwoServersUnderOneNameAreToldApart) {
  const auto handler = [](const StubRequest&) { return StubReply{.body = said("angry")}; };
  const StubServer server(handler), int4(handler);
  const auto other = [&](const std::string& more) {
    return fmt::format(R"(, "other": {{"kind": "endpoint", "model": "speech-model", "url": "{}"{}}})",
                       int4.url(), more);
  };
  write_suite(server.url(), "", other(""));
  try {
    run();
    FAIL() << "both would be filed as one";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::suite);
    EXPECT_THAT(e.mend(), HasSubstr("\"service\""));
  }
  write_suite(server.url(), "", other(R"(, "service": "int4")"));
  const RanSuite ran = run();
  EXPECT_EQ(ran.stage("answer served absent").state, State::done);
  EXPECT_EQ(ran.stage("answer other absent").state, State::done);
  EXPECT_EQ(asked(server), kQuestions);
  EXPECT_EQ(asked(int4), kQuestions);
}

TEST_F(EndpointSystems, AKeyIsInNoFileThatARunLeaves) {
  const StubServer server([](const StubRequest& r) {
    const std::string echo = "your key is " + r.headers.at("authorization");
    if (is_probe(r)) return StubReply{.body = said("Yes")};
    return StubReply{.body = said(echo)};
  });
  write_text(folder_ / "key", kKey + "\n");
  write_suite(server.url(), R"(, "key_file": "key")");
  const auto all = rows();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kQuestions));
  EXPECT_THAT(all.front().answer.text, HasSubstr("[key]"));
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "store"))
    if (entry.is_regular_file()) {
      ++files;
      EXPECT_THAT(read_file(entry.path().string()), Not(HasSubstr("sk-planted"))) << entry.path();
    }
  EXPECT_GT(files, 3);
}

TEST_F(EndpointSystems, ASharedModelMarksTheJudgeAndCannotBeThePrimaryOne) {
  const StubServer server([](const StubRequest&) { return StubReply{.body = said("angry")}; });
  write_suite(server.url());
  EXPECT_EQ(run().pipeline->answers.size(), 1u);
  const std::string judge = fmt::format(
      R"(judges={{"rubric": {{"kind": "endpoint", "model": "speech-model", "url": "{}"}}}})", server.url());
  EXPECT_THROW(run({judge}), Error);
}

TEST(EndpointSystemFields, ContradictionsAreProblems) {
  const TemporaryFolder folder;
  const auto problems = [&](const std::string& fields) {
    write_recorded_suite(folder.path(), R"("s": {"kind": "endpoint")" + fields + "}");
    const auto found = read_suite(folder / "suite.json", {}, suite_kinds(), {}).problems;
    std::string out;
    for (const Problem& p : found) out += p.str() + "\n";
    return out;
  };
  EXPECT_EQ(problems(R"(, "model": "m", "presentation": "transcript", "budget": {"requests": 5})"), "");
  EXPECT_THAT(problems(""), HasSubstr("an endpoint needs \"model\""));
  EXPECT_THAT(problems(R"(, "model": "m", "path": "x.jsonl")"), HasSubstr("has no \"path\""));
  EXPECT_THAT(problems(R"(, "model": "m", "pools": ["cpqa"])"), HasSubstr("has no \"pools\""));
  EXPECT_THAT(problems(R"(, "model": "m", "presentation": "labels")"), HasSubstr("conditions at test"));
  EXPECT_THAT(problems(R"(, "model": "m", "seeds": [1, 2])"), HasSubstr("temperature"));
  EXPECT_THAT(problems(R"(, "model": "m", "temperature": 1, "seeds": [0, 1])"), HasSubstr("begins at 1"));
  EXPECT_THAT(problems(R"(, "model": "m", "test": ["predicted"])"), HasSubstr("recogniser"));
  EXPECT_THAT(problems(R"(, "model": "m", "api_key": "sk-x")"), HasSubstr("unknown key"));
  EXPECT_THAT(problems(R"(, "model": "m", "url": "http://u:p@h")"), HasSubstr("/systems/s/url"));
  EXPECT_THAT(problems(R"(, "model": "m", "budget": {"money": 1})"), HasSubstr("input_price"));
}

}  // namespace
}  // namespace undertone::test
