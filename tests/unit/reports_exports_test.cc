// What is exported reads back: by 'undertone analyze', by our importers of others' forms, to the same numbers
// and the same failures. Others' own readers: tests/golden/reports_exports_test.cc.
#include "reports/exports.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "datasets/audiobench.h"
#include "datasets/import_lm_eval.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "metrics/analysis/analyze.h"
#include "tests/support/evaluation_rows.h"
#include "tests/support/export_sample.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

analysis::Scores read_back(const std::string& csv) {
  const analysis::TextTable table = analysis::parse_table(csv, "x.csv", analysis::TableFormat::csv);
  return analysis::read_scores(table, analysis::understand(table, {}), {});
}

TEST(ExportCsv, AnalyzeFindsTheReportsNumbers) {
  MadeEvaluation made = make_evaluation({});
  std::erase_if(made.rows, [](const EvaluationRow& r) { return r.question->pool != "cpqa"; });
  ReportData data;
  data.suite = "made";
  const std::string csv = export_csv({data, made.rows, made.settings, {}, ""});
  const analysis::Scores scores = read_back(csv);
  EXPECT_EQ(scores.unit, "speaker");
  analysis::AnalysisSettings settings;
  settings.resamples = 200;
  const analysis::Analysis read = analysis::analyze(scores, settings);
  int compared = 0;
  for (const Estimate& e : evaluate(made.rows, made.settings)) {
    if (e.tag != "cpqa/all/judge:" + e.judge + "/mean") continue;
    const auto judge = std::find_if(read.judges.begin(), read.judges.end(),
                                    [&](const auto& j) { return j.judge == e.judge; });
    ASSERT_NE(judge, read.judges.end()) << e.judge;
    const Estimate* same = judge->find("mean", e.system + "/" + e.test_condition);
    ASSERT_TRUE(same) << e.system << " " << e.test_condition;
    ASSERT_TRUE(same->value && same->low && same->high) << same->reason;
    EXPECT_NEAR(*same->value, *e.value, 1e-12) << e.tag << e.system;
    EXPECT_NEAR(*same->low, *e.low, 1e-9) << e.system << " " << e.method << " / " << same->method;
    EXPECT_NEAR(*same->high, *e.high, 1e-9) << e.system;
    EXPECT_EQ(same->asked, e.asked);
    EXPECT_EQ(same->scored, e.scored);
    EXPECT_LT(e.scored, e.asked) << "failures are among them";
    ++compared;
  }
  EXPECT_EQ(compared, 4 * 2 * 2) << "systems, conditions, judges";
}

TEST(ExportCsv, TextsAndFailuresStayWhatTheyWere) {
  ExportSample sample;
  fill_export_sample(sample);
  ExportedRun run = sample.run();
  run.human.assign(sample.rows.size(), std::nullopt);
  run.human[1] = 3.25;
  const analysis::TextTable t = analysis::parse_table(export_csv(run), "x.csv", analysis::TableFormat::csv);
  // 12 answers by the rubric; the other judge was to read q1 and q2 of answers without metadata.
  ASSERT_EQ(t.rows(), 12u + 6u);
  const auto cell = [&](std::size_t row, const std::string& column) {
    for (const auto& c : t.columns)
      if (c.name == column) return c.texts[c.row[row]];
    ADD_FAILURE() << "no column " << column;
    return std::string();
  };
  EXPECT_EQ(cell(2, "system"), "S30/absent");
  EXPECT_EQ(cell(2, "question"), sample.questions[1].text);
  EXPECT_EQ(cell(2, "answer"), "sad, \"very\"\nsad");
  EXPECT_EQ(cell(2, "score"), fmt::format("{}", 5.0 / 3));
  EXPECT_EQ(cell(2, "human"), "3.25");
  EXPECT_EQ(cell(3, "status"), "parse_failure");
  EXPECT_EQ(cell(3, "score"), "");
  EXPECT_EQ(cell(4, "score"), "0") << "a rating of 0 is a rating";
  EXPECT_EQ(cell(4, "reference"), "Überrascht, 驚き");
  for (std::size_t r = 0; r < t.rows(); ++r)
    EXPECT_EQ(cell(r, "status") == "scored", !cell(r, "score").empty()) << r;
}

TEST(ExportCsv, WithoutClipsTheUnitIsTheQuestion) {
  ExportSample sample;
  fill_export_sample(sample);
  for (EvaluationRow& r : sample.rows) r.clip = nullptr, r.unit = r.question->id;
  const std::string csv = export_csv(sample.run());
  EXPECT_THAT(csv.substr(0, csv.find('\n')), Not(HasSubstr("clip")));
  EXPECT_EQ(read_back(csv).unit, "item");
}

