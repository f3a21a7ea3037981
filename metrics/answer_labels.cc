#include "metrics/answer_labels.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "metrics/statistics/parallel.h"

namespace undertone::metrics {
namespace {

// A gold label in the lexicon's terms ("angry" for a corpus's "anger"); as it stands where the lexicon knows
// it not.
std::string canonical(const std::string& attribute, const std::string& gold) {
  return map_label(attribute, gold).label.value_or(gold);
}

std::vector<LabelSet> label_sets(const Table& table) {
  std::map<std::string, std::set<std::string>> gold;
  for (const Question* q : table.questions)
    for (const auto& [attribute, label] : q->gold) gold[attribute].insert(label);
  std::vector<LabelSet> out;
  for (const auto& [attribute, labels] : gold) {
    LabelSet set{attribute, false, false, labels_of(attribute), nullptr};
    set.lexicon = !set.labels.empty();
    if (set.lexicon) {
      for (const std::string& label :
           labels) {  // a gold label outside the lexicon can be missed but never hit
        const std::string name = canonical(attribute, label);
        if (set.index(name) == unmapped) set.labels.push_back(name);
      }
    } else {
      set.labels.assign(labels.begin(), labels.end());
      set.fillers = std::make_shared<const FillerTable>(set.labels);
    }
    const std::vector<std::string> joined = merged_labels_of(attribute);
    std::set<std::string> strict, merged;
    for (const std::string& label : labels) {
      const std::string name = canonical(attribute, label);
      strict.insert(name);
      merged.insert(merged_label(attribute, name));
    }
    if (!joined.empty() && merged.size() < strict.size()) {
      LabelSet beside{attribute, true, true, joined, nullptr};
      for (const std::string& name : merged)
        if (beside.index(name) == unmapped) beside.labels.push_back(name);
      out.push_back(std::move(beside));
    }
    out.push_back(std::move(set));
  }
  return out;
}

}  // namespace

std::int32_t LabelSet::index(const std::string& label) const {
  const auto found = std::find(labels.begin(), labels.end(), label);
  return found == labels.end() ? unmapped : static_cast<std::int32_t>(found - labels.begin());
}

std::string LabelSet::name() const { return attribute + (merged ? "_merged" : ""); }

MappedLabel LabelSet::map(const std::string& text) const {
  if (!lexicon) return fillers->map(text);
  MappedLabel strict = map_label(attribute, text);
  return merged ? undertone::merged(attribute, std::move(strict)) : strict;
}

std::int32_t LabelSet::gold_index(const std::string& gold) const {
  if (!lexicon) return index(gold);
  const std::string label = canonical(attribute, gold);
  return index(merged ? merged_label(attribute, label) : label);
}

LabelTable make_labels(const Table& table, int threads) {
  LabelTable out;
  out.sets = label_sets(table);
  std::map<std::string, std::vector<std::uint32_t>> by_name;
  for (std::uint32_t i = 0; i < out.sets.size(); ++i) by_name[out.sets[i].attribute].push_back(i);
  out.of.resize(table.groups.size());
  statistics::parallel_for(table.groups.size(), threads, [&](std::size_t g) {
    // Answers repeat a lot: each distinct text is read once per label set.
    std::vector<std::unordered_map<std::string, std::int32_t>> seen(out.sets.size());
    for (const Item& item : table.groups[g].items) {
      auto& labels = out.of[g].emplace_back();
      for (const auto& [attribute, gold] : item.row->question->gold)
        for (const std::uint32_t a : by_name.at(attribute)) {
          const LabelSet& set = out.sets[a];
          ItemLabel label{a, set.gold_index(gold), not_answered};
          if (item.answered()) {
            const auto [entry, fresh] = seen[a].try_emplace(item.row->answer.text, unmapped);
            if (fresh) {
              const MappedLabel m = set.map(item.row->answer.text);
              if (m.label) entry->second = set.index(*m.label);
            }
            label.answered = entry->second;
          }
          labels.push_back(label);
        }
    }
  });
  return out;
}

}  // namespace undertone::metrics
