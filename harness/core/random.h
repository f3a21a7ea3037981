// Counter-based random streams (Philox4x32-10; Salmon et al., SC'11), each named by what it is for, such as
// "demo/train/S30/seed=2/batch". The same name gives the same numbers whatever else was drawn, in any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/philox.h"

namespace undertone {

class Stream {
 public:
  // The key is the SHA-256 of the name; `substream` selects one of 2^64 streams under it (a replicate, an
  // item).
  explicit Stream(std::string_view name, std::uint64_t substream = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  double uniform();                                       // [0, 1), 53 bits
  double uniform(double low, double high);                // [low, high)
  std::uint64_t below(std::uint64_t n);                   // unbiased integer in [0, n), n >= 1 (Lemire 2019)
  double normal();                                        // standard normal (Box-Muller, both values used)
  std::size_t weighted(std::span<const double> weights);  // index with probability proportional to its weight

  template <class T>
  void shuffle(std::vector<T>& v) {
    for (std::size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[below(i)]);
  }

 private:
  PhiloxKey key_;
  std::uint64_t substream_ = 0, next_block_ = 0;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_normal_ = 0;
  bool has_spare_ = false;
};

}  // namespace undertone
