// Tapes: the same tables from the file alone, tampering found, and drift told from noise. Judging again.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "harness/run/rejudge.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "harness/run/tape.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Tapes : public ::testing::Test {
 protected:
  void SetUp() override {
    here_.root = UNDERTONE_SOURCE_DIR;
    here_.programs = "/nonexistent";
    write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                         R"("rubric": {"kind": "rubric"}, "exact": {"kind": "exact"})");
  }
  std::string store() const { return folder_ / "store"; }
  // Runs the suite into folder/report.
  void run() {
    RunOptions options;
    options.out = folder_ / "report";
    options.store = store();
    options.quiet = true;
    ASSERT_EQ(run_suite(here_, load_suites(here_, folder_ / "suite.json", {}).front(), options),
              ExitCode::done);
  }
  Tape tape_of(const std::string& run) {
    Store s = Store::open(store(), Store::Mode::read);
    const StoredRun stored = open_stored_run(run, here_, s);
    return make_tape(*stored.pipeline, stored.execution, s);
  }
  Installation here_;
  TemporaryFolder folder_;
};

TEST_F(Tapes, TheTablesComeOutOfTheTapeAloneToTheSameBytes) {
  run();
  const std::string text = write_tape(tape_of(folder_ / "report"));
  std::filesystem::remove_all(store());
  std::filesystem::remove_all(folder_ / "corpus");
  std::filesystem::remove(folder_ / "answers.jsonl");
  Tape tape = parse_tape(text, "tape.jsonl");
  ASSERT_THAT(tape.verdicts, SizeIs(4));  // two answers, two judges
  EXPECT_EQ(write_tape(tape), text);
  const ReportData data = finish_report(std::move(tape.inputs), 1);
  EXPECT_EQ(report_json(data), read_file(folder_ / "report/report.json"));
  EXPECT_EQ(report_markdown(data), read_file(folder_ / "report/report.md"));
}

TEST_F(Tapes, AChangedTapeIsFound) {
  run();
  const std::string text = write_tape(tape_of(folder_ / "report"));
  const auto says = [&](const std::string& changed) {
    try {
      parse_tape(changed, "t.jsonl");
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::data);
      return e.what_happened() + " @ " + e.place();
    }
    return std::string("nothing");
  };
  std::string other = text;
  other.replace(other.find("happy"), 5, "angry");
  EXPECT_THAT(says(other), HasSubstr("digest differs"));
  EXPECT_THAT(says(text.substr(0, text.rfind("{\"end\""))), HasSubstr("no end"));
  EXPECT_THAT(says("{}\n"), HasSubstr("no tape"));
  EXPECT_THAT(says(""), HasSubstr("no tape"));
  // With the end made right again, a verdict on another answer is still found by its key.
  Tape tape = parse_tape(text, "t.jsonl");
  for (TapeVerdict& v : tape.verdicts)
    if (v.answer == "happy") v.answer = "angry";
  EXPECT_THAT(says(write_tape(tape)), HasSubstr("key is not that of"));
}

TEST_F(Tapes, VerdictsOfATapeAreBoughtNoMore) {
  run();
  const std::string text = write_tape(tape_of(folder_ / "report"));
  const Tape tape = parse_tape(text, "t");
  Store fresh = Store::open(folder_ / "fresh", Store::Mode::write);
  EXPECT_EQ(import_verdicts(tape, fresh), 4);
  EXPECT_EQ(import_verdicts(tape, fresh), 0);
  for (const TapeVerdict& v : tape.verdicts) EXPECT_TRUE(fresh.verdict(v.key));
}

