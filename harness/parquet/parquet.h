// Parquet files, read and written by Apache Arrow. Arrow is large and few files are Parquet: a module of its
// own (libundertone-parquet.so, beside the programs) links it and is loaded when it is first needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace undertone {

// Takes a table row by row.
class TableSink {
 public:
  virtual ~TableSink() = default;
  virtual std::size_t column(std::string_view name) = 0;  // its index; the same name again, the same index
  virtual void begin_row(std::uint32_t number) = 0;       // from 1
  virtual void set(std::size_t column, std::string_view text) = 0;  // in the row begun last
};

// Every row of a Parquet file as texts: numbers in the fewest digits that give them back, fields of
// structures under dotted names, times as Arrow writes them. Nothing is set where the file has null; lists,
// maps and bytes are left out. Throws Error{data} with `file` for bytes that Arrow does not read, texts that
// are not UTF-8 and a column named twice; Error{io} with the mend where the module is not there.
void read_parquet(std::string_view bytes, const std::string& file, TableSink& sink);

// A column in memory; nullopt is null.
struct TableColumn {
  template <class T>
  using Cells = std::vector<std::optional<T>>;
  std::string name;
  std::variant<Cells<std::string>, Cells<double>, Cells<std::int64_t>> cells;
  std::size_t rows() const {
    return std::visit([](const auto& c) { return c.size(); }, cells);
  }
};

// The bytes of a Parquet file of these columns, all equally long (Snappy, one row group a million rows). The
// same columns give the same bytes. Throws Error{io} as above.
std::string write_parquet(const std::vector<TableColumn>& columns);

// Whether the module lies beside the programs.
bool parquet_available();

}  // namespace undertone
