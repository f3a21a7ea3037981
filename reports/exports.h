// A run in the forms that others' tools read. What failed stays a failure of its kind in each of them: a
// verdict that is no score has no number anywhere, and every form says what kind it was.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/parquet/parquet.h"
#include "metrics/evaluate.h"
#include "reports/report.h"

namespace undertone {

struct ExportedRun {
  const ReportData& data;
  const std::vector<EvaluationRow>& rows;
  const EvaluationSettings& settings;  // whose judges are exported
  // By row: the mean of its humans' ratings; empty where nobody was asked.
  std::vector<std::optional<double>> human = {};
  std::string created;  // when the run was made: "2026-12-01T03:03:28Z"
};

// Path inside the folder that they are written to -> bytes. The same run gives the same bytes.
using ExportedFiles = std::map<std::string, std::string>;

// One row per answer and judge that was asked for it, as 'undertone analyze' reads it: system
// (NAME/CONDITION: what is compared), item, clip and speaker (where there are clips), seed, judge, score
// (empty where there is none), human (where given), status (of the verdict: scored, parse_failure, ...),
// answer_status, answerer, condition, set, type, question, reference, answer. The means of its sets are those
// of the report.
std::vector<TableColumn> export_table(const ExportedRun& run);
std::string export_csv(const ExportedRun& run);

// lm-evaluation-harness: for every system, condition and seed a folder (as its --output_path and
// --log_samples make it) with samples_TASK_DATE.jsonl for each set of questions and results_DATE.json. A
// judge's score is the metric judge:NAME; a sample whose verdict is no score does not list that metric, holds
// no number for it, and has the verdict under "unscored". Results hold the mean of the scores there are, and
// the share that has one (judge:NAME/scored); standard errors are N/A: lm-eval's takes answers for
// independent.
ExportedFiles export_lm_eval(const ExportedRun& run);

// Inspect (inspect_ai): for every system, condition and set an eval log in JSON; seeds are epochs. A verdict
// that is no score is Inspect's own unscored value (NaN, the one token of these files that strict JSON does
// not have) with its reason, and the typed verdict in the score's metadata; Inspect's metrics leave it out.
ExportedFiles export_inspect(const ExportedRun& run);

// AudioBench's judge logs, MODEL/SET_JUDGE_judge_score.json, with every row: for each system, condition and
// seed a model. A verdict that is no score has success 0, a rate_score of null where AudioBench writes 0, and
// its kind in "verdict"; judge_score is the mean of the others. "scale" says what AudioBench leaves open.
ExportedFiles export_audiobench(const ExportedRun& run);

}  // namespace undertone