TEST_F(Tapes, StoredAnswersAreJudgedByAnother) {
  run();
  // What the answers were read from is not needed again.
  const Json before = read_json_file(folder_ / "report/report.json");
  write_text(folder_ / "longest.json", R"({"kind": "trivial", "rule": "longest"} // words)");
  const auto added = added_judge(folder_ / "longest.json");
  EXPECT_EQ(added.name, "longest");
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), added, 1, folder_ / "again", true), ExitCode::done);
  const Json after = read_json_file(folder_ / "again/report.json");
  const auto mean = [](const Json& report, const std::string& tag) -> std::optional<double> {
    for (const Json& e : report.at("estimates").elements())
      if (e.at("tag").as_string() == tag) return e.at("value").as_double();
    return std::nullopt;
  };
  EXPECT_DOUBLE_EQ(mean(after, "pqa/all/judge:longest/mean").value(), 5.0 / 21);  // one word each
  EXPECT_EQ(mean(after, "pqa/all/judge:rubric/mean"), mean(before, "pqa/all/judge:rubric/mean"));
  // The same again buys nothing, and its tape holds all three judges.
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), added, 1, folder_ / "again", true), ExitCode::done);
  EXPECT_THAT(tape_of(folder_ / "again").verdicts, SizeIs(6));
  EXPECT_THROW(rejudge(folder_ / "report", here_, store(), added_judge("rubric"), 1, "", true), Error);
  EXPECT_THROW(rejudge(folder_ / "nowhere", here_, store(), added, 1, "", true), Error);
}

TEST_F(Tapes, AJudgeAskedSeveralTimesIsOpenedAgainWithItsReplicates) {
  const StubServer server(
      [](const StubRequest&) { return StubReply{.body = completion(R"({"rating":1})")}; });
  write_recorded_suite(
      folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
      R"("rubric": {"kind": "rubric"}, "llm": {"kind": "endpoint", "model": "judge-model", "url": ")" +
          server.url() + "\"}");
  run();
  EXPECT_EQ(read_json_file(folder_ / "report/manifest.json").at("replicates").as_int(), 1);
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), {}, 3, "", true), ExitCode::done);
  const std::string again = folder_ / "report/judge-again";
  EXPECT_EQ(read_json_file(again + "/manifest.json").at("replicates").as_int(), 3);
  EXPECT_THAT(tape_of(again).verdicts, SizeIs(2 + 2 * 3));
  Store s = Store::open(store(), Store::Mode::read);
  const auto replicates = [&](const std::string& run, int asked) {
    return open_stored_run(run, here_, s, {}, asked).pipeline->replicates;
  };
  EXPECT_EQ(replicates(again, 1), 3) << "never fewer than it had";
  EXPECT_EQ(replicates(again, 5), 5);
  EXPECT_EQ(replicates(folder_ / "report", 1), 1);
  // A manifest from before it said how often.
  Json old = read_json_file(folder_ / "report/manifest.json");
  old.erase("replicates");
  write_text(folder_ / "report/manifest.json", old.dump());
  EXPECT_EQ(replicates(folder_ / "report", 1), 1);
}

TEST_F(Tapes, AJudgesFileNamesPathsBesideIt) {
  run();
  write_text(folder_ / "judges/said.jsonl",
             R"({"question": "q1", "answer": "angry", "verdict": {"kind": "scored", "value": 4}}
{"question": "q2", "answer": "happy", "verdict": {"kind": "scored", "value": 2}}
)");
  write_text(folder_ / "judges/mine.json",
             R"({"kind": "replay", "path": "said.jsonl", "scale": "discrete_0_5"})");
  write_text(folder_ / "judges/two.json",
             R"({"kind": "jury", "members": {"a": {"kind": "endpoint", "rubric_path": "r.json"}}})");
  const AddedJudge mine = added_judge(folder_ / "judges/mine.json");
  EXPECT_EQ(mine.spec.at("path").as_string(), folder_ / "judges/said.jsonl");
  EXPECT_EQ(added_judge(folder_ / "judges/two.json").spec.at("members").at("a").at("rubric_path").as_string(),
            folder_ / "judges/r.json");
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), mine, 1, folder_ / "again", true), ExitCode::done);
  EXPECT_THAT(tape_of(folder_ / "again").verdicts, SizeIs(6));
}

TEST_F(Tapes, TheSameJudgesLeaveARunsRowAsItWas) {
  run();
  const auto rows = [&] { return Store::open(store(), Store::Mode::read).runs(); };
  ASSERT_THAT(rows(), SizeIs(1));
  const RunRow before = rows().front();
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), {}, 1, "", true), ExitCode::done);
  ASSERT_THAT(rows(), SizeIs(1));
  EXPECT_EQ(rows().front().folder, before.folder);
  ASSERT_EQ(rejudge(folder_ / "report", here_, store(), added_judge("trivial"), 1, "", true), ExitCode::done);
  EXPECT_THAT(rows(), SizeIs(2)) << "with another judge it is another run";
  EXPECT_EQ(Store::open(store(), Store::Mode::read).find_run(before.id)->folder, before.folder);
}

