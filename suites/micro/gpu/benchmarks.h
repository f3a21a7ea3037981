// The matrix-bound kernels on a device; the same code runs on the CPU in small.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/cuda.h>

#include <string>

#include "harness/model/placement.h"
#include "suites/micro/measure.h"

namespace undertone::micro {

void register_encoder_on(const std::string& device);
void register_decoder_on(const std::string& device);

inline void wait_for(at::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

// Kernels run behind the host's back: each iteration waits for the device before its clock stops. The warm-up
// loads kernels and lets the libraries choose theirs.
template <class Work>
void time_on(benchmark::State& state, at::Device device, double flop, Work&& work) {
  for (int i = 0; i < 3; ++i) work();
  wait_for(device);
  for (auto _ : state)
    state.SetIterationTime(seconds_of([&] {
      work();
      wait_for(device);
    }));
  if (flop > 0)
    state.counters["FLOP/s"] = benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace undertone::micro
