// micro_gpu: the kernels that decide what a GPU brings, on "cpu" in small and on "cuda" in the sizes of real
// models. Without a GPU it says that the cuda ones are skipped. Profilers see nothing from here: start it
// under nsys or ncu.
#include <ATen/Parallel.h>

#include <cstdio>

#include "suites/micro/gpu/benchmarks.h"

int main(int argc, char** argv) {
  using namespace undertone::micro;
  at::set_num_threads(1);
  for (const char* device : {"cpu", "cuda"}) {
    if (const std::string why = undertone::why_no_cuda(); std::string(device) == "cuda" && !why.empty()) {
      std::fprintf(stderr, "micro_gpu: the benchmarks of cuda are skipped: %s\n", why.c_str());
      continue;
    }
    register_encoder_on(device);
    register_decoder_on(device);
  }
  return run_benchmarks(argc, argv);
}
