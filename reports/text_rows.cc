#include "reports/text_rows.h"

namespace undertone {
namespace {

std::string cell_text(const Cell& c, std::string (*written)(std::string_view)) {
  std::string out = written(c.text);
  if (!c.detail.empty()) out += (out.empty() ? "" : " ") + written(c.detail);
  if (!c.reason.empty() && c.text == "–") out += " (" + written(c.reason) + ")";
  return out;
}

}  // namespace

std::vector<std::vector<std::string>> text_rows(const Table& t, std::string (*written)(std::string_view)) {
  std::vector<std::vector<std::string>> rows{{written(t.corner)}};
  for (const std::string& c : t.columns) rows[0].push_back(written(c));
  for (const TableGroup& g : t.groups) {
    if (!g.heading.empty()) rows.push_back({written(g.heading)});
    for (const TableRow& r : g.rows) {
      rows.push_back({written(r.name) + (r.detail.empty() ? "" : ", " + written(r.detail))});
      for (const Cell& c : r.cells) rows.back().push_back(cell_text(c, written));
    }
  }
  return rows;
}

}  // namespace undertone
