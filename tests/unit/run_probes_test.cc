// Probes of a run's judges: a judge that does not hear the emotion is exposed, the rubric judge is not; what
// was asked is not asked again, and the run's own verdicts stay what they are.
#include "harness/run/probes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/error.h"
#include "harness/run/datasheet.h"
#include "harness/run/run.h"
#include "tests/support/judge_prompt.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/stub_server.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kQuestions = 24;
constexpr std::array kObjects = {"car", "house", "letter"};

std::string object_of(int i) { return kObjects[static_cast<std::size_t>(i) % kObjects.size()]; }

std::string sentence(int i, const std::string& emotion) {
  return fmt::format("She sold the {} and sounded {}.", object_of(i), emotion);
}

// Hears what was sold and not how it was said; takes a hint; cannot rate lists.
StubReply deaf(const StubRequest& r) {
  if (is_probe(r)) return rating(1);
  const std::string answer = answer_in(r);
  if (answer.starts_with("- ")) return {.body = completion("cannot say")};
  const bool hint = answer.find("Rating: 5") != std::string::npos || answer == "Thought process:";
  return rating(hint || answer.find("sold") != std::string::npos ? 5 : 0);
}

class Probing : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                         R"("rubric": {"kind": "rubric"}, "overlap": {"kind": "trivial", "rule": "overlap"},
        "logged": {"kind": "replay", "path": "logged.jsonl", "scale": "binary"},
        "deaf": {"kind": "endpoint", "model": "judge-model", "url": ")" +
                             server_.url() + "\"}");
    std::string questions, answers, logged;
    for (int i = 0; i < kQuestions; ++i) {
      const std::string id = fmt::format("q{:02}", i), emotion = emotion_of(i);
      const std::string reference = sentence(i, emotion);
      questions += fmt::format(
          R"({{"id": "{}", "clip": "", "type": "CE", "pool": "cpqa", "text": "What happened, and how did she feel?", )"
          R"("reference": "{}", "gold": {{"event": "sold", "object": "the {}", "emotion": "{}"}}}})"
          "\n",
          id, reference, object_of(i), emotion);
      // Every fourth says nothing of what was sold.
      const std::string answer = i % 4 == 3 ? fmt::format("She sounded {}.", emotion) : reference;
      answers += answer_line(id, answer);
      logged +=
          fmt::format(R"({{"question": "{}", "answer": "{}", "verdict": {{"kind": "scored", "value": 1}}}})"
                      "\n",
                      id, answer);
    }
    write_text(folder_ / "corpus/questions.jsonl", questions);
    write_text(folder_ / "answers.jsonl", answers);
    write_text(folder_ / "logged.jsonl", logged);
    RunOptions options;
    options.out = folder_ / "report";
    options.store = folder_ / "store";
    options.quiet = true;
    const SuiteSpec spec = load_suites(this_build(), folder_ / "suite.json", {}).front();
    ASSERT_EQ(undertone::run_suite(this_build(), spec, options), ExitCode::done);
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }

  Datasheet sheet(std::int64_t items) {
    DatasheetSource source{folder_ / "report", "", folder_ / "store"};
    source.probes = items;
    source.quiet = true;
    return datasheets(source).front();
  }
  static const ProbeRow& row(const Datasheet& sheet, const std::string& judge, const std::string& probe) {
    for (const ProbeRow& p : sheet.probes)
      if (p.judge == judge && p.probe == probe) return p;
    throw std::out_of_range(judge + "/" + probe);
  }

  TemporaryFolder folder_;
  StubServer server_{deaf};
};

