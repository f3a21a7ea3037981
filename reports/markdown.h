// A table as Markdown, in a report and on a terminal.
#pragma once

#include <string>

#include "reports/table.h"

namespace undertone {

enum class TableStyle {
  markdown,  // one line a row, markup characters escaped
  terminal,  // the same columns padded to one width, as they are read
};
std::string table_markdown(const Table& table, TableStyle style = TableStyle::markdown);

}  // namespace undertone
