#include "metrics/judge_pairs.h"

namespace undertone::metrics {
namespace {

// An item's correctness: the share of its gold attributes that the answer's mapped labels hit; unmapped is a
// miss.
std::optional<double> correctness(const LabelTable& table, const std::vector<ItemLabel>& labels) {
  double hits = 0, all = 0;
  for (const ItemLabel& l : labels) {
    if (table.sets[l.attribute].merged) continue;  // the strict set counts
    if (l.answered == not_answered) return std::nullopt;
    hits += l.answered >= 0 && l.answered == l.gold ? 1 : 0;
    all += 1;
  }
  if (all == 0) return std::nullopt;
  return hits / all;
}

bool shares_lexicon(const Table& table, const std::string& judge, const LabelTable& labels) {
  for (const JudgeInfo& info : table.settings->judges) {
    if (info.name != judge) continue;
    for (const std::string& resource : info.resources) {
      if (resource == "lexicon") return true;
      for (const LabelSet& set : labels.sets)
        if (resource == "lexicon:" + set.attribute) return true;
    }
  }
  return false;
}

}  // namespace

JudgePairs judge_pairs(const Table& table, const LabelTable& labels, std::size_t first, std::size_t last,
                       const std::string& pool, const ScoreKind& kind) {
  JudgePairs out;
  for (std::size_t g = first; g < last; ++g)
    for (std::size_t i = 0; i < table.groups[g].items.size(); ++i) {
      const Item& item = table.groups[g].items[i];
      if (pool_of(*item.row->question) != pool || labels.of[g][i].empty() || !kind.counts(item)) continue;
      out.sample.asked(item, 0);
      const auto score = score_of(item, kind);
      const auto right = correctness(labels, labels.of[g][i]);
      if (!score || !right) continue;
      out.sample.scored(item, 0, *score);
      out.items.push_back(&item);
      out.score.push_back(*score);
      out.correct.push_back(*right);
      out.question.push_back(item.question);
      out.group.push_back(static_cast<std::uint32_t>(g));
    }
  out.sample.finish(table.groups[first]);
  out.sample.note.clear();  // seeds are pooled here
  for (const auto& o : out.sample.observations) out.cluster.push_back(o.cluster);
  return out;
}

Estimate describe_pairs(const Table& table, const LabelTable& labels, const JudgePairs& pairs,
                        std::size_t first, std::size_t last, const std::string& pool, const ScoreKind& kind,
                        const std::string& name) {
  const bool one_system = last == first + 1;
  Estimate e =
      describe(table, pairs.sample, pool + "/all/" + kind.path() + "~accuracy/" + name,
               one_system ? table.groups[first].system : "", one_system ? table.groups[first].condition : "");
  e.judge = kind.judge;
  e.unit = "1";
  e.circular = shares_lexicon(table, kind.judge, labels);
  if (e.circular) add_reason(e, "the judge and the label mapping share a lexicon");
  return e;
}

}  // namespace undertone::metrics
