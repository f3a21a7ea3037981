// CSV by libcsv, fed line by line so that every message can name its line.
#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>

#include "harness/core/error.h"
#include "metrics/analysis/text_table.h"

namespace undertone::analysis {
namespace {

// Number of bytes of the well-formed UTF-8 that `bytes` begins with (RFC 3629).
std::size_t well_formed(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < bytes.size() && at(i) >= low && at(i) <= high;
  };
  std::size_t i = 0;
  while (i < bytes.size()) {
    const unsigned c = at(i);
    if (c < 0x80)
      i += 1;
    else if (c >= 0xc2 && c <= 0xdf && follows(i + 1))
      i += 2;
    else if (c >= 0xe0 && c <= 0xef && follows(i + 1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) &&
             follows(i + 2))
      i += 3;
    else if (c >= 0xf0 && c <= 0xf4 && follows(i + 1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) &&
             follows(i + 2) && follows(i + 3))
      i += 4;
    else
      break;
  }
  return i;
}

// What the header's separator is: the commonest of three outside quotes, a comma where there is none.
char separator_of(std::string_view header) {
  const char candidates[] = {',', ';', '\t'};
  std::size_t count[3] = {0, 0, 0};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    for (int i = 0; i < 3 && !quoted; ++i) count[i] += c == candidates[i];
  }
  return candidates[std::max_element(count, count + 3) - count];
}

// The library calls back through C frames, so nothing is thrown in here: the first problem is kept.
struct Reading {
  const std::string& file;
  TableBuilder table;
  std::vector<std::string> header;
  bool in_header = true, in_row = false, between = true;  // between: the row before has ended
  std::uint32_t line = 1, row_line = 1;
  std::size_t fields = 0;
  std::optional<Error> problem;

  explicit Reading(const std::string& name) : file(name), table(name) {}

  void field(std::string_view text) {
    if (problem) return;
    if (!in_row) {
      in_row = true;
      fields = 0;
      if (!in_header) table.begin_row(row_line);
    }
    if (in_header)
      header.emplace_back(text);
    else if (fields < header.size())
      table.set(fields, text);
    ++fields;
  }
  void end_row() {
    if (problem || !in_row) return;
    in_row = false;
    between = true;
    if (in_header) {
      in_header = false;
      name_columns();
    } else if (fields != header.size()) {
      problem.emplace(
          ErrorKind::data,
          fmt::format("the row has {} field{}, the header names {} columns", fields, fields == 1 ? "" : "s",
                      header.size()),
          fmt::format("{}:{}", file, row_line),
          "give every row as many fields as the header, and put texts that hold the separator or a "
          "line break in double quotes");
    }
  }
  void name_columns() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < header.size(); ++i) {
      // A column without a name is what pandas writes for its index.
      if (header[i].empty()) header[i] = fmt::format("column {}", i + 1);
      if (!seen.insert(header[i]).second) {
        problem.emplace(ErrorKind::data, fmt::format("the header names the column '{}' twice", header[i]),
                        fmt::format("{}:{}", file, row_line), "give each column a name of its own");
        return;
      }
      table.column(header[i]);
    }
  }
};

extern "C" {
static void on_field(void* text, size_t size, void* reading) {
  static_cast<Reading*>(reading)->field({static_cast<const char*>(text), size});
}
static void on_row(int, void* reading) { static_cast<Reading*>(reading)->end_row(); }
}

}  // namespace

TextTable parse_csv(std::string_view bytes, const std::string& file) {
  Reading reading(file);
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
    throw Error(ErrorKind::internal, "the CSV reader could not be started", file);
  const std::unique_ptr<csv_parser, decltype(&csv_free)> freed(&parser, csv_free);
  csv_set_delim(&parser, static_cast<unsigned char>(separator_of(bytes.substr(0, bytes.find('\n')))));
  const auto broken = [&] {
    return Error(ErrorKind::data, "a double quote stands where none may, or is never closed",
                 fmt::format("{}:{}", file, reading.row_line),
                 "write a quote within a quoted text twice (\"\"), and close every quoted text");
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    const std::string_view line = bytes.substr(at, end - at);
    if (well_formed(line) != line.size())
      throw Error(ErrorKind::data, "the text is not UTF-8", fmt::format("{}:{}", file, reading.line),
                  "save the file as UTF-8 (iconv -f LATIN1 -t UTF-8)");
    if (reading.between && line.find_first_not_of("\r\n") != std::string_view::npos) {
      reading.row_line = reading.line;
      reading.between = false;
    }
    if (csv_parse(&parser, line.data(), line.size(), on_field, on_row, &reading) != line.size())
      throw broken();
    if (reading.problem) throw *reading.problem;
    at = end;
    if (reading.line == std::numeric_limits<std::uint32_t>::max())
      throw Error(ErrorKind::data, "the file has more than 4,294,967,295 lines", file, "analyse it in parts");
    ++reading.line;
  }
  if (csv_fini(&parser, on_field, on_row, &reading) != 0) throw broken();
  if (reading.problem) throw *reading.problem;
  return reading.table.take();
}

}  // namespace undertone::analysis
