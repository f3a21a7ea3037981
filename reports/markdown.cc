#include <fmt/format.h>

#include <algorithm>

#include "reports/lookup.h"
#include "reports/markdown.h"
#include "reports/report.h"
#include "reports/sentences.h"
#include "reports/table.h"

namespace undertone {
namespace {

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

}  // namespace

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

std::string table_markdown(const Table& t, TableStyle style) {
  const bool terminal = style == TableStyle::terminal;
  const auto written = [&](std::string_view text) { return terminal ? one_line(text) : markdown_text(text); };
  const auto cell_text = [&](const Cell& c) {
    std::string out = written(c.text);
    if (!c.detail.empty()) out += (out.empty() ? "" : " ") + written(c.detail);
    if (!c.reason.empty() && c.text == "–") out += " (" + written(c.reason) + ")";
    return out;
  };
  // Rows of cells; an empty row is the rule under the head, one cell alone a heading.
  std::vector<std::vector<std::string>> rows{{written(t.corner)}, {}};
  for (const std::string& c : t.columns) rows[0].push_back(written(c));
  for (const TableGroup& g : t.groups) {
    if (!g.heading.empty()) {
      rows.push_back({terminal ? written(g.heading) + ":" : "**" + written(g.heading) + "**"});
    }
    for (const TableRow& r : g.rows) {
      rows.push_back({written(r.name) + (r.detail.empty() ? "" : ", " + written(r.detail))});
      for (const Cell& c : r.cells) rows.back().push_back(cell_text(c));
    }
  }
  std::vector<std::size_t> width(t.columns.size() + 1, 3);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], width_of(row[i]));
  std::string out =
      terminal ? fmt::format("\n{}\n", written(t.title)) : fmt::format("\n## {}\n\n", written(t.title));
  if (!t.caption.empty()) out += written(t.caption) + (terminal ? "\n" : "\n\n");
  for (const auto& row : rows) {
    if (row.empty()) {
      out += terminal ? "" : "|---|";
      for (std::size_t i = 0; i < width.size(); ++i) {
        if (terminal)
          out += (i == 0 ? "" : "  ") + std::string(width[i], '-');
        else if (i > 0)
          out += "---:|";
      }
      out += "\n";
      continue;
    }
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!terminal) {
        line += (i == 0 ? "| " : " ") + row[i] + " |";
        continue;
      }
      const std::string blanks(width[i] - width_of(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + blanks : blanks + row[i]);
    }
    if (terminal)
      line.erase(line.find_last_not_of(' ') + 1);
    else if (row.size() == 1)  // a heading
      for (std::size_t i = 0; i < t.columns.size(); ++i) line += " |";
    out += line + "\n";
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
