// Tables for a paper, in LaTeX with booktabs and graphicx.
#pragma once

#include <string>

#include "reports/report.h"
#include "reports/table.h"

namespace undertone {

// A table environment; needs \usepackage{booktabs,graphicx}; more than four columns are scaled to the line.
// Cells are the text with the interval that its detail starts with; groups stand under a rule. `name` makes
// the label.
std::string table_latex(const Table& table, const std::string& name);
// The main table: cells are means.
std::string report_latex(const ReportData& data);

}  // namespace undertone
