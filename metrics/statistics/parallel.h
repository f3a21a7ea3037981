// Independent jobs over a few threads. Each job writes only its own result, so the number of threads changes
// no byte.
#pragma once

#include <cstddef>
#include <functional>

namespace undertone::statistics {

// Calls job(i) for every i < count; the first exception is thrown again here, after all threads have ended.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& job);
// Calls job(begin, end) for consecutive ranges of up to `per_job` that cover 0..count.
void parallel_ranges(std::size_t count, std::size_t per_job, int threads,
                     const std::function<void(std::size_t, std::size_t)>& job);

}  // namespace undertone::statistics
