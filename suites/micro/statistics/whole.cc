// No draws: all classification scores and Kendall's tau-b of a million items.
#include <cmath>

#include "metrics/classification.h"
#include "metrics/rank_correlation.h"
#include "suites/micro/statistics/inputs.h"
#include "suites/micro/statistics/results.h"

namespace undertone::micro {
namespace {

void classification(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  const auto table = [&](int on) {
    return metrics::confusion_of(in.many_gold, in.many_answered, kClasses, on);
  };
  std::vector<double> plain(kClasses * kClasses);
  for (std::size_t i = 0; i < kMany; ++i)
    plain[static_cast<std::size_t>(in.many_gold[i]) * kClasses +
          static_cast<std::size_t>(in.many_answered[i])] += 1;
  if (!proves(state, table(threads).counts == plain, "the table differs from one item at a time")) return;
  metrics::ClassificationScores out;
  for (auto _ : state) {
    const metrics::Confusion counted = table(threads);
    benchmark::DoNotOptimize(metrics::class_scores(counted));
    out = metrics::classification_scores(counted);
  }
  state.counters["accuracy"] = *out.accuracy;
  state.counters["f1_macro"] = *out.f1_macro;
  state.counters["matthews"] = *out.matthews;
}

void kendall(benchmark::State& state) {
  const Inputs& in = inputs();
  const int threads = static_cast<int>(state.range(0));
  metrics::OrderedPairs out;
  for (auto _ : state) out = metrics::ordered_pairs(in.many_smooth_x, in.many_smooth_y, threads);
  if (!proves(state, out.all() == static_cast<std::int64_t>(kMany * (kMany - 1) / 2), "pairs are missing"))
    return;
  state.counters["kendall"] = *metrics::kendall_tau_b(out);
}

}  // namespace

void register_whole() {
  on_one_and_two_threads("classification_1e6", classification);
  on_one_and_two_threads("kendall_1e6", kendall);
}

}  // namespace undertone::micro
