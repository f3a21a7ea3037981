// The cluster bootstrap of a mean: sums per cluster, against the loop that a script would
// write (draw clusters with std::mt19937_64, walk over their items).
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "metrics/statistics/fast_sums.h"
#include "suites/micro/measure.h"
#include "suites/micro/statistics/inputs.h"

namespace undertone::micro {
namespace {

constexpr int kFewResamples = 2000;

struct Clustered {
  std::vector<std::vector<double>> values;  // by cluster
  std::vector<double> sums, counts;
};

Clustered scores(std::size_t clusters, std::size_t items) {
  Clustered out;
  Stream random("micro/scores");
  for (std::size_t c = 0; c < clusters; ++c) {
    const double level = 2.5 + 0.5 * random.normal();
    auto& mine = out.values.emplace_back();
    for (std::size_t i = 0; i < items; ++i) mine.push_back(level + random.normal());
    double sum = 0;
    for (const double v : mine) sum += v;
    out.sums.push_back(sum);
    out.counts.push_back(static_cast<double>(items));
  }
  return out;
}

statistics::Interval by_sums(const Clustered& data) {
  std::vector<double> rows;
  for (std::size_t c = 0; c < data.sums.size(); ++c) rows.insert(rows.end(), {data.sums[c], data.counts[c]});
  const statistics::Draws draws("micro/bootstrap", kFewResamples, data.sums.size(), 0);
  return statistics::ratio_intervals(statistics::BootstrapMethod::percentile, draws,
                                     statistics::ClusterMatrix(rows, 2), 0.95)[0];
}

std::pair<double, double> by_loop(const Clustered& data) {
  std::mt19937_64 engine(1);
  std::uniform_int_distribution<std::size_t> which(0, data.values.size() - 1);
  std::vector<double> means;
  for (int r = 0; r < kFewResamples; ++r) {
    double sum = 0, n = 0;
    for (std::size_t c = 0; c < data.values.size(); ++c)
      for (const double v : data.values[which(engine)]) {
        sum += v;
        n += 1;
      }
    means.push_back(sum / n);
  }
  std::sort(means.begin(), means.end());
  return {means[static_cast<std::size_t>(0.025 * kFewResamples)],
          means[static_cast<std::size_t>(0.975 * kFewResamples)]};
}

void cluster_bootstrap(benchmark::State& state) {
  const Clustered data =
      scores(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const statistics::Interval ours = by_sums(data);
  const auto [low, high] = by_loop(data);
  // Two independent bootstraps: their ends differ by their Monte-Carlo errors.
  const bool agree = ours.low && ours.high && std::abs(*ours.low - low) < 5 * *ours.monte_carlo_error_low &&
                     std::abs(*ours.high - high) < 5 * *ours.monte_carlo_error_high;
  if (!proves(state, agree, "the interval differs from the plain loop's")) return;
  against(
      state, "a loop over items with std::mt19937_64", [&] { benchmark::DoNotOptimize(by_sums(data).low); },
      [&] { benchmark::DoNotOptimize(by_loop(data)); });
  state.counters["resamples_per_second"] =
      benchmark::Counter(kFewResamples, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_loop() {
  benchmark::RegisterBenchmark("cluster_bootstrap_2000", cluster_bootstrap)
      ->ArgNames({"clusters", "items"})
      ->Args({34, 18})
      ->Args({200, 50})
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace undertone::micro
