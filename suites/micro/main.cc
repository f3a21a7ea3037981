// micro_cpu: the kernels of every part on one core.
#include <ATen/Parallel.h>

#include "suites/micro/benchmarks.h"
#include "suites/micro/measure.h"

int main(int argc, char** argv) {
  using namespace undertone::micro;
  at::set_num_threads(1);  // as workers and answering do; peers get the same
  register_speech();
  register_encoder();
  register_decoder();
  register_text();
  return run_benchmarks(argc, argv);
}