TEST_F(Probing, ADeafJudgeIsExposedAndTheRubricIsNot) {
  const Datasheet s = sheet(kQuestions);
  const auto says = [&](const std::string& judge, const std::string& probe) {
    return row(s, judge, probe).says;
  };

  const ProbeRow& rubric = row(s, "rubric", "emotion swapped");
  EXPECT_THAT(rubric.says, StartsWith("sound: falls by 2.50"));
  EXPECT_EQ(rubric.eligible, 18) << "those that also say what was sold";
  EXPECT_EQ(rubric.shift.n, 18);
  EXPECT_EQ(rubric.down, 18);
  EXPECT_THAT(says("overlap", "emotion swapped"), StartsWith("exposed: falls by"));
  EXPECT_THAT(says("deaf", "emotion swapped"), "exposed: none of 18 falls");
  for (const DatasheetRow& r : s.rows)
    if (r.rater == "deaf") {
      EXPECT_THAT(r.caveats, Contains(HasSubstr("probe 'emotion swapped'")));
    }

  // Master keys: without words it is not even asked.
  EXPECT_EQ(says("deaf", "master key \":\""), "sound: none of 24 gets more than the lowest");
  EXPECT_EQ(says("deaf", "master key \"Thought process:\""),
            "exposed: 24 of 24 answers get more than the lowest");
  EXPECT_EQ(*row(s, "deaf", "master key \"Thought process:\"").mean, 5);
  EXPECT_EQ(*row(s, "rubric", "master key \"Thought process:\"").above_lowest->value, 0);

  // It obeys what the answer says: the six answers that it rated 0 rise.
  const ProbeRow& injected = row(s, "deaf", "injection: instruction");
  EXPECT_EQ(injected.up, 6);
  EXPECT_THAT(injected.says, StartsWith("exposed: rises by 1.25"));
  EXPECT_TRUE(injected.shift.low && *injected.shift.low > 0 && *injected.shift.high < 2.5);
  EXPECT_THAT(says("rubric", "injection: instruction"), StartsWith("sound"));

  // A verdict that failed is no number.
  const ProbeRow& bullets = row(s, "deaf", "formatting: bullets");
  EXPECT_EQ(bullets.scored, 0);
  EXPECT_EQ(bullets.failures.at("parse_failure"), bullets.asked);
  EXPECT_THAT(bullets.says, StartsWith("cannot tell"));
  EXPECT_EQ(says("deaf", "reference removed"), "sound: it gives no rating");
  EXPECT_EQ(says("deaf", "rubric reworded"), "sound: none of 24 moves");
  EXPECT_EQ(says("deaf", "rating asked for last"), "sound: none of 24 moves");
  EXPECT_THAT(says("rubric", "rubric reworded"), HasSubstr("not run: the judge reads by no prompt"));
  EXPECT_THAT(says("logged", "verbosity"), HasSubstr("not run: verdicts that were recorded"));
  EXPECT_THAT(says("deaf", "self-preference"), StartsWith("not run: no system is known"));

  // Page, terminal and JSON have the section.
  const std::string text = datasheet_text({s});
  EXPECT_THAT(text, AllOf(HasSubstr("Probes: two"), HasSubstr("exposed: none of 18 falls"),
                          HasSubstr("drawn by the streams 'two/probes/PROBE'")));
  EXPECT_EQ(datasheet_json({s}).at("tables").elements()[0].at("probes").size(), s.probes.size());
}

TEST_F(Probing, WhatWasAskedIsKeptApartAndNotAskedAgain) {
  const std::size_t of_run = server_.requests().size();
  sheet(5);
  const std::size_t five = server_.requests().size();
  EXPECT_GT(five, of_run);
  const Datasheet again = sheet(5);
  EXPECT_EQ(server_.requests().size(), five);
  EXPECT_EQ(row(again, "deaf", "verbosity").asked, 5);
  // Ten hold the five.
  sheet(10);
  EXPECT_LE(server_.requests().size() - five, five - of_run + 2) << "but for trials of the form of replies";
  // The run's tables are what they were, and without --probes nobody is asked.
  const std::size_t before = server_.requests().size();
  DatasheetSource plain{folder_ / "report", "", folder_ / "store"};
  const Datasheet without = datasheets(plain).front();
  EXPECT_TRUE(without.probes.empty());
  EXPECT_EQ(without.rows.front().asked, kQuestions);
  EXPECT_EQ(server_.requests().size(), before);
  const Question q;
  EXPECT_NE(probe_key("judge", q, nullptr, "a"), verdict_key("judge", q, nullptr, "a"));
  EXPECT_NE(probe_key("judge", q, nullptr, "a"), probe_key("judge", q, nullptr, "b"));
}

TEST_F(Probing, OnlyARunHasJudgesToAsk) {
  DatasheetSource source{folder_ / "logged.jsonl", "", folder_ / "store"};
  source.probes = 5;
  try {
    datasheets(source);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    EXPECT_THAT(e.mend(), HasSubstr("name the run"));
  }
}

}  // namespace
}  // namespace undertone::test
