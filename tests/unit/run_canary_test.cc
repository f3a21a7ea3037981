// The canary: a judge that moved between two nights makes the night's verdict "judge drift", not a change of
// the model, and marks the run; one that did not move does neither.
#include "harness/run/canary.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/run/nightly.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "tests/support/judge_prompt.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class Canary : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    write_suite("");
    answer("first");
    run("baseline");
    Store store = Store::open(folder_ / "store", Store::Mode::read);
    const StoredRun stored = open_recorded_run(folder_ / "baseline", this_build(), store);
    tape_ = make_tape(*stored.pipeline, stored.execution, store);
    write_text(folder_ / "anchors.jsonl", write_anchors(draw_anchors(tape_, {})));
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }

  // `more`: members of the suite.
  void write_suite(const std::string& more) {
    write_recorded_suite(
        folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
        R"("llm": {"kind": "endpoint", "model": "judge-model", "url": ")" + server_.url() + "\"}");
    const std::string file = folder_ / "suite.json";
    std::string text = read_file(file);
    const std::string primary = R"("primary_judge": "rubric",)";
    write_text(file, text.replace(text.find(primary), primary.size(), R"("primary_judge": "llm",)" + more));
    write_many_questions(folder_.path());
  }
  // The same in other words every night: what is judged anew.
  void answer(const std::string& night) {
    std::string answers;
    for (int i = 0; i < kManyQuestions; ++i)
      answers += answer_line(question_id(i), fmt::format("{}, {}", emotion_of(i % 2 ? i : i + 1), night));
    write_text(folder_ / "answers.jsonl", answers);
  }
  RunOptions options(const std::string& name) const {
    RunOptions o;
    o.out = folder_ / name;
    o.store = folder_ / "store";
    o.quiet = true;
    return o;
  }
  void run(const std::string& name) {
    const SuiteSpec spec = load_suites(this_build(), folder_ / "suite.json", {}).front();
    ASSERT_EQ(undertone::run_suite(this_build(), spec, options(name)), ExitCode::done);
  }
  ExitCode night(const std::string& name) {
    NightlyOptions o;
    o.suite = folder_ / "suite.json";
    o.baseline = folder_ / "baseline";
    o.run = options(name);
    return nightly(this_build(), o);
  }
  std::string summary_of_last_night() const {
    const Store store = Store::open(folder_ / "store", Store::Mode::read);
    return store.nights("two").back().result.get("summary", "");
  }
  Json report(const std::string& name) const { return read_json_file(folder_ / (name + "/report.json")); }
  int asked() const {
    int n = 0;
    for (const StubRequest& r : server_.requests()) n += !is_probe(r);
    return n;
  }

  TemporaryFolder folder_;
  std::atomic<int> stricter_{0};
  StubServer server_{[this](const StubRequest& r) {
    if (is_probe(r)) return rating(1);
    return rating((answer_in(r).starts_with(reference_in(r)) ? 5 : 1) - stricter_);
  }};
  Tape tape_;
};

const std::string kNamed = R"("canary": {"path": "anchors.jsonl"},)";

TEST_F(Canary, AJudgeThatMovedIsNoRegression) {
  // Without anchors the night would be a regression.
  stricter_ = 1;
  answer("second");
  EXPECT_EQ(night("blind"), ExitCode::gate_failed);
  EXPECT_THAT(summary_of_last_night(), HasSubstr("worse"));

  write_suite(kNamed);
  answer("third");
  EXPECT_EQ(night("seen"), ExitCode::failed);
  EXPECT_THAT(summary_of_last_night(), AllOf(HasSubstr("judge drift"), Not(HasSubstr("worse"))));
  const Json seen = report("seen");
  const Json& canary = seen.at("canaries").elements().at(0);
  EXPECT_TRUE(canary.at("drifted").as_bool());
  EXPECT_EQ(canary.at("changed").as_int(), 30);
  EXPECT_DOUBLE_EQ(canary.at("difference").as_double(), -1);
  std::vector<std::string> notes;
  for (const Json& n : seen.at("notes").elements()) notes.push_back(n.as_string());
  EXPECT_THAT(notes, Contains(HasSubstr("Judge drift: 'llm'")));
  EXPECT_THAT(read_file(folder_ / "seen/report.md"), HasSubstr("Judges on their frozen anchors"));
  EXPECT_THAT(read_file(folder_ / "seen/report.html"), HasSubstr("Judge drift: "));
  // The tape makes the same report again, canary and all.
  Tape again = read_tape(folder_ / "seen/tape.jsonl");
  EXPECT_EQ(report_json(finish_report(std::move(again.inputs), 1)), read_file(folder_ / "seen/report.json"));
  // What the anchors were is in the manifest.
  EXPECT_EQ(read_json_file(folder_ / "seen/manifest.json").at("canary").at("anchors_sha256").as_string(),
            read_anchors(folder_ / "anchors.jsonl").digest);
}

