// Rows of systems and test conditions, which most tables share. Internal to reports/.
#pragma once

#include <string>
#include <vector>

#include "reports/table.h"

namespace undertone {

// Systems in the order of the suite.
std::vector<const ReportSystem*> systems_of(const ReportData& data, bool control);

// Whether any cell holds something.
bool any_cell(const std::vector<Cell>& cells);

// Fills `table`: one row per system and condition, one column per tag; controls apart. Rows without a single
// value are left out.
Table grid(const ReportData& data, Table table, const std::vector<std::string>& tags);

}  // namespace undertone
