// A table's cells as texts, for writers of lines. Internal to reports/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/table.h"

namespace undertone {

// Row by row, each with its name first: the head, then every group's rows; a row of one text is the group's
// heading. `written` makes a text fit for its place.
std::vector<std::vector<std::string>> text_rows(const Table& table, std::string (*written)(std::string_view));

}  // namespace undertone
