// A table on a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "reports/table.h"

namespace undertone {

// The columns padded to one width, as they are read. A table that is wider than `columns` characters (0: any
// width will do) is cut into blocks that fit, each with the rows' names; one column alone may still be too
// wide.
std::string table_terminal(const Table& table, std::size_t columns);
std::string table_terminal(const Table& table);  // for standard output

}  // namespace undertone
