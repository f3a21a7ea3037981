// JSON Lines: one object a line; members of inner objects get dotted names, arrays are left out, and null is
// nothing there.
#include <fmt/format.h>

#include <limits>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "metrics/analysis/text_table.h"

namespace undertone::analysis {
namespace {

void add_members(TableBuilder& table, const Json& object, const std::string& prefix, int depth) {
  for (const auto& [key, value] : object.members()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) {
      if (depth < 8) add_members(table, value, name, depth + 1);
      continue;
    }
    if (value.is_array() || value.is_null()) continue;
    table.set(table.column(name), value.is_string() ? value.as_string() : value.dump());
  }
}

}  // namespace

TextTable parse_json_lines(std::string_view bytes, const std::string& file) {
  TableBuilder table(file);
  std::uint32_t line = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view text = bytes.substr(at, end - at);
    at = end + 1;
    if (line == std::numeric_limits<std::uint32_t>::max())
      throw Error(ErrorKind::data, "the file has more than 4,294,967,295 lines", file, "analyse it in parts");
    ++line;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Json value;
    try {
      value = parse_json(text, file);
    } catch (const Error& e) {
      // The line is told here: the parser saw one line only.
      throw Error(ErrorKind::data, "the line is no JSON: " + e.what_happened(),
                  fmt::format("{}:{}", file, line),
                  e.mend().empty() ? "write one JSON object a line" : e.mend());
    }
    if (!value.is_object())
      throw Error(ErrorKind::data, fmt::format("the line holds {}, not an object", value.type_name()),
                  fmt::format("{}:{}", file, line),
                  "write one JSON object a line, e.g. {\"system\": \"A\", \"item\": \"q1\", \"score\": 4}");
    table.begin_row(line);
    add_members(table, value, "", 0);
  }
  return table.take();
}

}  // namespace undertone::analysis
