// How a judge's scores go with the correctness of the mapped labels, item by item.
#include <map>

#include "metrics/answer_labels.h"
#include "metrics/correlation.h"

namespace undertone::metrics {
namespace {

struct Pairs {
  std::vector<double> score, correct;
  std::vector<std::uint32_t> cluster;
};

// An item's correctness: the share of its gold attributes that the answer's mapped labels hit; unmapped is a
// miss.
std::optional<double> correctness(const std::vector<ItemLabel>& labels) {
  if (labels.empty()) return std::nullopt;
  double hits = 0;
  for (const ItemLabel& l : labels) {
    if (l.answered == not_answered) return std::nullopt;
    hits += l.answered >= 0 && l.answered == l.gold ? 1 : 0;
  }
  return hits / static_cast<double>(labels.size());
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

std::vector<Estimate> correlations(const Table& table, const LabelTable& labels, std::size_t first,
                                   std::size_t last, const std::string& pool, const ScoreKind& kind,
                                   statistics::DrawCache& draws) {
  Sample sample;
  Pairs pairs;
  for (std::size_t g = first; g < last; ++g)
    for (std::size_t i = 0; i < table.groups[g].items.size(); ++i) {
      const Item& item = table.groups[g].items[i];
      if (pool_of(*item.row->question) != pool || labels.of[g][i].empty()) continue;
      sample.asked(item, 0);
      const auto score = score_of(item, kind);
      const auto right = correctness(labels.of[g][i]);
      if (!score || !right) continue;
      sample.scored(item, 0, *score);
      pairs.score.push_back(*score);
      pairs.correct.push_back(*right);
    }
  sample.finish(table.groups[first]);
  sample.note.clear();  // seeds are pooled here
  if (sample.asked_count == 0) return {};
  for (const auto& o : sample.observations) pairs.cluster.push_back(o.cluster);
  const std::size_t units = sample.units.size();
  const bool one_system = last == first + 1;
  std::vector<Estimate> out;
  for (const bool ranks : {false, true}) {
    Estimate e = describe(
        table, sample, pool + "/all/" + kind.path() + "~accuracy/" + (ranks ? "spearman" : "pearson"),
        one_system ? table.groups[first].system : "", one_system ? table.groups[first].condition : "");
    e.judge = kind.judge;
    e.unit = "1";
    e.circular = shares_lexicon(table, kind.judge, labels);
    e.value = ranks ? spearman(pairs.score, pairs.correct) : pearson(pairs.score, pairs.correct);
    if (e.circular) add_reason(e, "the judge and the label mapping share a lexicon");
    if (!e.value) {
      add_reason(e, e.n < 2 ? "fewer than two items" : "one side does not vary: no correlation is defined");
    } else if (units < 2) {
      add_reason(e, "one unit: nothing to resample");
    } else {
      const statistics::Draws& d = draws.of(units);
      std::vector<std::optional<double>> replicates;
      if (ranks) {
        WeightedSpearman statistic(pairs.score, pairs.correct, pairs.cluster);
        replicates = statistics::replicate(
            d, [&](std::span<const std::uint16_t> counts) { return statistic(counts); });
      } else {
        // Centred first, so that raw moments lose nothing to cancellation.
        const auto n = static_cast<double>(pairs.score.size());
        double mx = 0, my = 0;
        for (std::size_t i = 0; i < pairs.score.size(); ++i)
          mx += pairs.score[i] / n, my += pairs.correct[i] / n;
        std::vector<PairMoments> moments(units);
        for (std::size_t i = 0; i < pairs.score.size(); ++i)
          moments[pairs.cluster[i]].add(pairs.score[i] - mx, pairs.correct[i] - my);
        replicates = statistics::replicate(d, [&](std::span<const std::uint16_t> counts) {
          PairMoments sum;
          for (std::size_t c = 0; c < units; ++c) sum.add(moments[c], counts[c]);
          return pearson(sum);
        });
      }
      set_interval(e, statistics::percentile_interval(replicates, table.settings->level));
    }
    out.push_back(e);
  }
  return out;
}

}  // namespace

void add_correlation_jobs(Jobs& jobs) {
  const Table& table = *jobs.table;
  const LabelTable& labels = *jobs.labels;
  if (labels.sets.empty()) return;
  for (const std::string& pool : table.pools)
    for (const ScoreKind& kind : table.scores) {
      if (!kind.part.empty() || !table.judged.contains({kind.judge, pool})) continue;
      auto add = [&, draws = jobs.draws](std::size_t first, std::size_t last) {
        jobs.list.push_back([&table, &labels, first, last, pool, &kind, draws] {
          return correlations(table, labels, first, last, pool, kind, *draws);
        });
      };
      if (table.groups.size() > 1) add(0, table.groups.size());  // every system's answers together
      for (std::size_t g = 0; g < table.groups.size(); ++g) add(g, g + 1);
    }
}

}  // namespace undertone::metrics