TEST(ExportAudiobench, TheLogsReadBackWithTheirFailures) {
  ExportSample sample;
  fill_export_sample(sample);
  const TemporaryFolder folder;
  for (const auto& [name, bytes] : export_audiobench(sample.run())) {
    std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
    write_file_atomically(folder / name, bytes);
  }
  std::map<std::string, RecordedLog> logs;
  for (RecordedLog& log : read_audiobench_logs(folder.path(), "")) {
    EXPECT_THAT(log.warnings, SizeIs(0));
    logs.emplace(log.model + "|" + log.set + "|" + log.judge, std::move(log));
  }
  for (const EvaluationRow& row : sample.rows)
    for (const JudgeInfo& judge : sample.settings.judges) {
      if (judge.name == "llm" && (row.question->id > "q2" || row.condition != "absent")) continue;
      const auto log = logs.find(fmt::format("{}_{}_seed{}|sample_suite_{}|{}", row.system, row.condition,
                                             row.seed, row.question->pool, judge.name));
      ASSERT_NE(log, logs.end()) << row.system << row.seed << row.question->pool;
      EXPECT_EQ(log->second.scale->kind, judge.scale.kind);
      const auto found = std::find_if(
          log->second.rows.begin(), log->second.rows.end(),
          [&](const RecordedRow& r) { return r.extra.at("id").as_string() == row.question->id; });
      ASSERT_NE(found, log->second.rows.end());
      EXPECT_EQ(found->answer, row.answer.text);
      const Verdict& before = row.verdicts.at(judge.name);
      if (const auto* s = std::get_if<Scored>(&before)) {
        ASSERT_TRUE(std::holds_alternative<Scored>(found->verdict)) << s->value;
        EXPECT_EQ(std::get<Scored>(found->verdict).value, s->value);
        EXPECT_EQ(found->recorded, s->value);
      } else {
        EXPECT_EQ(to_json(found->verdict).dump(), to_json(before).dump());
        EXPECT_FALSE(found->recorded) << "a failure has no number";
      }
    }
  EXPECT_THAT(logs, SizeIs(9));
  // Three questions, of which two have a rating; 0 is one.
  const RecordedLog& one = logs.at("S30_absent_seed1|sample_suite_cpqa|rubric");
  EXPECT_NEAR(*one.judge_score, 20 * (5 + 5.0 / 3 + 0) / 3, 1e-9);
  EXPECT_EQ(one.success_rate, 1);
  const RecordedLog& two = logs.at("theirs_absent_seed0|sample_suite_cpqa|llm");
  EXPECT_FALSE(two.judge_score) << "nothing scored: no mean";
  EXPECT_EQ(two.success_rate, 0);
}

TEST(ExportLmEval, TheSamplesReadBack) {
  ExportSample sample;
  fill_export_sample(sample);
  const ExportedFiles files = export_lm_eval(sample.run());
  EXPECT_THAT(files, SizeIs(4 + 6)) << "models, and their sets";
  const std::string name = "S30_absent__seed1/samples_sample_suite_cpqa_2026-01-02T03-04-05.jsonl";
  ASSERT_THAT(files, Contains(Key(name)));
  const LmEvalSamples read = parse_lm_eval(files.at(name), name);
  ASSERT_THAT(read.corpus.questions, SizeIs(3));
  EXPECT_EQ(read.corpus.questions[1].text, sample.questions[1].text);
  ASSERT_THAT(read.answers, SizeIs(3));
  EXPECT_EQ(read.answers[1].answer.text, sample.rows[1].answer.text);
  const std::size_t rubric = read.metrics.rater("judge:rubric,none"),
                    llm = read.metrics.rater("judge:llm,none");
  EXPECT_EQ(std::get<Scored>(read.metrics.at(1, rubric).at(0)).value, 5.0 / 3);
  EXPECT_EQ(std::get<Scored>(read.metrics.at(2, rubric).at(0)).value, 0);
  EXPECT_EQ(std::get<Scored>(read.metrics.at(0, llm).at(0)).value, 4);
  EXPECT_THAT(read.metrics.at(1, llm), SizeIs(0)) << "a verdict that failed is no number";
  // The same question has the same number in every system's file.
  const std::vector<Json> rows =
      parse_jsonl(files.at("theirs_absent__seed0/samples_sample_suite_cpqa_2026-01-02T03-04-05.jsonl"), "t");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].at("doc_id").as_int(), 1);
  EXPECT_EQ(rows[1].at("unscored").at("rubric").at("kind").as_string(), "parse_failure");
  EXPECT_EQ(rows[1].at("unscored").at("llm").at("kind").as_string(), "truncated");
  const Json results =
      parse_json(files.at("theirs_absent__seed0/results_2026-01-02T03-04-05.json"), "r.json");
  const Json& of = results.at("results").at("sample_suite_cpqa");
  EXPECT_EQ(of.at("judge:rubric,none").as_double(), 1) << "of the one that is scored";
  EXPECT_EQ(of.at("judge:rubric/scored,none").as_double(), 0.5);
  EXPECT_FALSE(of.find("judge:llm,none")) << "nothing scored: no mean";
  EXPECT_EQ(of.at("judge:llm/scored,none").as_double(), 0);
}

TEST(Exports, NamesThatMakeOnePathAreAnError) {
  ExportSample sample;
  fill_export_sample(sample);
  for (EvaluationRow& r : sample.rows)
    if (r.system == "theirs") r.system = "S30/absent", r.condition = "", r.seed = 1;
  EXPECT_THROW(export_audiobench(sample.run()), Error);
  EXPECT_THROW(export_lm_eval(sample.run()), Error);
}

TEST(Exports, NoNameLeadsOutOfTheFolder) {
  ExportSample sample;
  fill_export_sample(sample);
  sample.data.suite = "../..";
  for (EvaluationRow& r : sample.rows) r.system = "../" + r.system;
  for (const ExportedFiles& files :
       {export_audiobench(sample.run()), export_lm_eval(sample.run()), export_inspect(sample.run())})
    for (const auto& [name, bytes] : files) {
      EXPECT_THAT("/" + name, Not(HasSubstr("/.")));
      EXPECT_LE(std::count(name.begin(), name.end(), '/'), 1) << name;
    }
}

}  // namespace
}  // namespace undertone::test
