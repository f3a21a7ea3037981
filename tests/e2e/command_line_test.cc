// Exit codes and folders, as a person sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/files.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Wrong usage: exit 2, nothing on stdout, one message that names the place and the mend.
void expect_usage(const Workplace& place, const std::vector<std::string>& arguments,
                  const std::vector<std::string>& says) {
  const Ended e = place.run(arguments);
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_EQ(e.out, "");
  EXPECT_THAT(e.err, HasSubstr("mend: ")) << e.str();
  for (const auto& s : says) EXPECT_THAT(e.err, HasSubstr(s));
  EXPECT_FALSE(fs::exists(place / "runs")) << "wrong usage must not make a store";
}

TEST(CommandLine, WrongUsageExitsTwo) {
  const Workplace place;
  write_recorded_suite(place.path());
  const std::string suite = place / "suite.json";
  expect_usage(place, {}, {"undertone: "});
  expect_usage(place, {"dance"}, {"there is no verb 'dance'"});
  expect_usage(place, {"rum", suite}, {"did you mean 'run'?"});
  expect_usage(place, {"run"}, {"SUITE"});
  expect_usage(place, {"run", "smoke", "--limit", "-1"}, {"--limit"});
  expect_usage(place, {"run", "smokey"}, {"smokey", "smoke"});
  expect_usage(place, {"run", suite, "judges.rubric.colour=red"},
               {"colour", "override judges.rubric.colour=red"});
  expect_usage(place, {"run", suite, "seeds=many"}, {"seeds", "override seeds=many"});
  expect_usage(place, {"run", suite, "nonsense"}, {"nonsense"});
  expect_usage(place, {"measure", "nothing"}, {"there is no run 'nothing'"});
  expect_usage(place, {"rerun", "nothing"}, {"there is no run 'nothing'"});
}

TEST(CommandLine, UnknownKeysAreListedAllAtOnce) {
  const Workplace place;
  write_text(place / "suite.json", "{\n  \"name\": \"x\",\n  \"sytems\": {},\n  \"judgess\": {}\n}\n");
  for (const char* verb : {"validate", "plan", "run"}) {
    const Ended e = place.run({verb, place / "suite.json"});
    EXPECT_EQ(e.code, 2) << e.str();
    const std::string all = e.out + e.err;
    EXPECT_THAT(all, AllOf(HasSubstr("suite.json:3:"), HasSubstr("did you mean 'systems'"),
                           HasSubstr("suite.json:4:"), HasSubstr("did you mean 'judges'")))
        << verb;
    EXPECT_THAT(e.err, HasSubstr("mend: change the places named above")) << verb;
  }
}

TEST(CommandLine, CycleOfExtendsAndEmptyMatrix) {
  const Workplace place;
  write_text(place / "a.json", "{\"name\": \"a\", \"extends\": \"b.json\"}\n");
  write_text(place / "b.json", "{\"extends\": \"a.json\"}\n");
  Ended e = place.run({"run", place / "a.json"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("1 problem in the suite"),
                           HasSubstr("b.json:1:13: /extends: extends goes round in "
                                     "a circle: "),
                           HasSubstr("mend: change the places named above"), Not(HasSubstr("is missing"))))
      << "what the circle would bring is not missed on its own";
  write_recorded_suite(place.path());
  write_text(place / "m.json",
             "{\"name\": \"m\", \"extends\": \"suite.json\",\n \"matrix\": {\"statistics.level\": []}}\n");
  e = place.run({"run", place / "m.json"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err,
              AllOf(HasSubstr("m.json:2:"), HasSubstr("the axis is empty: it would leave no suite to run"),
                    HasSubstr("mend: change the places named above")));
}

TEST(CommandLine, RecordedSuiteFromAnyFolder) {
  const Workplace place;
  write_recorded_suite(place.path());
  const Ended e = place.run({"run", "suite.json"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_THAT(e.out, HasSubstr("report: runs/two/report.html"));
  EXPECT_THAT(place.run({"runs", "list"}).out, HasSubstr("two"));
  EXPECT_EQ(place.run({"runs", "tag", "runs/two", "mine"}).code, 0);
  EXPECT_THAT(place.run({"measure", "mine", "--tag", "*/mean"}).out, HasSubstr("theirs"));
  // Another identity of the same suite goes to a folder of its own.
  const std::string before = place.report_bytes("two");
  const Ended other = place.run({"run", "suite.json", "statistics.level=0.9"});
  ASSERT_EQ(other.code, 0) << other.str();
  EXPECT_THAT(other.out, HasSubstr("report: runs/two-"));
  EXPECT_EQ(place.report_bytes("two"), before);
  // The identity is that of the data, not of the place where it lies.
  const Workplace elsewhere;
  write_recorded_suite(elsewhere.path() + "/deeper");
  ASSERT_EQ(elsewhere.run({"run", "deeper/suite.json"}).code, 0);
  EXPECT_EQ(elsewhere.report_bytes("two"), before);
  // Also from a suite that names its data relative to itself.
  const Ended again = place.run({"rerun", "runs/two"});
  EXPECT_EQ(again.code, 0) << again.str();
  EXPECT_THAT(again.out, AllOf(HasSubstr(" 0 different, 0 missing"), HasSubstr("identical to the bit")));
}

TEST(CommandLine, OneFailedSystemExitsOneWithAReport) {
  const Workplace place;
  write_recorded_suite(place.path(), R"("good": {"kind": "recorded", "path": "answers.jsonl"},
              "broken": {"kind": "recorded", "path": "broken.jsonl"})");
  write_text(place / "broken.jsonl", answer_line("q1", "angry") + "{\"question\": \"q2\", \"answer\": \n");
  const Ended e = place.run({"run", "suite.json"});
  ASSERT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("failed: answer broken: "), HasSubstr("broken.jsonl:2")));
  EXPECT_THAT(e.out, HasSubstr("failed in part"));
  EXPECT_EQ(place.report_bytes("two").find(place.path()), std::string::npos) << "a place of this machine";
  const Ended quiet = place.run({"run", "suite.json", "--quiet"});
  EXPECT_EQ(quiet.code, 1);
  EXPECT_THAT(quiet.err, HasSubstr("failed: answer broken: "));
  EXPECT_THAT(place.system_states("two"),
              UnorderedElementsAre(Pair("good", "done"), Pair("broken", "failed")));
  EXPECT_THAT(read_file(place / "runs/two/report.md"), HasSubstr("broken.jsonl:2"));
  EXPECT_TRUE(fs::exists(place / "runs/two/report.html"));
  EXPECT_THAT(place.run({"runs", "list"}).out, HasSubstr("failed"));
  // Mended, only what failed is done.
  write_text(place / "broken.jsonl", answer_line("q1", "angry") + answer_line("q2", "sad"));
  const Ended mended = place.run({"run", "suite.json", "--out", "runs/mended"});
  ASSERT_EQ(mended.code, 0) << mended.str();
  const Ended other = place.run({"run", "suite.json", "statistics.seed=9", "--out", "runs/mended"});
  EXPECT_EQ(other.code, 2) << "another run's report would be overwritten: " << other.str();
  EXPECT_THAT(other.err, AllOf(HasSubstr("runs/mended"), HasSubstr("mend: name another folder with --out")));
  EXPECT_THAT(mended.out, HasSubstr(" 2 answers,"));
  EXPECT_THAT(place.system_states("mended"),
              UnorderedElementsAre(Pair("good", "done"), Pair("broken", "done")));
}

}  // namespace
}  // namespace undertone::test
