// Which numbers of two reports match, and what a resolved suite keeps of its paths.
#include "harness/run/rerun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <filesystem>
#include <fstream>

#include "harness/run/suite_paths.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json report(const std::string& estimates) {
  return parse_json(R"({"estimates": [)" + estimates + "]}", "report");
}
std::string estimate(const std::string& system, const std::string& value, const std::string& more = "") {
  return R"({"tag": "cpqa/all/judge:rubric/mean", "system": ")" + system + R"(", "value": )" + value +
         R"(, "low": 1, "n": 10)" + more + "}";
}

TEST(CompareReports, SameToTheBit) {
  const Json r = report(estimate("S10", "2.5") + "," + estimate("S30", "null"));
  const Comparison c = compare_reports(r, r, 1e-6);
  EXPECT_EQ(c.identical, 2);
  EXPECT_EQ(c.within + c.different + c.missing, 0);
  EXPECT_THAT(c.differences, IsEmpty());
}

TEST(CompareReports, WithinAndBeyondTheTolerance) {
  const Json before = report(estimate("S10", "2.5") + "," + estimate("S30", "3.5"));
  const Json after = report(estimate("S10", "2.5000001") + "," + estimate("S30", "3.6"));
  const Comparison c = compare_reports(before, after, 1e-6);
  EXPECT_EQ(c.identical, 0);
  EXPECT_EQ(c.within, 1);
  EXPECT_EQ(c.different, 1);
  EXPECT_THAT(c.differences, ElementsAre(AllOf(HasSubstr("S30"), HasSubstr("value was 3.5 and is 3.6"))));
  EXPECT_EQ(compare_reports(before, after, 0).different, 2) << "no tolerance, no mercy";
}

// A number that became undefined is another result, whatever the tolerance.
TEST(CompareReports, UndefinedIsNotANumber) {
  const Json before = report(estimate("S10", "2.5")), after = report(estimate("S10", "null"));
  EXPECT_EQ(compare_reports(before, after, 1e9).different, 1);
  EXPECT_EQ(compare_reports(after, before, 1e9).different, 1);
}

TEST(CompareReports, MissingIsCountedAndOrderDoesNotMatter) {
  const Json before =
      report(estimate("S10", "2.5") + "," + estimate("S20", "1") + "," + estimate("S30", "3.5"));
  const Json after = report(estimate("S30", "3.5") + "," + estimate("S10", "2.5"));
  const Comparison c = compare_reports(before, after, 0);
  EXPECT_EQ(c.identical, 2);
  EXPECT_EQ(c.missing, 1);
  EXPECT_THAT(c.differences, ElementsAre(AllOf(HasSubstr("S20"), HasSubstr("not there any more"))));
}

// Estimates that differ only in whom they compare, or how, are not mixed up.
TEST(CompareReports, BaselineAndConditionAreInTheName) {
  const Json r = report(estimate("S30", "1", R"(, "baseline": "S10")") + "," +
                        estimate("S30", "2", R"(, "baseline": "S20")") + "," +
                        estimate("S30", "3", R"(, "test_condition": "gold")"));
  EXPECT_EQ(compare_reports(r, r, 0).identical, 3);
}

TEST(CompareReports, ListsTwentyDifferencesAtMost) {
  std::string before, after;
  for (int i = 0; i < 30; ++i) {
    const std::string name = fmt::format("S{}", i);
    before += fmt::format("{}{}", i ? "," : "", estimate(name, "1"));
    after += fmt::format("{}{}", i ? "," : "", estimate(name, "2"));
  }
  const Comparison c = compare_reports(report(before), report(after), 0);
  EXPECT_EQ(c.different, 30);
  EXPECT_EQ(c.differences.size(), 20u);
}

TEST(RunFolder, FolderOrOneMessage) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "runs/x");
  std::ofstream(folder / "runs/x/report.json") << "{}";
  EXPECT_EQ(run_folder(folder / "runs/x", folder / "store"), folder / "runs/x");
  try {
    run_folder("nothing", folder / "store");
    ADD_FAILURE() << "found what is not there";
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), ExitCode::usage);
    EXPECT_THAT(e.what_happened(), HasSubstr("'nothing'"));
  }
}

TEST(SuitePaths, MadeAbsoluteFromTheirFileAndLeftOutOfTheIdentity) {
  const Json suite = parse_json(R"({"name": "x", "datasets": {"d": {"kind": "manifest", "root": "corpus"}},
    "systems": {"s": {"kind": "recorded", "path": "/data/a.jsonl"},
      "e": {"kind": "endpoint", "model": "m", "url": "http://h:1", "key_file": "key", "key_env": "K"}}, "metrics": ["f1"], "model": {"encoder": {"path": 5}}})",
                                "/suites/x.json");
  const Json absolute = with_absolute_paths(suite);
  EXPECT_EQ(absolute.at("datasets").at("d").at("root").as_string(), "/suites/corpus");
  EXPECT_EQ(absolute.at("systems").at("s").at("path").as_string(), "/data/a.jsonl");
  EXPECT_EQ(absolute.at("metrics"), suite.at("metrics"));
  EXPECT_EQ(absolute.at("systems").at("e").at("key_file").as_string(), "/suites/key");
  EXPECT_EQ(absolute.at("systems").at("e").at("url").as_string(), "http://h:1");
  const Json bare = without_paths(suite);
  EXPECT_EQ(bare.at("systems").at("e"), Json::object({{"kind", "endpoint"}, {"model", "m"}}))
      << "a server that moves is no other run";
  EXPECT_EQ(bare.at("datasets").at("d"), Json::object({{"kind", "manifest"}}));
  EXPECT_EQ(bare.at("systems").at("s"), Json::object({{"kind", "recorded"}}));
  EXPECT_EQ(bare.at("model"), suite.at("model")) << "only texts name paths";
  EXPECT_EQ(bare.at("name").as_string(), "x");
}

}  // namespace
}  // namespace undertone::test
