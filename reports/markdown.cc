#include <fmt/format.h>

#include "reports/lookup.h"
#include "reports/markdown.h"
#include "reports/report.h"
#include "reports/sentences.h"
#include "reports/table.h"
#include "reports/text_rows.h"

namespace undertone {
std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string table_markdown(const Table& t) {
  std::string out = fmt::format("\n## {}\n\n", markdown_text(t.title));
  if (!t.caption.empty()) out += markdown_text(t.caption) + "\n\n";
  const auto rows = text_rows(t, markdown_text);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].size() == 1 && r > 0) {  // a heading
      out += "| **" + rows[r][0] + "** |";
      for (std::size_t i = 0; i < t.columns.size(); ++i) out += " |";
    } else {
      out += "|";
      for (const std::string& text : rows[r]) out += " " + text + " |";
    }
    out += "\n";
    if (r > 0) continue;
    out += "|---|";
    for (std::size_t i = 0; i < t.columns.size(); ++i) out += "---:|";
    out += "\n";
  }
  return out;
}

std::string report_markdown(const ReportData& data) {
  const Summary summary = summarise(data);
  std::string out = fmt::format("# {}\n\n", markdown_text(data.suite));
  if (!data.description.empty()) out += markdown_text(data.description) + "\n\n";
  out += fmt::format("**{}**\n\n", markdown_text(summary.question));
  out += markdown_text(summary.compared) + "\n\n";
  for (const std::string& s : summary.sentences) out += markdown_text(s) + "\n\n";
  for (const std::string& s : summary.cautions) out += "> " + markdown_text(s) + "\n\n";
  for (const std::string& s : data.notes) out += "> " + markdown_text(s) + "\n\n";
  const Counts counts = count_items(data);
  out += fmt::format("{} questions, {} answers, {} verdicts. Run {}.\n", format_count(counts.questions),
                     format_count(data.ledger_answers), format_count(data.ledger_verdicts), data.identity);
  for (const Table& t : report_tables(data)) out += table_markdown(t);
  if (!data.judges.empty()) {
    out += "\n## Judges\n\n";
    for (const auto& [name, words] : data.judges)
      out += fmt::format("- {}: {}\n", markdown_text(name), markdown_text(words));
  }
  return out;
}

}  // namespace undertone
