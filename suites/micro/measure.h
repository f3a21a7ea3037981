// What the benchmarks share: a proof before the time, and a peer beside it.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

namespace undertone::micro {

// Proofs that failed in this process; main() turns them into exit code 1.
inline int& failed_proofs() {
  static int count = 0;
  return count;
}

// Ends the benchmark with an error unless its result holds: a fast wrong kernel has no time.
inline bool proves(benchmark::State& state, bool holds, const char* what) {
  if (holds) return true;
  ++failed_proofs();
  state.SkipWithError((std::string("wrong result: ") + what).c_str());
  return false;
}

// Not run here (no weights, no GPU): says why and is no failure.
inline void skip(benchmark::State& state, const std::string& why) {
  state.SkipWithError(("skipped: " + why).c_str());
}

template <class Work>
double seconds_of(Work&& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

// Runs ours and the peer in turns, so that what disturbs the machine disturbs both. The benchmark's time is
// ours (register it with UseManualTime); the counter peer_over_ours says how many times longer the peer
// takes.
template <class Ours, class Peer>
void against(benchmark::State& state, const char* peer_name, Ours&& ours, Peer&& peer) {
  double mine = 0, other = 0;
  for (auto _ : state) {
    const double now = seconds_of(ours);
    mine += now;
    other += seconds_of(peer);
    state.SetIterationTime(now);
  }
  state.counters["peer_over_ours"] = other / mine;
  state.SetLabel(std::string("peer: ") + peer_name);
}

inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return failed_proofs() == 0 ? 0 : 1;
}

}  // namespace undertone::micro
