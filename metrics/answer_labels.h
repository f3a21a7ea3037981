// Free answers as labels: for each item and each attribute that its reference states, the gold label and the
// label that the answer was mapped to. Shared by the classification metrics, their correlation with judges,
// and the mapping report.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/text/label_mapping.h"
#include "metrics/evaluation_table.h"

namespace undertone::metrics {

constexpr std::int32_t unmapped = -1, not_answered = -2;

// Labels of one attribute: those of its lexicon, or (content slots) every gold filler of the evaluation,
// sorted. Where two gold labels of the evaluation are one in the lexicon's merged set, that set is reported
// too.
struct LabelSet {
  std::string attribute;
  bool lexicon = false;
  bool merged = false;  // "emotion_merged": labels that the lexicon joins are one; beside the strict set
  std::vector<std::string> labels;
  std::shared_ptr<const FillerTable> fillers;
  std::string name() const;  // as tags have it: the attribute, with "_merged" for the merged set
  std::int32_t index(const std::string& label) const;  // unmapped when it is none of them
  MappedLabel map(const std::string& text) const;
  std::int32_t gold_index(const std::string& gold) const;
};

struct ItemLabel {
  std::uint32_t attribute;  // index into LabelTable::sets
  std::int32_t gold;
  std::int32_t answered;  // label, unmapped or not_answered
};

struct LabelTable {
  std::vector<LabelSet> sets;
  // [group][item]: one entry per gold attribute, and one more where it has a merged set.
  std::vector<std::vector<std::vector<ItemLabel>>> of;
};
LabelTable make_labels(const Table& table, int threads);

}  // namespace undertone::metrics
