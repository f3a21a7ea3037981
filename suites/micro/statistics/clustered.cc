// Whole clips are drawn: means and paired differences, macro-F1, rank correlations of ratings, and sign
// flips.
#include <algorithm>
#include <cmath>

#include "metrics/classification_bootstrap.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation_bootstrap.h"
#include "metrics/statistics/fast_sums.h"
#include "metrics/statistics/permutation.h"
#include "suites/micro/statistics/inputs.h"
#include "suites/micro/statistics/results.h"

namespace undertone::micro {
namespace {

using statistics::Draws;
constexpr auto kPercentile = statistics::BootstrapMethod::percentile;

// The draws are part of the work, and are not kept.
Draws draws(int resamples = kResamples) { return Draws("micro/statistics", resamples, kClips, 0); }

statistics::ClusterMatrix score_sums() {
  const Inputs& in = inputs();
  std::vector<double> sums(kClips * 3);
  for (std::size_t i = 0; i < in.clip.size(); ++i) {
    double* row = sums.data() + in.clip[i] * 3;
    row[0] += in.score[i];
    row[1] += in.score[i] - in.baseline[i];
    row[2] += 1;
  }
  return statistics::ClusterMatrix(sums, 3);
}

void mean_and_difference(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  if (!proves(state,
              statistics::drawn_sums(draws(200), score_sums(), threads) ==
                  statistics::drawn_sums_by_definition(draws(200), score_sums()),
              "the drawn sums differ from those of plain loops"))
    return;
  std::vector<statistics::Interval> out;
  for (auto _ : state) out = statistics::ratio_intervals(kPercentile, draws(), score_sums(), 0.95, threads);
  tell(state, "mean", out[0]);
  tell(state, "difference", out[1]);
}

void macro_f1(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  const auto all = [&](const Draws& d) {
    return metrics::clustered_averaged_draws(in.gold, in.answered, in.clip, kClasses,
                                             metrics::Unmapped::wrong, d, threads)
        .macro_f1;
  };
  // By the definition: a table of every draw's items.
  const auto plain = statistics::replicate(draws(100), [&](std::span<const std::uint16_t> counts) {
    metrics::Confusion table(kClasses);
    for (std::size_t i = 0; i < in.gold.size(); ++i)
      table.at(static_cast<std::size_t>(in.gold[i]), static_cast<std::size_t>(in.answered[i])) +=
          counts[in.clip[i]];
    return std::optional<double>(metrics::macro_f1(table));
  });
  if (!proves(state, same(all(draws(100)), plain), "macro-F1 of the draws differs from that of their tables"))
    return;
  statistics::Interval out;
  for (auto _ : state) out = statistics::percentile_interval(all(draws()), 0.95);
  tell(state, "macro_f1", out);
}

void rank_correlations(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  const auto all = [&](const Draws& d) {
    return metrics::clustered_rank_draws(in.rating_x, in.rating_y, in.clip, d, threads);
  };
  metrics::WeightedSpearman spearman(in.rating_x, in.rating_y, in.clip);
  const auto plain = statistics::replicate(
      draws(100), [&](std::span<const std::uint16_t> counts) { return spearman(counts); });
  if (!proves(state, same(all(draws(100)).spearman, plain), "Spearman differs from that of weighted items"))
    return;
  statistics::Interval rho, tau;
  for (auto _ : state) {
    const metrics::RankDraws now = all(draws());
    rho = statistics::percentile_interval(now.spearman, 0.95);
    tau = statistics::percentile_interval(now.kendall_tau_b, 0.95);
  }
  tell(state, "spearman", rho);
  tell(state, "kendall", tau);
}

void sign_flips(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  std::vector<double> difference(kClips);
  for (std::size_t i = 0; i < in.clip.size(); ++i) difference[in.clip[i]] += in.score[i] - in.baseline[i];
  // A third of the observed effect, so that the p-value is not at its least.
  double mean = 0;
  for (const double d : difference) mean += d / kClips;
  for (double& d : difference) d -= 2 * mean / 3;
  const auto p = [&](int permutations, int on) {
    return statistics::sign_flip_test(difference, "micro/sign-flips", permutations, on).p_value;
  };
  if (!proves(state, p(5000, threads) == p(5000, other_threads(threads)), "threads change the p-value"))
    return;
  std::optional<double> out;
  for (auto _ : state) out = p(100'000, threads);
  state.counters["p_value"] = out.value_or(NAN);
}

}  // namespace

void register_clustered() {
  on_one_and_two_threads("cluster_mean_and_difference", mean_and_difference);
  on_one_and_two_threads("cluster_macro_f1", macro_f1);
  on_one_and_two_threads("cluster_spearman_and_kendall", rank_correlations);
  on_one_and_two_threads("cluster_sign_flips", sign_flips);
}

}  // namespace undertone::micro
