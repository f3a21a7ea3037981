#include "reports/lookup.h"

#include <algorithm>
#include <set>

namespace undertone {

TagParts split_tag(std::string_view tag) {
  const std::size_t first = tag.find('/');
  if (first == std::string_view::npos) return {std::string(tag), "", ""};
  const std::size_t second = tag.find('/', first + 1);
  if (second == std::string_view::npos)
    return {std::string(tag.substr(0, first)), std::string(tag.substr(first + 1)), ""};
  return {std::string(tag.substr(0, first)), std::string(tag.substr(first + 1, second - first - 1)),
          std::string(tag.substr(second + 1))};
}

const Estimate* find_estimate(const ReportData& data, const Wanted& w) {
  for (const Estimate& e : data.estimates)
    if (e.tag == w.tag && e.system == w.system && e.test_condition == w.condition &&
        e.baseline == w.baseline && e.kind == w.kind)
      return &e;
  return nullptr;
}

std::string with_condition(std::string_view system, std::string_view condition) {
  return std::string(system) + "@" + std::string(condition);
}

std::string main_set(const ReportData& data) {
  const std::string rest = "judge:" + data.primary_judge + "/mean";
  std::string first;
  for (const Estimate& e : data.estimates) {
    const TagParts parts = split_tag(e.tag);
    if (e.kind != "value" || parts.slice != "all" || parts.rest != rest) continue;
    if (parts.set == "cpqa") return "cpqa";
    if (first.empty()) first = parts.set;
  }
  return first;
}

std::string mean_tag(const ReportData& data, std::string_view set, std::string_view slice) {
  return std::string(set) + "/" + std::string(slice) + "/judge:" + data.primary_judge + "/mean";
}

std::vector<const Estimate*> shown_differences(const ReportData& data) {
  const std::string set = main_set(data), rest = "judge:" + data.primary_judge + "/difference";
  std::vector<const Estimate*> declared, exploratory;
  for (const Estimate& e : data.estimates) {
    if (e.kind != "difference") continue;
    const TagParts p = split_tag(e.tag);
    if (!p.rest.ends_with("/difference")) continue;  // the same with another interval
    if (!e.exploratory) {
      declared.push_back(&e);
    } else if (p.set == set && p.rest == rest && (p.slice == "all" || p.slice == "binding")) {
      exploratory.push_back(&e);
    }
  }
  declared.insert(declared.end(), exploratory.begin(), exploratory.end());
  return declared;
}

std::string counted(std::int64_t n, std::string_view noun) {
  std::string words = n == 1 ? std::string(noun) : std::string(noun) + "s";
  if (n != 1 && noun == "speaker or pair of speakers") words = "speakers or pairs of speakers";
  return std::to_string(n) + " " + words;
}

std::vector<std::string> conditions_of(const ReportData& data) {
  std::vector<std::string> found;
  for (const Estimate& e : data.estimates)
    if (e.kind == "value" && !e.system.empty() &&
        std::find(found.begin(), found.end(), e.test_condition) == found.end())
      found.push_back(e.test_condition);
  const auto rank = [](const std::string& c) {
    const std::vector<std::string> order{"", "absent", "predicted", "degraded", "gold"};
    return std::find(order.begin(), order.end(), c) - order.begin();
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return found;
}

const ReportSystem* find_system(const ReportData& data, std::string_view name) {
  for (const ReportSystem& s : data.systems)
    if (s.name == name) return &s;
  return nullptr;
}

Counts count_items(const ReportData& data) {
  Counts counts;
  std::set<std::string> clips, units;
  for (const ReportItem& item : data.items) {
    ++counts.questions;
    if (!item.clip.id.empty()) clips.insert(item.clip.id);
    if (!item.clip.unit.empty()) units.insert(item.clip.unit);
    counts.answers += static_cast<std::int64_t>(item.answers.size());
    for (const ReportAnswer& a : item.answers)
      counts.verdicts += static_cast<std::int64_t>(a.verdicts.size());
  }
  counts.clips = static_cast<std::int64_t>(clips.size());
  counts.units = static_cast<std::int64_t>(units.size());
  return counts;
}

}  // namespace undertone
