// Nights from the command line, the documented cron line and pipeline among them.
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
using ::testing::Not;
using ::testing::SizeIs;

class Nightly : public ::testing::Test {
 protected:
  void SetUp() override {
    write_recorded_suite(place_.path());
    write_many_questions(place_.path());
    write_many_answers(place_.path(), 4);
    ASSERT_EQ(place_.run({"run", "suite.json"}).code, 0);
    ASSERT_EQ(place_.run({"runs", "tag", "runs/two", "release"}).code, 0);
  }
  Ended night(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"nightly", "suite.json", "--baseline", "release", "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return place_.run(all);
  }
  Workplace place_;
};

TEST_F(Nightly, TellsQuietNightsRegressionsAndErrorsApart) {
  const Ended quiet = night();
  EXPECT_EQ(quiet.code, 0) << quiet.str();
  EXPECT_THAT(quiet.out,
              AllOf(HasSubstr("no change: theirs"), HasSubstr("at most 1 false alarms are expected in 365"),
                    HasSubstr("Both are one run")));
  write_many_answers(place_.path(), 1);
  const Ended worse = night({"--format", "json"});
  EXPECT_EQ(worse.code, 100) << worse.str();
  const Json json = parse_json(worse.out, "stdout");
  EXPECT_EQ(json.at("schema").as_string(), "undertone.comparison/1");
  EXPECT_THAT(json.at("summary").as_string(), HasSubstr("worse: theirs"));
  EXPECT_EQ(json.at("night").at("nights_before").as_int(), 1);
  ASSERT_THAT(json.at("night").at("since_last_night").elements(), SizeIs(1));
  EXPECT_EQ(json.at("night").at("since_last_night").elements()[0].at("what").as_string(), "answers");
  // The same night again, from the store: the same verdict.
  const Ended junit = night({"--format", "junit"});
  EXPECT_EQ(junit.code, 100) << junit.str();
  EXPECT_THAT(junit.out,
              AllOf(HasSubstr("failures=\"1\" errors=\"0\""), HasSubstr("<failure message=\"worse")));
  const Ended github = night({"--format", "github"});
  EXPECT_THAT(github.out, HasSubstr("::error title=theirs@absent pqa/all/judge%3Arubric/mean::worse"));
  // A night without answers cannot be compared.
  fs::remove(place_ / "answers.jsonl");
  const Ended broken = night({"--format", "junit"});
  EXPECT_NE(broken.code, 0);
  EXPECT_NE(broken.code, 100);
  EXPECT_THAT(broken.out, AllOf(HasSubstr("failures=\"0\" errors=\"1\""), HasSubstr("<error ")));
}

TEST_F(Nightly, TheBestNightIsRefusedAsBaseline) {
  for (const int wrong : {3, 4, 5}) {
    write_many_answers(place_.path(), wrong);
    EXPECT_NE(night({"systems.theirs.summary=night" + std::to_string(wrong)}).code, 2);
  }
  const Ended listed = place_.run({"runs", "list"});
  // The last night, with the fewest wrong answers, is what `runs/two-...` of its manifest holds.
  std::string best;
  for (const auto& entry : fs::directory_iterator(place_ / "runs"))
    if (fs::exists(entry.path() / "manifest.json") &&
        read_file(entry.path() / "manifest.json").find("night5") != std::string::npos)
      best = entry.path();
  ASSERT_FALSE(best.empty()) << listed.out;
  const Ended refused = place_.run({"nightly", "suite.json", "--baseline", best, "--quiet"});
  EXPECT_EQ(refused.code, 2) << refused.str();
  EXPECT_THAT(refused.err, AllOf(HasSubstr("the best of 3 nights"), HasSubstr("mend: ")));
  const Ended unknown = place_.run({"nightly", "suite.json", "--baseline", "nobody", "--quiet"});
  EXPECT_EQ(unknown.code, 2) << unknown.str();
}

TEST_F(Nightly, AFreshNightTakesNothingFromOthersAndAgreesWithThem) {
  const Ended fresh = night({"--fresh", "--out", "tonight"});
  EXPECT_EQ(fresh.code, 0) << fresh.str();
  EXPECT_THAT(fresh.err, HasSubstr("40 verdicts"));
  EXPECT_TRUE(fs::exists(place_ / "tonight/store/ledger.sqlite"));
  EXPECT_TRUE(fs::exists(place_ / "tonight/tape.jsonl"));
  // A tape is a baseline too.
  const Ended taped = place_.run({"nightly", "suite.json", "--baseline", "tonight/tape.jsonl", "--quiet"});
  EXPECT_EQ(taped.code, 0) << taped.str();
}

