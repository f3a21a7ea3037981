// The main table for a paper, in LaTeX with booktabs.
#pragma once

#include <string>

#include "reports/report.h"

namespace undertone {

// A table environment; needs \usepackage{booktabs}. Cells are the mean with its interval beneath; controls
// stand under a rule.
std::string report_latex(const ReportData& data);

}  // namespace undertone
