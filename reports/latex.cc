#include "reports/latex.h"

#include <fmt/format.h>

#include <cctype>

#include "reports/table.h"

namespace undertone {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else if (c == '\\') {
      out += "\\textbackslash{}";
    } else if (c == '~') {
      out += "\\textasciitilde{}";
    } else if (c == '^') {
      out += "\\textasciicircum{}";
    } else if (text.substr(i).starts_with("–")) {
      out += "--";
      i += 2;
    } else if (text.substr(i).starts_with("−")) {
      out += "$-$";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

// Labels take letters, digits and hyphens as they stand.
std::string label(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  return name;
}

std::string cell(const Cell& c) {
  if (c.text.empty()) return "";
  const std::string interval =
      c.detail.substr(0, c.detail.find(']') == std::string::npos ? 0 : c.detail.find(']') + 1);
  std::string number = escaped(c.text);
  if (number.starts_with('-') && number != "--") number = "$-$" + number.substr(1);
  return interval.empty() ? number : fmt::format("{} {{\\scriptsize {}}}", number, escaped(interval));
}

}  // namespace

std::string table_latex(const Table& t, const std::string& name) {
  std::string out = "\\begin{table}\n\\centering\n\\caption{" + escaped(t.caption) +
                    "}\n\\label{tab:" + label(name) + "}\n";
  // More columns than a page is wide: the table is made as small as it must be.
  const bool wide = t.columns.size() > 4;
  if (wide) out += "\\resizebox{\\linewidth}{!}{%\n";
  out += "\\begin{tabular}{l" + std::string(t.columns.size(), 'r') + "}\n\\toprule\n" + escaped(t.corner);
  for (const std::string& c : t.columns) out += " & " + escaped(c);
  out += " \\\\\n";
  for (const TableGroup& g : t.groups) {
    out += "\\midrule\n";
    if (!g.heading.empty())
      out += fmt::format("\\multicolumn{{{}}}{{l}}{{\\emph{{{}}}}} \\\\\n", t.columns.size() + 1,
                         escaped(g.heading));
    for (const TableRow& r : g.rows) {
      out += escaped(r.name);
      for (const Cell& c : r.cells) out += " & " + cell(c);
      out += " \\\\\n";
    }
  }
  return out + "\\bottomrule\n\\end{tabular}" + (wide ? "}" : "") + "\n\\end{table}\n";
}

std::string report_latex(const ReportData& data) { return table_latex(main_table(data), data.suite); }

}  // namespace undertone
