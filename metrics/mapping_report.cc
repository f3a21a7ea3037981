#include "metrics/mapping_report.h"

#include <map>

#include "metrics/answer_labels.h"

namespace undertone {
namespace {

struct Counts {
  std::vector<std::vector<std::int64_t>> confusion;  // [gold][answered], last column unmapped
  std::int64_t asked = 0, answered = 0, mapped = 0;
  std::map<std::string, std::int64_t> rules;
};

Json to_json(const metrics::LabelSet& set, const Counts& c) {
  Json out = Json::object();
  Json labels = Json::array(), confusion = Json::array(), rules = Json::object();
  for (const std::string& l : set.labels) labels.push_back(l);
  for (const auto& row : c.confusion) {
    Json one = Json::array();
    for (std::int64_t n : row) one.push_back(n);
    confusion.push_back(std::move(one));
  }
  for (const auto& [rule, n] : c.rules) rules[rule] = n;
  out["labels"] = std::move(labels);
  out["confusion"] = std::move(confusion);
  out["asked"] = c.asked;
  out["answers"] = c.answered;
  out["coverage"] =
      c.answered ? Json(static_cast<double>(c.mapped) / static_cast<double>(c.answered)) : Json();
  out["rules"] = std::move(rules);
  return out;
}

}  // namespace

Json mapping_report(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings) {
  const metrics::Table table = metrics::make_table(rows, settings);
  const metrics::LabelTable labels = metrics::make_labels(table, settings.threads);
  Json out = Json::object();
  for (std::size_t g = 0; g < table.groups.size(); ++g) {
    const metrics::Group& group = table.groups[g];
    std::map<std::pair<std::string, std::uint32_t>, Counts> by;
    for (std::size_t i = 0; i < group.items.size(); ++i) {
      const EvaluationRow& row = *group.items[i].row;
      for (const metrics::ItemLabel& l : labels.of[g][i]) {
        const metrics::LabelSet& set = labels.sets[l.attribute];
        Counts& c = by[{metrics::pool_of(*row.question), l.attribute}];
        if (c.confusion.empty())
          c.confusion.assign(set.labels.size(), std::vector<std::int64_t>(set.labels.size() + 1, 0));
        ++c.asked;
        if (l.answered == metrics::not_answered) continue;
        ++c.answered;
        const std::size_t column = l.answered >= 0 ? static_cast<std::size_t>(l.answered) : set.labels.size();
        if (l.answered >= 0) ++c.mapped;
        ++c.confusion[static_cast<std::size_t>(l.gold)][column];
        const std::string rule = set.map(row.answer.text).rule;
        ++c.rules[rule.substr(0, rule.find(':'))];
      }
    }
    const std::string name = group.system + (group.condition.empty() ? "" : ", " + group.condition);
    for (const auto& [key, counts] : by) {
      const metrics::LabelSet& set = labels.sets[key.second];
      if (is_paralinguistic(set.attribute)) out[key.first + " " + set.name()][name] = to_json(set, counts);
    }
  }
  return out;
}

}  // namespace undertone
