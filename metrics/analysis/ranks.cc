// Rank probabilities: draws of whole units, each recomputing every system's mean.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/analysis/samples.h"
#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/fast_sums.h"

namespace undertone::analysis {
namespace {

// Per unit sums, as columns of a table with the units as rows. A system's mean is a mean over its seeds of
// sums of scores over sums of weights; where every seed has the same weights per unit, one ratio does for
// all, and equal columns of weights are kept once.
struct Ratio {
  std::size_t top, bottom;  // columns
};
struct RatioColumns {
  std::size_t units = 0;
  std::vector<std::vector<double>> column;
  std::vector<std::vector<Ratio>> system;  // ratios whose mean is the system's
  std::size_t add(std::vector<double> c, bool shared) {
    if (shared)
      for (std::size_t i = 0; i < column.size(); ++i)
        if (column[i] == c) return i;
    column.push_back(std::move(c));
    return column.size() - 1;
  }
};

bool add_system(RatioColumns& columns, const Scores& scores, std::span<const ScoreRow> rows) {
  const Sample sample = sample_of(scores, rows, [](const ScoreRow& r) { return r.score; });
  if (sample.observations.empty()) return false;
  const auto sums = statistics::cell_sums(sample.observations, sample.design);
  const std::size_t S = sample.design.seeds, G = sample.design.clusters;
  bool same = true;
  for (std::size_t s = 1; s < S && same; ++s)
    same = std::equal(sums.b.begin(), sums.b.begin() + static_cast<std::ptrdiff_t>(G),
                      sums.b.begin() + static_cast<std::ptrdiff_t>(s * G));
  std::vector<Ratio> ratios;
  for (std::size_t s = 0; s < (same ? 1 : S); ++s) {
    std::vector<double> top(scores.units, 0.0), bottom(scores.units, 0.0);
    for (std::size_t g = 0; g < G; ++g) {
      bottom[sample.units[g]] = sums.b[s * G + g];
      if (!same) top[sample.units[g]] = sums.a[s * G + g];
      for (std::size_t t = 0; same && t < S; ++t)
        top[sample.units[g]] += sums.a[t * G + g] / static_cast<double>(S);
    }
    const std::size_t t = columns.add(std::move(top), false);
    ratios.push_back({t, columns.add(std::move(bottom), true)});
  }
  columns.system.push_back(std::move(ratios));
  return true;
}

statistics::ClusterMatrix matrix_of(const RatioColumns& columns) {
  const std::size_t M = columns.column.size();
  std::vector<double> rows(columns.units * M);
  for (std::size_t m = 0; m < M; ++m)
    for (std::size_t g = 0; g < columns.units; ++g) rows[g * M + m] = columns.column[m][g];
  return {rows, M};
}

// Ranks that the simultaneous intervals of differences leave open: a system that some are surely ahead of is
// behind them.
void add_open_ranks(Ranks& ranks, const JudgeAnalysis& judge, bool lower_is_better) {
  const auto K = static_cast<int>(ranks.rows.size());
  for (RankRow& r : ranks.rows) {
    int ahead = 0, behind = 0, compared = 0;
    for (const Estimate& e : judge.estimates) {
      if (e.tag != (K == 2 ? "difference" : "difference/simultaneous") || !e.low || !e.high) continue;
      if (e.system != r.system && e.baseline != r.system) continue;
      ++compared;
      const bool up = *e.low > 0, down = *e.high < 0;
      if (!up && !down) continue;
      const bool first_better = up != lower_is_better;
      ++((e.system == r.system) == first_better ? behind : ahead);
    }
    if (compared < K - 1) continue;
    r.best = 1 + ahead;
    r.worst = K - behind;
  }
}

}  // namespace

void add_ranks(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
               JudgeAnalysis& out) {
  Ranks& ranks = out.ranks;
  RatioColumns columns;
  columns.units = scores.units;
  for (std::size_t k = 0; k < scores.systems.size(); ++k)
    if (add_system(columns, scores, scores.of(judge, k)))
      ranks.rows.push_back({scores.systems[k], {}, 0, {}, {}});
  const std::size_t K = columns.system.size();
  if (K < 2 || scores.units < 2) {
    ranks.rows.clear();
    ranks.reason = K < 2 ? "fewer than two systems" : "one unit: nothing to draw";
    return;
  }
  ranks.resamples = settings.resamples;
  // Nothing kept: every draw is made where it is needed, by the thread that needs it.
  const statistics::Draws draws(stream_of(settings, "draws"), settings.resamples, scores.units, 0);
  const std::vector<double> sums = statistics::drawn_sums(draws, matrix_of(columns), settings.threads);
  const std::size_t M = columns.column.size(), B = static_cast<std::size_t>(settings.resamples);
  std::vector<double> mean(K);
  std::vector<std::size_t> order(K);
  for (RankRow& r : ranks.rows) r.share.assign(K, 0.0);
  std::size_t used = 0;
  for (std::size_t d = 0; d < B; ++d) {
    bool defined = true;
    for (std::size_t k = 0; k < K && defined; ++k) {
      mean[k] = 0;
      for (const Ratio& q : columns.system[k]) {
        const double bottom = sums[d * M + q.bottom];
        defined = defined && bottom > 0;
        mean[k] += sums[d * M + q.top] / bottom / static_cast<double>(columns.system[k].size());
      }
      if (!settings.lower_is_better) mean[k] = -mean[k];
    }
    if (!defined) continue;
    ++used;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return mean[a] < mean[b]; });
    for (std::size_t i = 0, j = 0; i < K; i = j) {
      // Means that differ by rounding only are equal.
      for (j = i + 1;
           j < K && mean[order[j]] - mean[order[i]] <= 1e-12 * std::max(1.0, std::fabs(mean[order[i]]));)
        ++j;
      for (std::size_t a = i; a < j; ++a)
        for (std::size_t b = i; b < j; ++b) ranks.rows[order[a]].share[b] += 1.0 / static_cast<double>(j - i);
    }
  }
  if (static_cast<double>(B - used) > 0.01 * static_cast<double>(B)) {
    ranks.reason =
        "a system has no score in " + std::to_string(B - used) + " of " + std::to_string(B) + " draws";
    ranks.rows.clear();
    return;
  }
  for (RankRow& r : ranks.rows)
    for (std::size_t i = 0; i < K; ++i) {
      double& p = r.share[i];
      p /= static_cast<double>(used);
      r.expected += p * static_cast<double>(i + 1);
      ranks.monte_carlo_error = std::max(ranks.monte_carlo_error,
                                         std::sqrt(std::max(0.0, p * (1 - p)) / static_cast<double>(used)));
    }
  if (scores.has_seeds) ranks.reason = "these seeds: what other seeds would give is not drawn";
  add_open_ranks(ranks, out, settings.lower_is_better);
}

}  // namespace undertone::analysis
