// A table of texts as a file gives it: CSV (comma, semicolon or tab), JSON Lines or Parquet. What the columns
// mean is said by columns.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/parquet/parquet.h"

namespace undertone::analysis {

// Every distinct text is kept once. Index 0 is the empty text: nothing stands there.
struct TextColumn {
  std::string name;
  std::vector<std::string> texts{""};
  std::vector<std::uint32_t> first_line{0};  // of the file, where each distinct text stands first
  std::vector<std::uint32_t> row;            // per row, an index into `texts`
};

struct TextTable {
  std::string file;  // as named by the user, for messages
  std::vector<TextColumn> columns;
  // Per row, the line of the file where it begins; of a Parquet file the number of the row, from 1.
  std::vector<std::uint32_t> line;
  std::size_t rows() const { return line.size(); }
  std::string place(std::size_t row) const;  // "scores.csv:17"
};

enum class TableFormat { csv, jsonl, parquet };

// By its ending (.csv, .tsv, .txt; .jsonl, .ndjson, .json; .parquet), else by its first bytes. Throws
// Error{data} with file, line and mend: a file that cannot be read or is empty, a broken line, a row with
// more or fewer fields than the header, a header that names a column twice, text that is not UTF-8, a kind of
// file that is not read here (spreadsheets, archives; the mend says how to convert it); Error{io} for Parquet
// where Arrow is not set up.
TextTable read_table(const std::string& path);
TextTable parse_table(std::string_view bytes, const std::string& file, TableFormat format);

// Gathers rows; used by the readers.
class TableBuilder final : public TableSink {
 public:
  explicit TableBuilder(std::string file) { table_.file = std::move(file); }
  std::size_t column(std::string_view name) override;  // a new column is empty in the rows so far
  void begin_row(std::uint32_t line) override;
  void set(std::size_t column, std::string_view text) override;
  std::size_t columns() const { return table_.columns.size(); }
  TextTable take();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  using Index = std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>;
  TextTable table_;
  std::vector<Index> index_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_name_;
};

// The readers behind parse_table, one format each.
TextTable parse_csv(std::string_view bytes, const std::string& file);
TextTable parse_json_lines(std::string_view bytes, const std::string& file);

}  // namespace undertone::analysis
