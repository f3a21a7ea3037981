// How a judge's scores go with the correctness of the mapped labels, item by item.
#include "metrics/answer_labels.h"
#include "metrics/correlation.h"
#include "metrics/judge_pairs.h"

namespace undertone::metrics {
namespace {

std::vector<Estimate> correlations(const Table& table, const LabelTable& labels, std::size_t first,
                                   std::size_t last, const std::string& pool, const ScoreKind& kind,
                                   statistics::DrawCache& draws) {
  const JudgePairs pairs = judge_pairs(table, labels, first, last, pool, kind);
  if (pairs.sample.asked_count == 0) return {};
  const std::size_t units = pairs.sample.units.size();
  std::vector<Estimate> out;
  for (const bool ranks : {false, true}) {
    Estimate e =
        describe_pairs(table, labels, pairs, first, last, pool, kind, ranks ? "spearman" : "pearson");
    e.value = ranks ? spearman(pairs.score, pairs.correct) : pearson(pairs.score, pairs.correct);
    if (!e.value) {
      add_reason(e, e.n < 2 ? "fewer than two items" : "one side does not vary: no correlation is defined");
    } else if (units < 2) {
      add_reason(e, "one unit: nothing to resample");
    } else {
      const statistics::Draws& d = draws.of(units);
      const auto method = statistics::bootstrap_method_from(table.settings->method);
      const double level = table.settings->level;
      statistics::Interval interval;
      if (ranks) {
        WeightedSpearman statistic(pairs.score, pairs.correct, pairs.cluster);
        interval = statistics::bootstrap_interval(
            method, d, [&](std::span<const std::uint16_t> counts) { return statistic(counts); }, e.value,
            level);
      } else {
        // Centred first, so that raw moments lose nothing to cancellation.
        const auto n = static_cast<double>(pairs.score.size());
        double mx = 0, my = 0;
        for (std::size_t i = 0; i < pairs.score.size(); ++i)
          mx += pairs.score[i] / n, my += pairs.correct[i] / n;
        std::vector<PairMoments> moments(units);
        for (std::size_t i = 0; i < pairs.score.size(); ++i)
          moments[pairs.cluster[i]].add(pairs.score[i] - mx, pairs.correct[i] - my);
        interval = statistics::bootstrap_interval(
            method, d,
            [&](std::span<const std::uint16_t> counts) {
              PairMoments sum;
              for (std::size_t c = 0; c < units; ++c) sum.add(moments[c], counts[c]);
              return pearson(sum);
            },
            e.value, level);
      }
      set_interval(e, interval);
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
