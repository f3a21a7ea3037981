#include "reports/confusion.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/text/label_mapping.h"

namespace undertone {
namespace {

using Counts =
    std::map<std::string, std::map<std::string, std::int64_t>>;  // gold -> answered ("" unmapped) -> n

Json confusion_json(const Counts& counts, const std::vector<std::string>& labels) {
  Json names = Json::array(), rows = Json::array();
  std::int64_t total = 0, mapped = 0;
  for (const std::string& gold : labels) {
    names.push_back(gold);
    Json row = Json::array();
    std::vector<std::string> columns = labels;
    columns.emplace_back();
    for (const std::string& answered : columns) {
      std::int64_t n = 0;
      if (const auto g = counts.find(gold); g != counts.end())
        if (const auto a = g->second.find(answered); a != g->second.end()) n = a->second;
      row.push_back(n);
      total += n;
      mapped += answered.empty() ? 0 : n;
    }
    rows.push_back(std::move(row));
  }
  Json out = Json::object();
  out["labels"] = std::move(names);
  out["confusion"] = std::move(rows);
  out["answers"] = total;
  out["coverage"] = total ? Json(static_cast<double>(mapped) / static_cast<double>(total)) : Json();
  return out;
}

}  // namespace

Json label_mapping_of(const ReportData& data) {
  if (!data.mapping.is_null()) return data.mapping;
  Json out = Json::object();
  for (const std::string attribute : {"emotion", "gender", "speakers"}) {
    std::vector<std::string> order;
    std::map<std::string, Counts> groups;
    std::set<std::string> golds, used;
    for (const ReportItem& item : data.items) {
      const auto gold = item.question.gold.find(attribute);
      if (gold == item.question.gold.end()) continue;
      const std::string label = map_label(attribute, gold->second).label.value_or(gold->second);
      for (const ReportAnswer& a : item.answers) {
        if (a.answer.status != AnswerStatus::answered) continue;
        const std::string name = a.system + (a.condition.empty() ? "" : ", " + a.condition);
        if (!groups.contains(name)) order.push_back(name);
        const std::string answered = map_label(attribute, a.answer.text).label.value_or("");
        ++groups[name][label][answered];
        golds.insert(label);
        used.insert(label);
        if (!answered.empty()) used.insert(answered);
      }
    }
    if (golds.size() < 2) continue;
    std::vector<std::string> labels;
    for (const std::string& l : labels_of(attribute))
      if (used.erase(l)) labels.push_back(l);
    labels.insert(labels.end(), used.begin(), used.end());  // gold labels that the lexicon does not know
    Json systems = Json::object();
    for (const std::string& name : order) systems[name] = confusion_json(groups[name], labels);
    out[attribute] = std::move(systems);
  }
  return out;
}

}  // namespace undertone
