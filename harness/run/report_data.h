// Gathers what a run's stages left in the store into the result struct that the writers write.
#pragma once

#include "harness/run/pipeline.h"
#include "reports/report.h"

namespace undertone {

// Reads answers and verdicts of the sets whose stages are done, and computes every estimate. Systems whose
// stages failed are in the report as failed.
ReportData gather_report(const Pipeline& pipeline, const Execution& execution, Store& store, int threads);

// Key of the report of this execution: equal when nothing that it shows has changed.
std::string report_key(const Pipeline& pipeline, const Execution& execution);

}  // namespace undertone