TEST_F(Canary, OneThatStayedIsAskedFirstAndChangesNothing) {
  write_suite(kNamed);
  answer("second");
  const auto before = server_.requests().size();
  EXPECT_EQ(night("quiet"), ExitCode::done);
  EXPECT_EQ(report("quiet").at("canaries").elements().at(0).at("verdict").as_string(), "the same ratings");
  const auto requests = server_.requests();
  int n = 0;
  for (std::size_t i = before; i < requests.size(); ++i) {
    if (is_probe(requests[i])) continue;
    const bool anchor = answer_in(requests[i]).ends_with(", first");
    EXPECT_EQ(anchor, n < 30) << "anchors come first";
    ++n;
  }
  EXPECT_EQ(n, 30 + kManyQuestions);
  // Again: nothing is asked. Other answers: the anchors are asked anew.
  const int once = asked();
  EXPECT_EQ(night("quiet"), ExitCode::done);
  EXPECT_EQ(asked(), once);
  answer("third");
  EXPECT_EQ(night("next"), ExitCode::done);
  EXPECT_EQ(asked(), once + 30 + kManyQuestions);
}

TEST_F(Canary, ABetterModelIsStillBetter) {
  write_suite(kNamed);
  std::string answers;
  for (int i = 0; i < kManyQuestions; ++i) answers += answer_line(question_id(i), emotion_of(i));
  write_text(folder_ / "answers.jsonl", answers);
  EXPECT_EQ(night("better"), ExitCode::done);
  EXPECT_THAT(summary_of_last_night(), HasSubstr("better"));
}

TEST_F(Canary, ABrokenFileStopsThePlanWithPlaceAndMend) {
  const auto failure = [&](const std::string& anchors) -> Error {
    write_text(folder_ / "anchors.jsonl", anchors);
    write_suite(kNamed);
    try {
      run("broken");
    } catch (const Error& e) {
      return e;
    }
    return Error(ErrorKind::internal, "nothing happened");
  };
  const std::string sound = read_file(folder_ / "anchors.jsonl");
  const auto renamed = [&](const std::string& from, const std::string& to) {
    std::string out = sound;
    for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size())
      out.replace(at, from.size(), to);
    return out;
  };
  const Error cut = failure(sound.substr(0, sound.size() - 20));
  EXPECT_THAT(cut.place(), HasSubstr("anchors.jsonl:30"));
  EXPECT_THAT(cut.mend(), HasSubstr("tape anchors"));
  EXPECT_THAT(failure(renamed(R"("judge":"llm")", R"("judge":"them")")).what(),
              AllOf(HasSubstr("no judge 'them'"), HasSubstr("anchors.jsonl:1")));
  const std::string identity = read_anchors(folder_ / "anchors.jsonl").items.front().identity;
  EXPECT_THAT(failure(renamed(identity, std::string(64, '0'))).what(), HasSubstr("another judge's"));
  fs::remove(folder_ / "anchors.jsonl");
  write_suite(R"("canary": {"path": "nowhere.jsonl"},)");
  EXPECT_THROW(run("broken"), Error);
  write_suite(R"("canary": {"alpha": 0.01},)");
  EXPECT_THAT([&] { load_suites(this_build(), folder_ / "suite.json", {}); },
              ::testing::ThrowsMessage<Error>(HasSubstr("/canary")));
}

TEST_F(Canary, AnchorsAreDrawnByChanceWithTheirReplicates) {
  const auto thirty = draw_anchors(tape_, {});
  EXPECT_THAT(thirty, SizeIs(30));
  const auto ten = draw_anchors(tape_, {{"llm"}, 10});
  for (const Anchor& a : ten)
    EXPECT_TRUE(std::any_of(thirty.begin(), thirty.end(),
                            [&](const Anchor& b) { return b.question.id == a.question.id; }));
  EXPECT_THAT(thirty, Each(::testing::Field(&Anchor::verdicts, SizeIs(1))));
  EXPECT_THROW(draw_anchors(tape_, {{"nobody"}, 10}), Error);
  EXPECT_THROW(draw_anchors(tape_, {{"llm"}, 5}), Error);
}

}  // namespace
}  // namespace undertone::test
