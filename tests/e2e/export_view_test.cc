// export and view as a person starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/parquet/parquet.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandLineExports : public ::testing::Test {
 protected:
  void SetUp() override {
    write_recorded_suite(place_.path());
    const Ended e = place_.run({"run", "suite.json"});
    ASSERT_EQ(e.code, 0) << e.str();
  }
  Workplace place_;
};

TEST_F(CommandLineExports, AnalyzeReadsTheExport) {
  const Ended csv = place_.run({"export", "csv", "two", "--out", "new/folder/scores.csv"});
  ASSERT_EQ(csv.code, 0) << csv.str();
  EXPECT_EQ(csv.out, "new/folder/scores.csv\n");
  const Ended analyzed = place_.run({"analyze", "new/folder/scores.csv", "--json"});
  ASSERT_EQ(analyzed.code, 0) << analyzed.str();
  const Json estimates = parse_json(analyzed.out, "analysis").at("judges").elements().at(0).at("estimates");
  const Json report = place_.report("two");
  std::optional<double> mean, same;
  for (const Json& e : report.at("estimates").elements())
    if (e.at("tag").as_string() == "pqa/all/judge:rubric/mean") mean = e.at("value").as_double();
  for (const Json& e : estimates.elements())
    if (e.at("tag").as_string() == "mean") same = e.at("value").as_double();
  ASSERT_TRUE(mean);
  EXPECT_EQ(same, mean);
  if (parquet_available()) {  // the same table in another form; only the file's name differs in what is said
                              // of it
    ASSERT_EQ(place_.run({"export", "parquet", "two", "--out", "scores.parquet"}).code, 0);
    const Ended again = place_.run({"analyze", "scores.parquet", "--json"});
    EXPECT_EQ(again.code, 0) << again.str();
    EXPECT_EQ(parse_json(again.out, "analysis").at("judges").elements().at(0).at("estimates").dump(),
              estimates.dump());
  }
  const Ended printed = place_.run({"export", "csv", "runs/two"});
  EXPECT_EQ(printed.out, read_file(place_ / "new/folder/scores.csv"));
}

TEST_F(CommandLineExports, AuditAndImportReadTheExports) {
  const Ended logs = place_.run({"export", "audiobench", "two", "--out", "logs"});
  ASSERT_EQ(logs.code, 0) << logs.str();
  const Ended audit = place_.run({"audit", "audiobench", "logs"});
  ASSERT_EQ(audit.code, 0) << audit.str();
  EXPECT_THAT(audit.out, HasSubstr("1 files, 2 rows. 0 verdicts failed"));
  ASSERT_EQ(place_.run({"export", "judge-bench", "two", "--out", "bench.json"}).code, 0);
  const Ended read = place_.run({"import", "bench.json", "--out", "imported"});
  ASSERT_EQ(read.code, 0) << read.str();
  EXPECT_THAT(read.out, HasSubstr("2 items, 1 raters, 2 ratings"));
  ASSERT_EQ(place_.run({"export", "inspect", "two", "--out", "inspect"}).code, 0);
  ASSERT_EQ(place_.run({"export", "lm-eval", "two", "--out", "lm"}).code, 0);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place_ / "lm")) files += entry.is_regular_file();
  EXPECT_EQ(files, 2);
}

TEST_F(CommandLineExports, WrongUseOfExportIsExitCodeTwo) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"export", "parquet", "two"},
                                             {"export", "inspect", "two"},
                                             {"export", "csv", "nowhere"},
                                             {"export", "csv", "two", "--judge", "nobody"},
                                             {"export", "csv"}}) {
    const Ended e = place_.run(wrong);
    EXPECT_EQ(e.code, 2) << e.str();
    EXPECT_EQ(e.out, "");
    EXPECT_THAT(e.err, HasSubstr("mend: ")) << e.str();
  }
}

TEST_F(CommandLineExports, ViewPrintsItsAddressAndEndsWithAnInterrupt) {
  const auto server = place_.start({"view", "two"});
  ASSERT_TRUE(server->wait_for_message("Ctrl-C ends it"));
  const std::string url = server->out_so_far();
  ASSERT_THAT(url, StartsWith("http://127.0.0.1:"));
  const std::string port = url.substr(17, url.size() - 19);
  const Ended second = place_.run({"view", "two", "--port", port});
  EXPECT_EQ(second.code, 1) << second.str();
  EXPECT_THAT(second.err, AllOf(HasSubstr("port " + port + " is in use"), HasSubstr("mend: choose another")));
  server->signal(SIGINT);
  const Ended e = server->wait();
  EXPECT_EQ(e.code, 0) << e.str();
  EXPECT_EQ(e.out, url) << "the address and nothing else";
}

TEST_F(CommandLineExports, ViewWithoutAPageSaysWhatToDo) {
  fs::remove(place_ / "runs/two/report.html");
  const Ended e = place_.run({"view", "two"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("no report.html"), HasSubstr("mend: run its suite again")));
  EXPECT_EQ(place_.run({"view", "nowhere"}).code, 2);
  EXPECT_EQ(place_.run({"view", "two", "--port", "70000"}).code, 2);
}

}  // namespace
}  // namespace undertone::test
