// What the usual error bars would hide: intervals that respect units and seeds beside those of independent
// answers.
#include <fmt/format.h>

#include "reports/grid.h"
#include "reports/lookup.h"
#include "reports/table.h"

namespace undertone {
namespace {

bool leaves_zero_out(const Estimate& e) { return *e.low > 0 || *e.high < 0; }

// A row where both intervals are known.
std::optional<TableRow> row(const ReportData& data, const Estimate& real, std::string name) {
  const Estimate* naive = find_estimate(
      data, {real.tag + "/if_independent", real.system, real.test_condition, real.baseline, real.kind});
  if (!naive || !naive->low || !naive->high || !real.low || !real.high || !(*naive->high > *naive->low))
    return std::nullopt;
  const auto shown = [](const Estimate& e) {
    Cell cell = estimate_cell(&e);
    cell.detail = format_interval(e);
    cell.share = std::nullopt;
    return cell;
  };
  TableRow out{std::move(name), "", {shown(real), shown(*naive)}};
  out.cells.push_back(text_cell(format_number((*real.high - *real.low) / (*naive->high - *naive->low), 1)));
  std::string says;
  if (real.kind == "difference")
    says = leaves_zero_out(real) == leaves_zero_out(*naive) ? "the same"
           : leaves_zero_out(*naive)                        ? "only the naive one leaves zero out"
                                                            : "only ours leaves zero out";
  out.cells.push_back(text_cell(std::move(says)));
  return out;
}

}  // namespace

Table independence_table(const ReportData& data) {
  const std::string tag = mean_tag(data, main_set(data), "all");
  Table t{"independence",
          "If answers were independent",
          "Beside each interval the one that it would be if every answer under every seed were an "
          "independent draw, as "
          "most harnesses take them to be. Questions share clips and speakers, and answers share a training "
          "seed: the "
          "naive interval claims what was not measured. Nothing else on this page rests on it.",
          "estimate",
          {"interval", "if independent", "times as wide", "reading"},
          {}};
  TableGroup differences{"declared differences", {}}, means{"means", {}};
  for (const Estimate* e : shown_differences(data))
    if (!e->exploratory)
      if (auto found = row(data, *e, difference_name(*e))) differences.rows.push_back(std::move(*found));
  for (const bool control : {false, true})
    for (const ReportSystem* s : systems_of(data, control))
      for (const std::string& c : conditions_of(data))
        if (const Estimate* e = find_estimate(data, {tag, s->name, c, ""}))
          if (auto found = row(data, *e, c.empty() ? s->name : fmt::format("{} ({})", s->name, c)))
            means.rows.push_back(std::move(*found));
  for (TableGroup* g : {&differences, &means})
    if (!g->rows.empty()) t.groups.push_back(std::move(*g));
  return t;
}

}  // namespace undertone
