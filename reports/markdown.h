// A table as Markdown, in a report and on a terminal.
#pragma once

#include <string>
#include <string_view>

#include "reports/table.h"

namespace undertone {

enum class TableStyle {
  markdown,  // one line a row, markup characters escaped
  terminal,  // the same columns padded to one width, as they are read
};
std::string table_markdown(const Table& table, TableStyle style = TableStyle::markdown);

// One line, with the characters that would end a table cell or start markup escaped.
std::string markdown_text(std::string_view text);

}  // namespace undertone
