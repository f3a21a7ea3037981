// Probes as JSON and as a table.
#include <fmt/format.h>

#include "reports/datasheet_probes.h"

namespace undertone {

Json to_json(const Measured& m) {
  Json out = Json::object({{"value", optional_json(m.value)},
                           {"low", optional_json(m.low)},
                           {"high", optional_json(m.high)},
                           {"n", m.n},
                           {"clusters", m.clusters}});
  if (!m.reason.empty()) out["reason"] = m.reason;
  return out;
}

Json to_json(const ProbeRow& r) {
  Json failures = Json::object();
  for (const auto& [kind, n] : r.failures) failures[kind] = n;
  return Json::object({{"judge", r.judge},
                       {"probe", r.probe},
                       {"changes", r.changes},
                       {"source", r.source},
                       {"a_sound_judge", r.sound},
                       {"eligible", r.eligible},
                       {"asked", r.asked},
                       {"scored", r.scored},
                       {"failures", std::move(failures)},
                       {"shift", to_json(r.shift)},
                       {"up", r.up},
                       {"down", r.down},
                       {"above_lowest", r.above_lowest ? to_json(*r.above_lowest) : Json()},
                       {"mean", optional_json(r.mean)},
                       {"says", r.says}});
}

Table probes_table(std::string id, std::string title, const std::string& how,
                   std::span<const ProbeRow> rows) {
  Table t{
      std::move(id),
      std::move(title),
      fmt::format("What moves a verdict: the answer, its question or the rubric is changed in one respect, "
                  "and the verdict compared with the one on what was not changed. {} Shift: changed less "
                  "unchanged on the judge's scale, clustered t. A verdict that failed is counted by its "
                  "kind and moves no mean.",
                  how),
      "judge and probe",
      {"scored", "clusters", "failures", "shift", "up, down", "above the lowest", "mean", "a sound judge",
       "says"},
      {}};
  for (const ProbeRow& r : rows) {
    if (t.groups.empty() || t.groups.back().heading != r.judge) t.groups.push_back({r.judge, {}});
    const std::string detail = r.source.empty() ? r.changes : fmt::format("{} ({})", r.changes, r.source);
    if (r.asked == 0) {
      std::vector<Cell> cells(t.columns.size());
      cells[7] = text_cell(r.sound);
      cells[8] = text_cell(r.says);
      t.groups.back().rows.push_back({r.probe, detail, std::move(cells)});
      continue;
    }
    t.groups.back().rows.push_back(
        {r.probe,
         detail,
         {text_cell(fmt::format("{}/{}", r.scored, r.asked)), text_cell(std::to_string(r.shift.clusters)),
          text_cell(failures_text(r.failures)), measured_cell(r.shift),
          text_cell(fmt::format("{}, {}", r.up, r.down)),
          r.above_lowest ? measured_cell(*r.above_lowest) : Cell{},
          r.mean ? text_cell(format_number(*r.mean)) : Cell{}, text_cell(r.sound), text_cell(r.says)}});
  }
  return t;
}

}  // namespace undertone
