// What a datasheet of judges is made of: a run, a suite's latest run, a tape, humans beside it.
#include "harness/run/datasheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/files.h"
#include "harness/run/rejudge.h"
#include "harness/run/run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Datasheets : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    Installation here;
    here.root = UNDERTONE_SOURCE_DIR;
    here.programs = "/nonexistent";
    write_recorded_suite(folder_.path());
    RunOptions options;
    options.out = folder_ / "report";
    options.store = store();
    options.quiet = true;
    ASSERT_EQ(run_suite(here, load_suites(here, folder_ / "suite.json", {}).front(), options),
              ExitCode::done);
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }
  std::string store() const { return folder_ / "store"; }
  std::string tape() const {
    Installation here;
    here.root = UNDERTONE_SOURCE_DIR;
    here.programs = "/nonexistent";
    Store s = Store::open(store(), Store::Mode::read);
    const StoredRun run = open_stored_run(folder_ / "report", here, s);
    const std::string path = folder_ / "tape.jsonl";
    write_text(path, write_tape(make_tape(*run.pipeline, run.execution, s)));
    return path;
  }
  static std::string human_line(const std::string& answer, int rating, const std::string& criterion) {
    return R"({"item": ")" + answer + R"(", "question": "How does the speaker feel?", "answer": ")" + answer +
           R"(", "rater": "ann", "rater_kind": "human", "low": 0, "high": 5, "rating": )" +
           std::to_string(rating) + R"(, "criterion": ")" + criterion + "\"}\n";
  }
  TemporaryFolder folder_;
};

TEST_F(Datasheets, ASuiteIsItsLatestRunWithAManifest) {
  Store s = Store::open(store(), Store::Mode::write);
  s.put_run({std::string(64, 'f'),
             "two",
             folder_ / "started",
             "started",
             "2999-01-01T00:00:00Z",
             Json::object(),
             {}});
  const auto sheets = datasheets({"two", "", store()});
  ASSERT_THAT(sheets, SizeIs(1));
  EXPECT_THAT(sheets.front().rows, Contains(Field(&DatasheetRow::rater, "rubric")));
}

TEST_F(Datasheets, HumansStandBesideTheJudgesOfATape) {
  write_text(folder_ / "humans.jsonl", human_line("angry", 5, "") + human_line("happy", 1, ""));
  const auto sheets = datasheets({tape(), folder_ / "humans.jsonl", store()});
  ASSERT_THAT(sheets, SizeIs(1));
  EXPECT_EQ(sheets.front().humans, 1);
  EXPECT_THAT(sheets.front().rows, Contains(Field(&DatasheetRow::rater, "ann")));
}

// Ann's ratings of fluency and of coherence would be two raters called ann, of one thing.
TEST_F(Datasheets, HumansOfSeveralCriteriaAreRefused) {
  write_text(folder_ / "humans.jsonl", human_line("angry", 5, "Fluency") + human_line("happy", 1, "Fluency") +
                                           human_line("angry", 1, "Coherence"));
  try {
    datasheets({tape(), folder_ / "humans.jsonl", store()});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_THAT(e.what_happened(), AllOf(HasSubstr("2 tables"), HasSubstr("'Fluency', 'Coherence'")));
    EXPECT_THAT(e.mend(), HasSubstr("one criterion"));
  }
}

// The first line that is not blank says what a file is.
TEST_F(Datasheets, AChangedTapeIsATapeAllTheSame) {
  const std::string path = tape();
  write_text(path, "\n" + read_file(path));
  try {
    datasheets({path, "", store()});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("digest differs"));
  }
}

}  // namespace
}  // namespace undertone::test