TEST_F(Tapes, WhatIsNoJudgeIsRefused) {
  EXPECT_THROW(added_judge("no-such-judge"), Error);
  write_text(folder_ / "none.json", R"({"kind": "oracle"})");
  EXPECT_THROW(added_judge(folder_ / "none.json"), Error);
  EXPECT_EQ(added_judge("mine=exact").name, "mine");
}

// A tape of `n` questions; what judge "j" gave to each, by replicate.
Tape scripted(const std::vector<std::vector<double>>& ratings, const std::string& identity = "id") {
  Tape tape;
  tape.inputs = std::make_unique<ReportInputs>();
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    ReportItem item;
    item.question.id = fmt::format("q{:02}", i);
    item.question.text = "?";
    tape.inputs->data.items.push_back(item);
    for (std::size_t k = 0; k < ratings[i].size(); ++k) {
      const int replicate = static_cast<int>(k);
      tape.verdicts.push_back({verdict_key(identity, item.question, nullptr, "a", replicate), "j", identity,
                               item.question.id, "a", replicate, Scored{ratings[i][k], "", {}},
                               Json::object()});
    }
  }
  return tape;
}

TEST(TapeDiff, TellsDriftFromNoise) {
  std::vector<std::vector<double>> steady, lower, noisy, shuffled;
  for (int i = 0; i < 40; ++i) {
    const double r = i % 5;
    steady.push_back({r});
    lower.push_back({i % 4 == 0 ? r : std::max(0.0, r - 1)});
    // A judge whose second reading differs in every other case, and first readings that differ as often.
    noisy.push_back({r, i % 2 ? r : 4 - r});
    shuffled.push_back({i % 10 == 0 || i % 10 == 4 ? 4 - r : r, r});
  }
  const auto verdict = [](const Tape& a, const Tape& b) { return tape_diff(a, b).front().verdict; };
  EXPECT_EQ(verdict(scripted(steady), scripted(steady)), "the same ratings");
  const JudgeDrift moved = tape_diff(scripted(steady), scripted(lower, "other")).front();
  EXPECT_THAT(moved.verdict, HasSubstr("in one direction"));
  EXPECT_LT(moved.interval.high.value(), 0);
  EXPECT_LT(moved.test.p_value.value(), 0.01);
  EXPECT_THAT(to_text(moved), HasSubstr("identities differ"));
  EXPECT_EQ(verdict(scripted(noisy), scripted(shuffled)), "within its own noise");
  std::vector<std::vector<double>> single = shuffled;
  for (auto& r : single) r.resize(1);
  EXPECT_THAT(verdict(scripted(steady), scripted(single)), HasSubstr("cannot tell: single ratings changed"));
}

TEST(TapeDiff, CountsWhatOneSideLost) {
  Tape a = scripted(std::vector<std::vector<double>>(12, {3})),
       b = scripted(std::vector<std::vector<double>>(12, {3}));
  b.verdicts[0].outcome = ParseFailure{"?"};
  a.verdicts[1].outcome = ParseFailure{"?"};
  const JudgeDrift d = tape_diff(a, b).front();
  EXPECT_EQ(d.common, 12);
  EXPECT_EQ(d.both_scored, 10);
  EXPECT_EQ(d.lost, 1);
  EXPECT_EQ(d.gained, 1);
  EXPECT_EQ(parse_json(to_json(d).dump(), "d").at("lost").as_int(), 1);
  EXPECT_THROW(tape_diff(a, b, "nobody"), Error);
}

TEST(VerdictKey, AReplicateIsAVerdictOfItsOwn) {
  Question q;
  q.id = "q";
  EXPECT_EQ(verdict_key("j", q, nullptr, "a"), verdict_key("j", q, nullptr, "a", 0));
  EXPECT_NE(verdict_key("j", q, nullptr, "a", 1), verdict_key("j", q, nullptr, "a", 0));
  EXPECT_NE(verdict_key("j", q, nullptr, "a", 1), verdict_key("j", q, nullptr, "a", 2));
}

}  // namespace
}  // namespace undertone::test
