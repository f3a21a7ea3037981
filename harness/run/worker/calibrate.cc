// Job "calibrate": what a thread of this machine multiplies while as many run as the job has threads.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/run/worker/jobs.h"

namespace undertone::worker {

// {"flops_per_thread"}: of float32 products [512, 768] x [768, 3072]. The best of several tries: other work
// on the machine only ever makes it slower.
void run_calibrate(const Job& job, EventSink& sink) {
  constexpr std::int64_t rows = 512, in = 768, out = 3072;
  constexpr int tries = 12, products = 3;
  at::set_num_threads(1);
  std::vector<double> best(static_cast<std::size_t>(std::max(1, job.threads)), 0);
  std::vector<std::thread> threads;
  for (double& mine : best)
    threads.emplace_back([&mine] {
      at::set_num_threads(1);
      const c10::InferenceMode mode;
      const at::Tensor x = at::ones({rows, in}), weight = at::ones({out, in});
      for (int t = 0; t < tries; ++t) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < products; ++i) at::linear(x, weight);
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        mine = std::max(mine, 2.0 * products * rows * in * out / seconds);
      }
    });
  for (std::thread& thread : threads) thread.join();
  double sum = 0;
  for (const double flops : best) sum += flops;
  Json about = Json::object();
  about["flops_per_thread"] = sum / static_cast<double>(best.size());
  about["threads"] = job.threads;
  sink.done(std::move(about));
}

}  // namespace undertone::worker
