// A judge's scores beside the correctness of the same answers' labels. Internal to metrics/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/answer_labels.h"
#include "metrics/evaluation_table.h"

namespace undertone::metrics {

struct JudgePairs {
  Sample sample;
  std::vector<const Item*> items;
  std::vector<double> score,
      correct;  // correct: share of the item's gold attributes that its mapped labels hit
  std::vector<std::uint32_t> cluster, question, group;  // cluster: dense; the others index Table
};

// Items of groups [first, last) in the pool that have labels. Empty where none was asked.
JudgePairs judge_pairs(const Table& table, const LabelTable& labels, std::size_t first, std::size_t last,
                       const std::string& pool, const ScoreKind& kind);

// An estimate of "POOL/all/judge:J~accuracy/NAME" with all that is known before its value; circular where the
// judge and the label mapping share a lexicon.
Estimate describe_pairs(const Table& table, const LabelTable& labels, const JudgePairs& pairs,
                        std::size_t first, std::size_t last, const std::string& pool, const ScoreKind& kind,
                        const std::string& name);

}  // namespace undertone::metrics