TEST_F(Nightly, CompareIsTheSameOfAnyTwoRuns) {
  write_many_answers(place_.path(), 1);
  ASSERT_EQ(place_.run({"run", "suite.json", "--out", "runs/later"}).code, 0);
  const Ended text = place_.run({"compare", "release", "runs/later"});
  EXPECT_EQ(text.code, 0) << text.str();
  EXPECT_THAT(text.out, AllOf(HasSubstr("worse: theirs"), HasSubstr("Where the changes come from"),
                              HasSubstr("answers -"), HasSubstr("Items that moved most")));
  const Ended markdown = place_.run({"compare", "release", "runs/later", "--format", "markdown"});
  EXPECT_THAT(markdown.out, AllOf(HasSubstr("## Measures"), HasSubstr("| worse |")));
  const Ended json = place_.run({"compare", "runs/later", "release", "--format", "json"});
  EXPECT_THAT(parse_json(json.out, "stdout").at("summary").as_string(), HasSubstr("better: theirs"));
  EXPECT_EQ(place_.run({"compare", "release", "nobody"}).code, 2);
}

// The fenced blocks of a kind in reports/README.md.
std::vector<std::string> blocks(const std::string& kind) {
  const std::string text = read_file(tree_path() + "/reports/README.md");
  std::vector<std::string> out;
  const std::string open = "\n```" + kind + "\n";
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const std::size_t begin = at + open.size();
    out.push_back(text.substr(begin, text.find("\n```", begin) - begin));
  }
  return out;
}

// The documented lines, in a folder where ./undertone is the program and mail writes what it was given.
class Documented : public Nightly {
 protected:
  void SetUp() override {
    fs::create_directories(place_ / "suites/corpus");
    write_recorded_suite(place_ / "suites");
    write_many_questions(place_ / "suites");
    write_many_answers(place_ / "suites", 4);
    std::string suite = read_file(place_ / "suites/suite.json");
    suite.replace(suite.find("\"two\""), 5, "\"mine\"");
    write_text(place_ / "suites/mine.json", suite);
    script("undertone", "exec " + program_path("undertone") + " \"$@\"\n");
    script("bin/mail", "echo \"$@\" > mailed; cat >> mailed\n");
    const auto lines = blocks("sh");
    ASSERT_THAT(lines, SizeIs(1));
    const Ended e = shell(lines[0]);
    ASSERT_EQ(e.code, 0) << e.str();
  }
  void script(const std::string& name, const std::string& text) const {
    write_text(place_ / name, "#!/bin/sh\n" + text);
    fs::permissions(place_ / name, fs::perms::owner_all);
  }
  Ended shell(const std::string& command) const {
    ProgramOptions o;
    o.folder = place_.path();
    o.environment = {{"UNDERTONE_ROOT", tree_path()},
                     {"UNDERTONE_STORE", std::nullopt},
                     {"PATH", place_ / "bin" + ":/usr/bin:/bin"}};
    return run_program({"/bin/sh", "-c", command}, o);
  }
};

TEST_F(Documented, TheCronLineMailsARegressionAndNothingElse) {
  const auto lines = blocks("cron");
  ASSERT_THAT(lines, SizeIs(1));
  std::string line = lines[0];
  for (int field = 0; field < 5; ++field) line.erase(0, line.find(' ') + 1);
  const std::string place = "cd /srv/undertone";
  ASSERT_EQ(line.find(place), 0u) << line;
  line.replace(0, place.size(), "cd " + place_.path());
  Ended e = shell(line);
  EXPECT_EQ(e.code, 0) << e.str() << read_file(place_ / "night.log");
  EXPECT_FALSE(fs::exists(place_ / "mailed"));
  EXPECT_THAT(read_file(place_ / "night.md"), HasSubstr("no change: theirs"));
  write_many_answers(place_ / "suites", 1);
  e = shell(line);
  ASSERT_TRUE(fs::exists(place_ / "mailed")) << e.str() << read_file(place_ / "night.log");
  EXPECT_THAT(read_file(place_ / "mailed"), AllOf(HasSubstr("exit 100"), HasSubstr("worse: theirs")));
}

TEST_F(Documented, ThePipelineFailsOnARegressionAndWritesJUnit) {
  const auto yaml = blocks("yaml");
  ASSERT_THAT(yaml, SizeIs(1));
  std::vector<std::string> steps;
  const std::string run = "- run: ";
  for (std::size_t at = yaml[0].find(run); at != std::string::npos; at = yaml[0].find(run, at + 1))
    steps.push_back(yaml[0].substr(at + run.size(), yaml[0].find('\n', at) - at - run.size()));
  ASSERT_THAT(steps, SizeIs(2));
  for (const std::string& step : steps) EXPECT_EQ(shell(step).code, 0) << step;
  EXPECT_THAT(read_file(place_ / "nightly.xml"), HasSubstr("failures=\"0\" errors=\"0\""));
  write_many_answers(place_ / "suites", 1);
  const Ended annotated = shell(steps[0]);
  EXPECT_EQ(annotated.code, 100) << annotated.str();
  EXPECT_THAT(annotated.out, HasSubstr("::error title=theirs"));
  EXPECT_EQ(shell(steps[1]).code, 100);
  EXPECT_THAT(read_file(place_ / "nightly.xml"), HasSubstr("failures=\"1\""));
}

}  // namespace
}  // namespace undertone::test
