#include "metrics/statistics/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace undertone::statistics {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& job) {
  const std::size_t workers = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, threads)), count);
  if (workers <= 1) {
    for (std::size_t i = 0; i < count; ++i) job(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        job(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> pool;
  for (std::size_t i = 1; i < workers; ++i) pool.emplace_back(work);
  work();
  for (std::thread& t : pool) t.join();
  if (failure) std::rethrow_exception(failure);
}

void parallel_ranges(std::size_t count, std::size_t per_job, int threads,
                     const std::function<void(std::size_t, std::size_t)>& job) {
  parallel_for((count + per_job - 1) / per_job, threads,
               [&](std::size_t i) { job(i * per_job, std::min(count, (i + 1) * per_job)); });
}

}  // namespace undertone::statistics
