// What passes between the programs and the module that links Arrow. Both are built from the same tree; no
// exception crosses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/parquet/parquet.h"

namespace undertone {

struct ParquetModule {
  // Each returns what went wrong, or "".
  std::string (*read)(std::string_view bytes, TableSink& sink);
  std::string (*write)(const std::vector<TableColumn>& columns, std::string& bytes);
};

}  // namespace undertone

// The module's one symbol.
extern "C" const undertone::ParquetModule* undertone_parquet_module();
