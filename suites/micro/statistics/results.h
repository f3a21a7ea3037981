// What a benchmark tells beside its time, so that a script can hold it to a peer's result.
#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "metrics/statistics/bootstrap.h"
#include "suites/micro/measure.h"

namespace undertone::micro {

inline void tell(benchmark::State& state, const std::string& name, const statistics::Interval& interval) {
  state.counters[name + "_low"] = interval.low.value_or(NAN);
  state.counters[name + "_high"] = interval.high.value_or(NAN);
}

inline bool same(std::span<const std::optional<double>> a, std::span<const std::optional<double>> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// What a benchmark of on_one_and_two_threads() is held to: the number of threads that it does not run on.
inline int other_threads(int threads) { return threads == 1 ? 2 : 1; }

// On one thread and on two, by the clock.
inline void on_one_and_two_threads(const char* name, void (*work)(benchmark::State&)) {
  benchmark::RegisterBenchmark(name, work)
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace undertone::micro
