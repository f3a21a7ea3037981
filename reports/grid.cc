#include "reports/grid.h"

#include <algorithm>

#include "reports/lookup.h"

namespace undertone {

std::vector<const ReportSystem*> systems_of(const ReportData& data, bool control) {
  std::vector<const ReportSystem*> list;
  for (const ReportSystem& s : data.systems)
    if (s.control == control) list.push_back(&s);
  return list;
}

bool any_cell(const std::vector<Cell>& cells) {
  return std::any_of(cells.begin(), cells.end(), [](const Cell& c) { return !c.text.empty(); });
}

Table grid(const ReportData& data, Table table, const std::vector<std::string>& tags) {
  const std::vector<std::string> conditions = conditions_of(data);
  for (const bool control : {false, true}) {
    TableGroup group{control ? "controls" : "", {}};
    for (const ReportSystem* s : systems_of(data, control))
      for (const std::string& condition : conditions) {
        TableRow row{s->name, condition, {}};
        for (const std::string& tag : tags)
          row.cells.push_back(estimate_cell(find_estimate(data, {tag, s->name, condition, ""})));
        if (any_cell(row.cells)) group.rows.push_back(std::move(row));
      }
    if (!group.rows.empty()) table.groups.push_back(std::move(group));
  }
  return table;
}

}  // namespace undertone
