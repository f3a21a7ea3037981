// Items are drawn: a mean, rank correlations, macro-F1.
#include <algorithm>
#include <cmath>

#include "metrics/classification_bootstrap.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation_bootstrap.h"
#include "metrics/statistics/fast_sums.h"
#include "suites/micro/statistics/inputs.h"
#include "suites/micro/statistics/results.h"

namespace undertone::micro {
namespace {

using statistics::BootstrapMethod;

template <BootstrapMethod method>
void mean(benchmark::State& state) {
  const std::vector<double>& values = inputs().values;
  const int threads = static_cast<int>(state.range(0));
  std::vector<double> rows;
  for (const double v : values) rows.insert(rows.end(), {v, 1});
  const auto of = [&](int resamples, int on) {
    const statistics::Draws draws("micro/statistics", resamples, values.size(), 0);
    return statistics::ratio_intervals(method, draws, statistics::ClusterMatrix(rows, 2), 0.95, on)[0];
  };
  if (!proves(state, of(500, threads).low == of(500, other_threads(threads)).low,
              "threads change the interval"))
    return;
  statistics::Interval out;
  for (auto _ : state) out = of(kResamples, threads);
  tell(state, "mean", out);
}

// A few draws of a million items: what counts is the memory that they take.
void mean_of_a_million(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  const auto matrix = [] {
    std::vector<double> rows;
    rows.reserve(2 * kMany);
    for (const double v : inputs().many_smooth_x) rows.insert(rows.end(), {v, 1});
    return statistics::ClusterMatrix(rows, 2);
  };
  const auto draws = [](int resamples) { return statistics::Draws("micro/statistics", resamples, kMany, 0); };
  const auto few_sums = [&](int on) { return statistics::drawn_sums(draws(2), matrix(), on); };
  if (!proves(state, few_sums(threads) == few_sums(other_threads(threads)), "threads change the drawn sums"))
    return;
  std::vector<statistics::Interval> out;
  for (auto _ : state)
    out = statistics::ratio_intervals(BootstrapMethod::percentile, draws(200), matrix(), 0.95, threads);
  tell(state, "mean", out[0]);
}

void ranks(benchmark::State& state, const std::vector<double>& x, const std::vector<double>& y) {
  const int threads = static_cast<int>(state.range(0));
  const auto all = [&](int resamples, int on) {
    return metrics::independent_rank_draws(x, y, "micro/statistics", resamples, on);
  };
  if (!proves(state, same(all(100, threads).spearman, all(100, other_threads(threads)).spearman),
              "threads change a correlation"))
    return;
  statistics::Interval rho, tau;
  for (auto _ : state) {
    const metrics::RankDraws now = all(kResamples, threads);
    rho = statistics::percentile_interval(now.spearman, 0.95);
    tau = statistics::percentile_interval(now.kendall_tau_b, 0.95);
  }
  tell(state, "spearman", rho);
  tell(state, "kendall", tau);
}

void ranks_of_ratings(benchmark::State& state) { ranks(state, inputs().item_x, inputs().item_y); }
void ranks_of_a_million_ratings(benchmark::State& state) { ranks(state, inputs().many_x, inputs().many_y); }
void ranks_of_values(benchmark::State& state) { ranks(state, inputs().smooth_x, inputs().smooth_y); }

// From the table on, as for all other items: making it of a million items is another benchmark's.
void ranks_of_a_million_from_table(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  static const metrics::RatingTable table = metrics::rating_table(inputs().many_x, inputs().many_y);
  const auto all = [](int resamples, int on) {
    return metrics::independent_rank_draws(table, "micro/statistics", resamples, on);
  };
  const metrics::RankDraws few = all(100, threads), again = all(100, other_threads(threads));
  if (!proves(state, same(few.spearman, again.spearman) && same(few.kendall_tau_b, again.kendall_tau_b),
              "threads change a correlation"))
    return;
  metrics::RankDraws out;
  for (auto _ : state) out = all(kResamples, threads);
  tell(state, "spearman", statistics::percentile_interval(out.spearman, 0.95));
  tell(state, "kendall", statistics::percentile_interval(out.kendall_tau_b, 0.95));
}

void macro_f1(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  const auto all = [&](int resamples, int on) {
    const metrics::Confusion table = metrics::confusion_of(in.item_gold, in.item_answered, kClasses);
    return metrics::independent_averaged_draws(table, metrics::Unmapped::wrong, "micro/statistics", resamples,
                                               on)
        .macro_f1;
  };
  if (!proves(state, same(all(100, threads), all(100, other_threads(threads))), "threads change macro-F1"))
    return;
  statistics::Interval out;
  for (auto _ : state) out = statistics::percentile_interval(all(kResamples, threads), 0.95);
  tell(state, "macro_f1", out);
}

}  // namespace

void register_independent() {
  on_one_and_two_threads("mean_percentile", mean<BootstrapMethod::percentile>);
  on_one_and_two_threads("mean_bca", mean<BootstrapMethod::bca>);
  on_one_and_two_threads("mean_1e6_200_draws", mean_of_a_million);
  on_one_and_two_threads("ratings_spearman_and_kendall", ranks_of_ratings);
  on_one_and_two_threads("ratings_spearman_and_kendall_1e6", ranks_of_a_million_ratings);
  on_one_and_two_threads("ratings_spearman_and_kendall_1e6_from_table", ranks_of_a_million_from_table);
  on_one_and_two_threads("macro_f1", macro_f1);
  on_one_and_two_threads("continuous_spearman_and_kendall", ranks_of_values);
}

}  // namespace undertone::micro
