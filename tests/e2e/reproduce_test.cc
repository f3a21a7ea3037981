// reproduce and check, as a user calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;

// The committed run of the demo, as a user would: the verb, its formats, its exit codes.
class CommandLineReproduce : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string results = source_path("reports/results/demo");
    const auto unpacked = run_program({"xz", "-dc", results + ".report.json.xz"});
    UNDERTONE_NEED(unpacked.code == 0, "xz is not installed");
    std::filesystem::create_directories(place_ / "demo-run");
    write_file_atomically(place_ / "demo-run/report.json", unpacked.out);
    write_file_atomically(place_ / "demo-run/manifest.json", read_file(results + ".manifest.json"));
  }
  Ended run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"reproduce", "demo-run"});
    return place_.run(arguments);
  }
  Workplace place_;
};

TEST_F(CommandLineReproduce, GivesEveryClaimOfTheDemoAVerdict) {
  const auto e = run({"--format", "markdown"});
  EXPECT_EQ(e.code, 0) << e.str();
  EXPECT_EQ(e.err, "");
  EXPECT_EQ(e.out, read_file(source_path("reports/results/demo.reproduce.md")))
      << "make reports/results/demo.reproduce.md again";
  const Json json = parse_json(run({"--format", "json"}).out, "json");
  for (const Json& c : json.at("claims").elements()) {
    EXPECT_FALSE(c.at("why").as_string().empty()) << c.dump();
    EXPECT_TRUE(c.at("evidence").size() > 0 || c.at("verdict").as_string() == "NOT COMPARABLE") << c.dump();
  }
}

TEST_F(CommandLineReproduce, TheGateIsAnExitCode) {
  bool fails = false;
  for (const Json& c : parse_json(run({"--format", "json"}).out, "json").at("claims").elements())
    fails |= c.at("verdict").as_string() == "NOT REPRODUCED";
  EXPECT_EQ(run({"--gate"}).code, fails ? 100 : 0);
}

TEST_F(CommandLineReproduce, WrongUsageSaysHowToMendIt) {
  const auto set = run({"--set", "speach=human"});
  EXPECT_EQ(set.code, 2);
  EXPECT_THAT(set.err, AllOf(HasSubstr("no dataset in this run 'speach'"), HasSubstr("name one of: speech")));
  const auto paper = run({"--paper", "2508"});
  EXPECT_EQ(paper.code, 2);
  EXPECT_THAT(paper.err, HasSubstr("2508.07273"));
  write_file_atomically(place_ / "demo-run/bad.json",
                        "{\"schema\": \"undertone.paper/1\", \"id\": \"x\", \"titel\": \"y\"}");
  const auto bad = run({"--paper", place_ / "demo-run/bad.json"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err,
              AllOf(HasSubstr("bad.json:1:"), HasSubstr("did you mean 'title'"), HasSubstr("mend: ")));
  write_file_atomically(place_ / "demo-run/manifest.json", "{\"identity\": \"other\", \"stages\": []}");
  EXPECT_EQ(run({}).code, 1);
}

// A run of this build, with its store and without it.
TEST(CommandLineCheck, TellsWhatARunKept) {
  Workplace place;
  write_recorded_suite(place.path());
  ASSERT_EQ(place.run({"run", "suite.json"}).code, 0);
  const Ended e = place.run({"check", "two", "--json"});
  const Json json = parse_json(e.out, "check.json");
  std::map<std::string, std::string> status;
  bool broken = false;
  for (const Json& r : json.at("rules").elements()) {
    status[r.at("id").as_string()] = r.at("status").as_string();
    broken |= r.at("status").as_string() == "broken";
    EXPECT_GT(r.at("evidence").size(), 0u) << r.dump();
  }
  EXPECT_EQ(status.size(), 13u);
  EXPECT_EQ(e.code, broken ? 100 : 0) << e.str();
  EXPECT_EQ(status["items-equal"], "kept") << e.out;
  EXPECT_EQ(status["controls-present"], "kept") << "nothing is trained";
  const auto without = place.run({"check", "runs/two", "--store", "nowhere"});
  EXPECT_THAT(without.out,
              AllOf(HasSubstr("cannot tell  items-equal"), HasSubstr("there is no store at nowhere")));
  EXPECT_EQ(place.run({"check", "three"}).code, 2);
}

}  // namespace
}  // namespace undertone::test
