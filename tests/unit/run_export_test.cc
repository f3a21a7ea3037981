// Exports of a run and of its tape.
#include "harness/run/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/import_ratings.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/parquet/parquet.h"
#include "harness/run/rejudge.h"
#include "harness/run/tape.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Exporting : public ::testing::Test {
 protected:
  void SetUp() override {
    write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                         R"("rubric": {"kind": "rubric"}, "exact": {"kind": "exact"})");
    write_text(folder_ / "answers.jsonl",
               answer_line("q1", "angry") +
                   R"({"question": "q2", "answer": "hap", "finish_reason": "length"})"
                   "\n");
    RunOptions options;
    options.out = folder_ / "report";
    options.store = folder_ / "store";
    options.quiet = true;
    ASSERT_EQ(undertone::run_suite(this_build(),
                                   load_suites(this_build(), folder_ / "suite.json", {}).front(), options),
              ExitCode::done);
  }
  ExportRequest request(const std::string& format) const {
    return {format, folder_ / "report", folder_ / "store", "", "", ""};
  }
  std::string text(const ExportRequest& r) const {
    const ExportedFiles files = export_run(r);
    EXPECT_THAT(files, SizeIs(1));
    return files.begin()->second;
  }
  std::string tape() const {
    Store s = Store::open(folder_ / "store", Store::Mode::read);
    const StoredRun stored = open_stored_run(folder_ / "report", this_build(), s);
    write_text(folder_ / "tape.jsonl", write_tape(make_tape(*stored.pipeline, stored.execution, s)));
    return folder_ / "tape.jsonl";
  }
  static Error error_of(const ExportRequest& r) {
    try {
      export_run(r);
    } catch (const Error& e) {
      return e;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorKind::internal, "none");
  }
  TemporaryFolder folder_;
};

TEST_F(Exporting, ARunAndItsTapeGiveTheSameBytes) {
  const std::string csv = text(request("csv"));
  EXPECT_THAT(csv, StartsWith("system,item,seed,judge,score,status,"));
  EXPECT_THAT(csv, HasSubstr("theirs/absent,q1,0,rubric,5,scored,answered"));
  EXPECT_THAT(csv, HasSubstr("theirs/absent,q2,0,rubric,,not_run,truncated"));
  for (const std::string& format : export_formats()) {
    if (is_folder_format(format) || (format == "parquet" && !parquet_available())) continue;
    ExportRequest of_tape = request(format);
    of_tape.what = tape();
    EXPECT_EQ(text(of_tape), text(request(format))) << format;
  }
  for (const char* format : {"lm-eval", "inspect", "audiobench"})
    EXPECT_FALSE(export_run(request(format)).empty()) << format;
  EXPECT_THAT(text(request("latex")), HasSubstr("\\toprule"));
}

TEST_F(Exporting, OneJudgeAndOneSet) {
  ExportRequest r = request("csv");
  r.judge = "exact";
  r.set = "pqa";
  const std::string csv = text(r);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2);
  r.judge = "exac";
  EXPECT_THAT(error_of(r).mend(), HasSubstr("exact, rubric"));
  r.judge = "";
  r.set = "cpqa";
  EXPECT_THAT(error_of(r).mend(), HasSubstr("pqa"));
}

TEST_F(Exporting, PeoplesRatingsStandBesideTheJudges) {
  write_text(
      folder_ / "people.jsonl",
      R"({"item": "q1/theirs/absent/0", "rater": "Ann", "rating": 4, "rater_kind": "human", "low": 0, "high": 5}
{"item": "q1/theirs/absent/0", "rater": "Bob", "rating": 3, "rater_kind": "human", "low": 0, "high": 5}
{"item": "q1/theirs/absent/0", "rater": "bot", "rating": 1, "rater_kind": "script", "low": 0, "high": 5}
)");
  ExportRequest r = request("csv");
  r.humans = folder_ / "people.jsonl";
  EXPECT_THAT(text(r), HasSubstr("theirs/absent,q1,0,rubric,5,3.5,scored"));
  r.format = "judge-bench";
  const std::vector<RatingTable> read = parse_judge_bench(text(r), "out.json");
  ASSERT_THAT(read, SizeIs(2)) << "0-5 and 0/1";
  EXPECT_EQ(std::get<Scored>(read[0].at(0, read[0].rater("Bob")).at(0)).value, 3);
  r.format = "inspect";
  EXPECT_THAT(error_of(r).what_happened(), HasSubstr("no place for humans"));
}

TEST_F(Exporting, WhatCannotBeSaysWhatCan) {
  EXPECT_THAT(error_of(request("xml")).mend(), HasSubstr("csv, parquet, latex, lm-eval"));
  ExportRequest nowhere = request("csv");
  nowhere.what = "nowhere";
  EXPECT_EQ(error_of(nowhere).exit_code(), ExitCode::usage);
  ExportRequest table = request("latex");
  table.judge = "exact";
  EXPECT_EQ(error_of(table).exit_code(), ExitCode::usage);
}

}  // namespace
}  // namespace undertone::test
