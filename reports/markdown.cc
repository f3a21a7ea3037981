#include <fmt/format.h>

#include "reports/lookup.h"
#include "reports/report.h"
#include "reports/sentences.h"
#include "reports/table.h"

namespace undertone {
namespace {

// One line, with the characters that would end a table cell or start markup escaped.
std::string inline_text(std::string_view text) {
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

std::string cell_text(const Cell& c) {
  std::string out = inline_text(c.text);
  if (!c.detail.empty()) out += (out.empty() ? "" : " ") + inline_text(c.detail);
  if (!c.reason.empty() && c.text == "–") out += " (" + inline_text(c.reason) + ")";
  return out;
}

void write_table(std::string& out, const Table& t) {
  out += fmt::format("\n## {}\n\n", inline_text(t.title));
  if (!t.caption.empty()) out += inline_text(t.caption) + "\n\n";
  out += "| " + inline_text(t.corner) + " |";
  for (const std::string& c : t.columns) out += " " + inline_text(c) + " |";
  out += "\n|---|";
  for (std::size_t i = 0; i < t.columns.size(); ++i) out += "---:|";
  out += "\n";
  for (const TableGroup& g : t.groups) {
    if (!g.heading.empty()) {
      out += "| **" + inline_text(g.heading) + "** |";
      for (std::size_t i = 0; i < t.columns.size(); ++i) out += " |";
      out += "\n";
    }
    for (const TableRow& r : g.rows) {
      out += "| " + inline_text(r.name) + (r.detail.empty() ? "" : ", " + inline_text(r.detail)) + " |";
      for (const Cell& c : r.cells) out += " " + cell_text(c) + " |";
      out += "\n";
    }
  }
}

}  // namespace

std::string report_markdown(const ReportData& data) {
  const Summary summary = summarise(data);
  std::string out = fmt::format("# {}\n\n", inline_text(data.suite));
  if (!data.description.empty()) out += inline_text(data.description) + "\n\n";
  out += fmt::format("**{}**\n\n", inline_text(summary.question));
  for (const std::string& s : summary.sentences) out += inline_text(s) + "\n\n";
  for (const std::string& s : summary.cautions) out += "> " + inline_text(s) + "\n\n";
  for (const std::string& s : data.notes) out += "> " + inline_text(s) + "\n\n";
  const Counts counts = count_items(data);
  out += fmt::format("{} questions, {} answers, {} verdicts. Run {}.\n", format_count(counts.questions),
                     format_count(data.ledger_answers), format_count(data.ledger_verdicts), data.identity);
  for (const Table& t : report_tables(data)) write_table(out, t);
  if (!data.judges.empty()) {
    out += "\n## Judges\n\n";
    for (const auto& [name, words] : data.judges)
      out += fmt::format("- {}: {}\n", inline_text(name), inline_text(words));
  }
  return out;
}

}  // namespace undertone
