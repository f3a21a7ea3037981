// What the exports write, to the byte; and that lm-evaluation-harness' and Inspect's own readers have read
// these very bytes and found in them what the run holds. read_by_peers.json is made by check_exports.py.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "reports/exports.h"
#include "tests/support/expect_golden.h"
#include "tests/support/export_sample.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;

constexpr const char* kFolder = "reports/export";

std::map<std::string, ExportedFiles> all_exports() {
  ExportSample sample;
  fill_export_sample(sample);
  const ExportedRun run = sample.run();
  return {{"csv", {{"scores.csv", export_csv(run)}}},
          {"lm-eval", export_lm_eval(run)},
          {"inspect", export_inspect(run)},
          {"audiobench", export_audiobench(run)}};
}

TEST(ExportGolden, EveryFormToTheByte) {
  std::set<std::string> written;
  for (const auto& [format, files] : all_exports())
    for (const auto& [name, bytes] : files) {
      written.insert(format + "/" + name);
      expect_golden(fmt::format("{}/{}/{}", kFolder, format, name), bytes);
    }
  for (const auto& entry :
       fs::recursive_directory_iterator(source_path(fmt::format("tests/golden/{}", kFolder))))
    if (entry.is_regular_file() && entry.path().filename() != "read_by_peers.json") {
      EXPECT_TRUE(written.contains(
          fs::relative(entry.path(), source_path(fmt::format("tests/golden/{}", kFolder))).generic_string()))
          << entry.path() << " is no longer exported";
    }
}

class Peers : public ::testing::Test {
 protected:
  const Json read_ = read_json_file(source_path(fmt::format("tests/golden/{}/read_by_peers.json", kFolder)));
  const std::map<std::string, ExportedFiles> exports_ = all_exports();
};

TEST_F(Peers, ReadTheseVeryBytes) {
  std::size_t files = 0;
  for (const char* format : {"lm-eval", "inspect"})
    for (const auto& [name, bytes] : exports_.at(format)) {
      ++files;
      const Json* digest = read_.at("sha256").find(fmt::format("{}/{}", format, name));
      ASSERT_TRUE(digest) << name << ": run tests/golden/check_exports.py";
      EXPECT_EQ(digest->as_string(), sha256_hex(bytes)) << name << ": run tests/golden/check_exports.py";
    }
  EXPECT_EQ(read_.at("sha256").size(), files);
}

// Inspect gives a score per sample and judge, null where it holds it unscored; lm-eval a metric or none.
TEST_F(Peers, FoundTheRunsScoresAndItsFailures) {
  ExportSample sample;
  fill_export_sample(sample);
  int scored = 0, failed = 0;
  for (const EvaluationRow& row : sample.rows)
    for (const JudgeInfo& judge : sample.settings.judges) {
      if (judge.name == "llm" && (row.question->id > "q2" || row.condition != "absent")) continue;
      const std::string model = fmt::format("{}/{}", row.system, row.condition);
      const std::string task = "sample_suite_" + row.question->pool;
      const Json& inspect =
          read_.at("inspect").at(model).at(task).at(fmt::format("{} seed {}", row.question->id, row.seed));
      EXPECT_EQ(inspect.at("answer").as_string(), row.answer.text);
      EXPECT_EQ(inspect.at("target").as_string(), row.question->reference);
      const Json& score = inspect.at("scores").at(judge.name);
      const Json& lm_eval =
          read_.at("lm-eval").at(fmt::format("{}/seed{}", model, row.seed)).at(task).at(row.question->id);
      EXPECT_EQ(lm_eval.at("answer").as_string(), row.answer.text);
      const Json* metric = lm_eval.at("metrics").find("judge:" + judge.name);
      if (const auto* s = std::get_if<Scored>(&row.verdicts.at(judge.name))) {
        ++scored;
        EXPECT_EQ(score.at("value").as_double(), s->value);
        ASSERT_TRUE(metric);
        EXPECT_EQ(metric->as_double(), s->value);
      } else {
        ++failed;
        EXPECT_TRUE(score.at("value").is_null()) << "unscored";
        EXPECT_FALSE(score.at("reason").as_string().empty());
        EXPECT_EQ(score.at("kind").as_string(), verdict_kind(row.verdicts.at(judge.name)));
        EXPECT_FALSE(metric);
      }
    }
  EXPECT_EQ(scored, 9);
  EXPECT_EQ(failed, 9);
}

// Inspect's own mean over its scores, and the values in lm-eval's own table.
TEST_F(Peers, ComputedTheMeansThatTheExportStates) {
  for (const auto& [model, tasks] : read_.at("inspect means").members())
    for (const auto& [task, judges] : tasks.members())
      for (const auto& [judge, means] : judges.members()) {
        EXPECT_NEAR(means.at("theirs").as_double(), means.at("ours").as_double(), 1e-12) << model << judge;
      }
  EXPECT_GE(read_.at("inspect means").size(), 3u);
  const Json& table = read_.at("lm-eval table");
  EXPECT_THAT(table.at("theirs/absent/seed0").as_string(), ::testing::HasSubstr("judge:rubric/scored"));
  EXPECT_THAT(table.at("theirs/absent/seed0").as_string(), ::testing::HasSubstr("|  0.5|"));
}

}  // namespace
}  // namespace undertone::test
