// Tables of metrics: answers as labels and as text, halves of a judge, judge against metric.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/grid.h"
#include "reports/lookup.h"
#include "reports/table.h"

namespace undertone {

std::string metric_name(std::string name) {
  constexpr std::string_view wrong = "_unmapped_wrong";
  if (name.ends_with(wrong))
    return metric_name(name.substr(0, name.size() - wrong.size())) + ", unmapped wrong";
  static const std::map<std::string, std::string> names{{"uar", "UAR"},
                                                        {"f1_macro", "macro F1"},
                                                        {"f1_weighted", "weighted F1"},
                                                        {"f1_micro", "micro F1"},
                                                        {"precision_macro", "macro precision"},
                                                        {"precision_weighted", "weighted precision"},
                                                        {"precision_micro", "micro precision"},
                                                        {"matthews", "Matthews' correlation"},
                                                        {"kappa", "Cohen's kappa"},
                                                        {"wer", "word error rate"}};
  if (const auto found = names.find(name); found != names.end()) return found->second;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::vector<Table> classification_tables(const ReportData& data) {
  // attribute -> metric -> tags per set and slice "all" only where the metric is not a judge's.
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> metrics;
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    const std::size_t slash = p.rest.find('/');
    if (e.kind != "value" || e.system.empty() || p.rest.starts_with("judge:") || slash == std::string::npos)
      continue;
    if (p.rest.starts_with("correlation")) continue;
    if (p.rest.starts_with("exact_match") || p.rest.starts_with("wer")) continue;
    // Contextual questions as a whole, direct ones by type.
    if (p.slice == "all" ? p.set != main_set(data) : !p.slice.starts_with("D")) continue;
    const std::string key = p.set + "/" + p.slice + "/" + p.rest.substr(0, slash);
    const std::string metric = p.rest.substr(slash + 1);
    if (metric.find('/') != std::string::npos) continue;  // the same with another interval
    auto& list = metrics[key];
    if (list.empty()) order.push_back(key);
    if (std::find(list.begin(), list.end(), metric) == list.end()) list.push_back(metric);
  }
  // Accuracy first, then as they came.
  const auto rank = [](const std::string& m) {
    return m == "accuracy"                  ? 0
           : m == "accuracy_unmapped_wrong" ? 1
           : m == "uar"                     ? 2
           : m == "coverage"                ? 9
                                            : 5;
  };
  for (auto& [key, list] : metrics)
    std::stable_sort(list.begin(), list.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::vector<Table> tables;
  for (const std::string& key : order) {
    const TagParts p = split_tag(key);
    Table t{"classification-" + p.set + "-" + p.slice + "-" + p.rest,
            fmt::format("Answers as labels: {}, {} ({})", p.rest,
                        p.slice == "all" ? "all questions" : p.slice, p.set),
            "Answers mapped to labels by keyword. Accuracy, UAR (unweighted average recall) and F1 are over "
            "the answers that could be mapped; "
            "coverage is their share, and 'unmapped wrong' counts the others as wrong. Intervals of recall "
            "and F1 "
            "are a bootstrap over units with the training seeds held fixed.",
            "system",
            {},
            {}};
    std::vector<std::string> tags;
    for (const std::string& m : metrics[key]) {
      tags.push_back(key + "/" + m);
      t.columns.push_back(metric_name(m));
    }
    tables.push_back(grid(data, std::move(t), tags));
  }
  return tables;
}

Table halves_table(const ReportData& data) {
  Table t{
      "halves",
      "Halves of the judge",
      "What judge '" + data.primary_judge + "' gave for what was said and for how it was said, each 0 to 5.",
      "system",
      {},
      {}};
  const std::string set = main_set(data), prefix = "judge:" + data.primary_judge + ":";
  std::vector<std::string> tags;
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    if (e.kind != "value" || p.set != set || p.slice != "all" || !p.rest.starts_with(prefix) ||
        !p.rest.ends_with("/mean"))
      continue;
    if (std::find(tags.begin(), tags.end(), e.tag) != tags.end()) continue;
    tags.push_back(e.tag);
    t.columns.push_back(p.rest.substr(prefix.size(), p.rest.find('/') - prefix.size()));
  }
  if (tags.empty()) return t;
  return grid(data, std::move(t), tags);
}

Table text_table(const ReportData& data) {
  Table t{"text",
          "Answers as text",
          "Share of answers equal to the reference, and word error rate of transcriptions.",
          "system",
          {},
          {}};
  std::vector<std::string> tags;
  for (const Estimate& e : data.estimates) {
    const TagParts p = split_tag(e.tag);
    if (e.kind != "value" || p.slice != "all" || (p.rest != "exact_match" && p.rest != "wer")) continue;
    if (std::find(tags.begin(), tags.end(), e.tag) != tags.end()) continue;
    tags.push_back(e.tag);
    t.columns.push_back(metric_name(p.rest) + " (" + p.set + ")");
  }
  if (tags.empty()) return t;
  return grid(data, std::move(t), tags);
}

// "cpqa/all/judge:rubric~accuracy/pearson": the tags of a set and judge, once each.
std::vector<std::string> correlation_tags(const ReportData& data) {
  std::vector<std::string> tags;
  for (const Estimate& e : data.estimates) {
    if (!e.tag.ends_with("/pearson") && !e.tag.ends_with("/spearman")) continue;
    if (std::find(tags.begin(), tags.end(), e.tag) == tags.end()) tags.push_back(e.tag);
  }
  return tags;
}

std::vector<Table> correlation_tables(const ReportData& data) {
  Table all{"correlation",
            "Judge against metric",
            "Correlation, over the items of all systems together, of a judge's score with the share of gold "
            "labels that the mapped answer "
            "hits. A judge and a mapping that share a lexicon are marked circular: such a number supports no "
            "claim.",
            "judge, set",
            {"Pearson", "Spearman", "items"},
            {{"", {}}}};
  Table by_system{"correlation-systems",
                  "Judge against metric, by system",
                  "The same within each system and test condition.",
                  "system",
                  {},
                  {}};
  std::vector<std::string> tags;
  for (const std::string& tag : correlation_tags(data)) {
    const TagParts p = split_tag(tag);
    const std::string judge = p.rest.substr(6, p.rest.find('~') - 6);  // after "judge:"
    if (p.set == main_set(data)) {
      tags.push_back(tag);
      by_system.columns.push_back(judge + (tag.ends_with("/pearson") ? ", Pearson" : ", Spearman"));
    }
    if (!tag.ends_with("/pearson")) continue;
    const Estimate* pearson = find_estimate(data, {tag, "", "", ""});
    const Estimate* spearman = find_estimate(data, {tag.substr(0, tag.rfind('/')) + "/spearman", "", "", ""});
    if (!pearson) continue;
    all.groups[0].rows.push_back({judge,
                                  p.set,
                                  {estimate_cell(pearson),
                                   estimate_cell(spearman),
                                   {format_count(pearson->n), "", "", std::nullopt}}});
  }
  std::vector<Table> tables{std::move(all)};
  if (!tags.empty()) tables.push_back(grid(data, std::move(by_system), tags));
  return tables;
}

}  // namespace undertone
