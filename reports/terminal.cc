#include "reports/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "harness/core/terminal.h"
#include "reports/text_rows.h"

namespace undertone {
namespace {

constexpr const char* kBetween = "  ";

// As it is, on one line.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return out;
}

std::size_t width_of(std::string_view text) {  // characters, not bytes
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return n;
}

// Lines of at most `columns` characters, broken between words.
std::string wrapped(const std::string& text, std::size_t columns) {
  if (columns == 0) return text + "\n";
  std::string out, line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && width_of(line) + 1 + width_of(word) > columns) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out + line + "\n";
}

// The rows' names, and the columns [begin, end).
std::string block(const std::vector<std::vector<std::string>>& rows, const std::vector<std::size_t>& width,
                  std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    std::string line = row[0];
    if (row.size() == 1 && r > 0) {
      line += ":";
    } else {
      line += std::string(width[0] - width_of(row[0]), ' ');
      for (std::size_t i = begin; i < std::min(end, row.size()); ++i)
        line += kBetween + std::string(width[i] - width_of(row[i]), ' ') + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (r > 0) continue;
    out += std::string(width[0], '-');
    for (std::size_t i = begin; i < end; ++i) out += kBetween + std::string(width[i], '-');
    out += "\n";
  }
  return out;
}

}  // namespace

std::string table_terminal(const Table& t) { return table_terminal(t, terminal_columns(STDOUT_FILENO)); }

std::string table_terminal(const Table& t, std::size_t columns) {
  const auto rows = text_rows(t, one_line);
  std::vector<std::size_t> width(t.columns.size() + 1, 3);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t i = 0; i < rows[r].size(); ++i)
      width[i] =
          std::max(width[i], width_of(rows[r][i]) + (r > 0 && rows[r].size() == 1));  // a heading's colon
  std::string out = "\n" + wrapped(one_line(t.title), columns);
  if (!t.caption.empty()) out += wrapped(one_line(t.caption), columns);
  for (std::size_t begin = 1, end = 1; end < width.size(); begin = end) {
    std::size_t wide = width[0];
    do {
      wide += width_of(kBetween) + width[end++];
    } while (end < width.size() && (columns == 0 || wide + width_of(kBetween) + width[end] <= columns));
    if (begin > 1) out += "\n";
    out += block(rows, width, begin, end);
  }
  return out;
}

}  // namespace undertone
