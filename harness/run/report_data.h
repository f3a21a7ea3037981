// Gathers what a run's stages left in the store into the result struct that the writers write.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"
#include "metrics/evaluate.h"
#include "metrics/reported.h"
#include "reports/report.h"

namespace undertone {

// All that a report is computed from. Its rows point into its data: it stays where it was made.
struct ReportInputs {
  ReportInputs() = default;
  ReportInputs(const ReportInputs&) = delete;
  ReportInputs& operator=(const ReportInputs&) = delete;
  ReportData data;                  // without mapping, and of estimates the recogniser's alone
  std::vector<EvaluationRow> rows;  // in the order in which estimates sum them
  EvaluationSettings settings;
  ReportedChoice choice;
};
// Of the clip that an item is about; null where it has none.
const Clip* clip_of(const ReportItem& item);
std::map<std::string, std::size_t> items_by_question(
    const ReportData& data);  // index of each question's item

// Reads answers and verdicts of the sets whose stages are done. Systems whose stages failed are in it as
// failed.
std::unique_ptr<ReportInputs> gather_inputs(const Pipeline& pipeline, const Execution& execution,
                                            Store& store);
// An answer to a question of the data, put beside the others and made a row. `item` is one of data.items,
// whose size may not change afterwards.
void add_answer(ReportInputs& inputs, ReportItem& item, ReportAnswer answer);
// Computes every estimate: the same bytes from the same inputs.
ReportData finish_report(std::unique_ptr<ReportInputs> inputs, int threads);

// Both of the above.
ReportData gather_report(const Pipeline& pipeline, const Execution& execution, Store& store, int threads);

// Key of the report of this execution: equal when nothing that it shows has changed.
std::string report_key(const Pipeline& pipeline, const Execution& execution);

}  // namespace undertone
