#include "reports/datasheet.h"

#include <algorithm>
#include <set>

#include "judges/floors.h"
#include "judges/judge.h"

namespace undertone {
namespace {

struct Floor {
  const char* name;
  const char* kind;
  const char* rule;  // of trivial
  bool reference;    // reads one
};
constexpr Floor kFloors[] = {{"floor: always", "trivial", "always", false},
                             {"floor: longest", "trivial", "longest", false},
                             {"floor: random", "trivial", "random", false},
                             {"floor: overlap", "trivial", "overlap", true},
                             {"floor: exact", "exact", "", true}};

std::vector<Question> questions_of(const RatingTable& table) {
  std::vector<Question> out;
  for (const RatedItem& item : table.items) {
    Question q;
    q.id = item.id;
    q.text = item.question;
    q.reference = item.reference;
    out.push_back(std::move(q));
  }
  return out;
}

}  // namespace

std::string title_of(const Datasheet& s) {
  return s.criterion.empty() ? s.name : s.name + ", " + s.criterion;
}

std::string cluster_of(const RatedItem& item) {
  return item.cluster.empty() ? "item " + item.id : "cluster " + item.cluster;
}

void add_floors(RatingTable& table) {
  const auto answered = [](const RatedItem& i) { return !i.answer.empty(); };
  if (std::none_of(table.items.begin(), table.items.end(), answered)) return;
  const bool references = std::any_of(table.items.begin(), table.items.end(),
                                      [](const RatedItem& i) { return !i.reference.empty(); });
  const std::vector<Question> questions = questions_of(table);
  std::vector<std::vector<Verdict>> said;
  std::vector<Rater> floors;
  for (const Floor& floor : kFloors) {
    const bool there = std::any_of(table.raters.begin(), table.raters.end(),
                                   [&](const Rater& r) { return r.name == floor.name; });
    if (there || (floor.reference && !references)) continue;
    const auto judge = *floor.rule ? make_trivial_judge(Json::object({{"rule", std::string(floor.rule)}}))
                                   : make_exact_judge();
    std::vector<JudgeItem> items;
    for (std::size_t i = 0; i < table.items.size(); ++i)
      items.push_back({&questions[i], nullptr, table.items[i].answer});
    said.push_back(judge->judge(items));
    floors.push_back(
        {floor.name, RaterKind::trivial, judge->scale().low(), judge->scale().high(), false, {}});
  }
  const std::size_t before = table.raters.size(), after = before + floors.size();
  std::vector<std::vector<Verdict>> cells(table.items.size() * after);
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    for (std::size_t r = 0; r < before; ++r) cells[i * after + r] = std::move(table.at(i, r));
    for (std::size_t f = 0; f < floors.size(); ++f)
      if (answered(table.items[i])) cells[i * after + before + f].push_back(said[f][i]);
  }
  table.cells = std::move(cells);
  table.raters.insert(table.raters.end(), floors.begin(), floors.end());
}

Datasheet make_datasheet(const RatingTable& table, const DatasheetOptions& options) {
  Datasheet s;
  s.name = table.name;
  s.criterion = table.criterion;
  s.source = table.source;
  s.notes = table.notes;
  s.items = static_cast<std::int64_t>(table.items.size());
  std::set<std::string> clusters;
  for (const RatedItem& i : table.items) clusters.insert(cluster_of(i));
  s.clusters = static_cast<std::int64_t>(clusters.size());
  describe_rows(table, options, s);
  compare_raters(table, options, s);
  order_systems(table, options, s);
  add_human_evidence(table, options, s);
  return s;
}

}  // namespace undertone
