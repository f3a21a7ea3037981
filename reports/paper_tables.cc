// A comparison with a paper as the tables that every writer shows.
#include <fmt/format.h>

#include <algorithm>

#include "reports/latex.h"
#include "reports/paper_comparison.h"

namespace undertone {
namespace {

Cell number_cell(std::optional<double> value, std::optional<double> low, std::optional<double> high,
                 int decimals, bool sign = false) {
  if (!value) return text_cell("–");
  const std::string number = format_number(*value, decimals);
  return {sign && *value > 0 ? "+" + number : number, format_interval(low, high, decimals), "", {}};
}

int decimals_of(const std::string& unit) { return unit == "1" ? 3 : 2; }

// What was found of the values, each reason once with the values that it is about.
std::string cell_reasons(const PaperComparison& p) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const PaperCellFound& c : p.cells) {
    const std::string why = c.judged.needs.empty() ? c.judged.why : c.judged.why + "; " + c.judged.needs;
    auto at = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == why; });
    if (at == reasons.end()) at = reasons.insert(at, {why, {}});
    at->second.push_back(c.name);
  }
  std::string out;
  for (const auto& [why, names] : reasons)
    out += fmt::format(
        " {}: {}.", names.size() == p.cells.size() ? "All" : fmt::format("{}", fmt::join(names, ", ")), why);
  return out;
}

Table cell_table(const PaperComparison& p) {
  Table t{"cells", "Values", "", "value", {"printed", "ours", "scale", "difference", "verdict"}, {}};
  t.caption =
      fmt::format("Differences in printed units, intervals at {:g} %.{}", 100 * p.level, cell_reasons(p));
  TableGroup rows;
  for (const PaperCellFound& c : p.cells) {
    TableRow row{c.name, "", {}};
    row.cells.push_back(text_cell(c.printed));
    row.cells.push_back(number_cell(c.value, c.low, c.high, decimals_of(c.scale)));
    row.cells.push_back(text_cell(c.value ? c.scale : "–"));
    row.cells.push_back(number_cell(c.difference, c.judged.low, c.judged.high, 2, true));
    row.cells.push_back(text_cell(paper::to_string(c.judged.verdict)));
    rows.rows.push_back(std::move(row));
  }
  t.groups.push_back(std::move(rows));
  return t;
}

Table claim_table(const PaperComparison& p) {
  Table t{"claims", "Claims", "", "claim", {"printed", "tested as", "p after Holm", "verdict", "why"}, {}};
  TableGroup rows;
  for (const PaperClaimFound& c : p.claims) {
    TableRow row{c.name, "", {}};
    row.cells.push_back(text_cell(c.printed.empty() ? "–" : c.printed + " %"));
    row.cells.push_back(text_cell(c.scope.empty() ? "–" : c.scope));
    row.cells.push_back(text_cell(c.p_adjusted ? fmt::format("{:.3g}", *c.p_adjusted) : "–"));
    row.cells.push_back(text_cell(paper::to_string(c.verdict)));
    row.cells.push_back(text_cell(c.needs.empty() ? c.why : c.why + "; " + c.needs));
    rows.rows.push_back(std::move(row));
  }
  t.groups.push_back(std::move(rows));
  return t;
}

Table evidence_table(const PaperComparison& p) {
  Table t{"evidence", "What the claims rest on", "", "contrast", {"as", "found", "p", "verdict", "why"}, {}};
  t.caption = fmt::format("Intervals at {:g} %, for new speakers and new seeds where there are several.",
                          100 * p.level);
  for (const PaperClaimFound& c : p.claims) {
    if (c.evidence.empty()) continue;
    TableGroup group{fmt::format("{}: {}", c.name, c.says), {}};
    for (const PaperEvidence& e : c.evidence) {
      TableRow row{e.what, "", {}};
      row.cells.push_back(text_cell(e.role));
      Cell found = number_cell(e.value, e.low, e.high, decimals_of(e.unit), true);
      if (e.value && e.unit == "%") found.text += " %";
      row.cells.push_back(std::move(found));
      row.cells.push_back(text_cell(e.judged.p_value ? fmt::format("{:.3g}", *e.judged.p_value) : "–"));
      row.cells.push_back(text_cell(paper::to_string(e.judged.verdict)));
      std::string why = e.judged.why;
      if (!e.judged.needs.empty()) why += "; " + e.judged.needs;
      if (!e.paired) why += " (unpaired: from two means of this run)";
      row.cells.push_back(text_cell(std::move(why)));
      group.rows.push_back(std::move(row));
    }
    t.groups.push_back(std::move(group));
  }
  return t;
}

// Systems by question type as the paper has them: its value, then ours.
Table layout_table(const PaperComparison& p) {
  Table t{"layout", "The paper's table", "", "system", {}, {}};
  std::vector<std::string> types;
  const auto cell = [&](const std::string& system, const std::string& type) -> const PaperCellFound* {
    for (const PaperCellFound& c : p.cells)
      if (c.system == system && c.set + " " + c.type == type) return &c;
    return nullptr;
  };
  bool several_sets = false;
  for (const PaperCellFound& c : p.cells) several_sets |= c.set != p.cells.front().set;
  for (const PaperCellFound& c : p.cells) {
    const std::string type = c.set + " " + c.type;
    if (std::find(types.begin(), types.end(), type) != types.end()) continue;
    types.push_back(type);
    const std::string head = several_sets ? type : c.type;
    t.columns.push_back(head);
    t.columns.push_back("ours");
  }
  std::string scales;
  for (const PaperCellFound& c : p.cells)
    if (c.value && scales.find(c.scale) == std::string::npos)
      scales += (scales.empty() ? "" : ", ") + c.scale;
  t.caption = fmt::format("{} ({}) beside this run ({}{}). {}", p.title, p.paper, p.suite,
                          scales.empty() ? "" : ", scale " + scales, p.comparability);
  TableGroup rows;
  for (const std::string& s : p.systems) {
    TableRow row{s, "", {}};
    for (const std::string& type : types) {
      const PaperCellFound* c = cell(s, type);
      row.cells.push_back(text_cell(c ? c->printed : ""));
      row.cells.push_back(c ? number_cell(c->value, c->low, c->high, decimals_of(c->scale)) : text_cell(""));
    }
    rows.rows.push_back(std::move(row));
  }
  t.groups.push_back(std::move(rows));
  return t;
}

}  // namespace

bool PaperComparison::gate_fails() const {
  return std::any_of(claims.begin(), claims.end(),
                     [](const PaperClaimFound& c) { return c.verdict == paper::Verdict::not_reproduced; });
}

Table paper_cell_table(const PaperComparison& p) { return cell_table(p); }

std::vector<Table> paper_tables(const PaperComparison& p) {
  std::vector<Table> out{claim_table(p), cell_table(p), evidence_table(p)};
  std::erase_if(out, [](const Table& t) { return t.empty(); });
  return out;
}

std::string paper_sentence(const PaperComparison& p) {
  std::string out;
  for (const paper::Verdict v :
       {paper::Verdict::reproduced, paper::Verdict::consistent, paper::Verdict::not_reproduced,
        paper::Verdict::cannot_tell, paper::Verdict::not_comparable}) {
    const auto n =
        std::count_if(p.claims.begin(), p.claims.end(), [&](const auto& c) { return c.verdict == v; });
    if (n > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, paper::to_string(v));
  }
  return fmt::format("{} claims: {}.", p.claims.size(), out);
}

std::string paper_latex(const PaperComparison& p) {
  return table_latex(layout_table(p), p.paper + "-" + p.suite);
}

}  // namespace undertone
