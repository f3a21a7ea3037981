// A table as Markdown.
#pragma once

#include <string>
#include <string_view>

#include "reports/table.h"

namespace undertone {

// One line a row, markup characters escaped.
std::string table_markdown(const Table& table);

// One line, with the characters that would end a table cell or start markup escaped.
std::string markdown_text(std::string_view text);

}  // namespace undertone
