// micro_statistics: metrics and resampling, on one thread and two. `--inputs=DIR` only writes what they work
// on there, for suites/peers/statistics_peers.py, which measures other programs on the same in the same run.
#include <cstdio>
#include <cstring>

#include "harness/core/error.h"
#include "metrics/statistics/fast_philox.h"
#include "suites/micro/measure.h"
#include "suites/micro/statistics/inputs.h"

int main(int argc, char** argv) {
  using namespace undertone::micro;
  constexpr const char* kFlag = "--inputs=";
  for (int i = 1; i < argc; ++i)
    if (std::strncmp(argv[i], kFlag, std::strlen(kFlag)) == 0) {
      try {
        write_inputs(argv[i] + std::strlen(kFlag));
        return 0;
      } catch (const undertone::Error& e) {
        std::fprintf(stderr, "micro_statistics: %s\n", e.what());
        return 1;
      }
    }
  benchmark::AddCustomContext("instruction_set", undertone::statistics::instruction_set());
  register_loop();
  register_clustered();
  register_independent();
  register_whole();
  register_report();
  return run_benchmarks(argc, argv);
}
