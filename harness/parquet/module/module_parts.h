// The two halves of the module; module.h says what they return.
#pragma once

#include "harness/parquet/module.h"

namespace undertone::parquet_module {

std::string read(std::string_view bytes, TableSink& sink);
std::string write(const std::vector<TableColumn>& columns, std::string& bytes);

}  // namespace undertone::parquet_module
