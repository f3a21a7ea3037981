#include "metrics/analysis/text_table.h"

#include <fmt/format.h>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone::analysis {
namespace {

std::string ending_of(const std::string& path) {
  const auto name = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (name != std::string::npos && dot < name)) return "";
  return lower(path.substr(dot + 1));
}

void refuse_other_kinds(std::string_view bytes, const std::string& file, const std::string& ending) {
  if (bytes.starts_with("PK\x03\x04") || ending == "xlsx")
    throw Error(ErrorKind::data, "a spreadsheet or archive is not read", file,
                "save the sheet as CSV (UTF-8)");
  if (bytes.starts_with("\x1f\x8b") ||
      bytes.starts_with("\xfd"
                        "7zXZ") ||
      bytes.starts_with("\x28\xb5\x2f\xfd"))
    throw Error(ErrorKind::data, "the file is compressed", file, "unpack it first (gunzip, unxz, unzstd)");
}

}  // namespace

std::string TextTable::place(std::size_t row) const { return fmt::format("{}:{}", file, line[row]); }

std::size_t TableBuilder::column(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  const std::size_t at = table_.columns.size();
  by_name_.emplace(std::string(name), at);
  TextColumn c;
  c.name = std::string(name);
  c.row.assign(table_.rows(), 0);
  table_.columns.push_back(std::move(c));
  index_.emplace_back();
  return at;
}

void TableBuilder::begin_row(std::uint32_t line) {
  table_.line.push_back(line);
  for (TextColumn& c : table_.columns) c.row.push_back(0);
}

void TableBuilder::set(std::size_t column, std::string_view text) {
  if (text.empty()) return;
  TextColumn& c = table_.columns[column];
  const std::size_t row = c.row.size() - 1;
  // Files in long form repeat the text of the row above more often than not.
  if (row > 0 && c.row[row - 1] != 0 && c.texts[c.row[row - 1]] == text) {
    c.row[row] = c.row[row - 1];
    return;
  }
  Index& index = index_[column];
  auto found = index.find(text);
  if (found == index.end()) {
    found = index.emplace(std::string(text), static_cast<std::uint32_t>(c.texts.size())).first;
    c.texts.push_back(std::string(text));
    c.first_line.push_back(table_.line.back());
  }
  c.row[row] = found->second;
}

TextTable TableBuilder::take() { return std::move(table_); }

TextTable parse_parquet(std::string_view bytes, const std::string& file) {
  TableBuilder table(file);
  read_parquet(bytes, file, table);
  return table.take();
}

TextTable parse_table(std::string_view bytes, const std::string& file, TableFormat format) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);  // the mark that spreadsheets write
  TextTable out = format == TableFormat::csv       ? parse_csv(bytes, file)
                  : format == TableFormat::parquet ? parse_parquet(bytes, file)
                                                   : parse_json_lines(bytes, file);
  if (out.rows() == 0)
    throw Error(ErrorKind::data, "the file holds no row of scores", file,
                "give one line per score (and, in CSV, a first line that names the columns)");
  return out;
}

TextTable read_table(const std::string& path) {
  const std::string bytes = read_file(path);
  const std::string ending = ending_of(path);
  refuse_other_kinds(bytes, path, ending);
  if (bytes.starts_with("PAR1") || ending == "parquet") return parse_table(bytes, path, TableFormat::parquet);
  const bool json_name = ending == "jsonl" || ending == "ndjson" || ending == "json";
  const bool csv_name = ending == "csv" || ending == "tsv" || ending == "txt";
  const auto first = bytes.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool brace = first != std::string::npos && bytes[first] == '{';
  return parse_table(bytes, path, json_name || (!csv_name && brace) ? TableFormat::jsonl : TableFormat::csv);
}

}  // namespace undertone::analysis
