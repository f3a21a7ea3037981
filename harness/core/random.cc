#include "harness/core/random.h"

#include <cmath>

#include "harness/core/error.h"

namespace undertone {

Stream::Stream(std::string_view name, std::uint64_t substream)
    : key_(philox_key(name)), substream_(substream) {}

std::uint32_t Stream::next_u32() {
  if (used_ == 4) {
    block_ = philox_block(key_, substream_, next_block_++);
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t Stream::next_u64() {
  const std::uint64_t low = next_u32();
  return low | (static_cast<std::uint64_t>(next_u32()) << 32);
}

double Stream::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }
double Stream::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t Stream::below(std::uint64_t n) {
  if (n == 0) throw Error(ErrorKind::internal, "Stream::below(0): there is nothing to draw from");
  using Wide = unsigned __int128;
  Wide m = static_cast<Wide>(next_u64()) * n;
  if (static_cast<std::uint64_t>(m) < n) {
    const std::uint64_t threshold = (0 - n) % n;
    while (static_cast<std::uint64_t>(m) < threshold) m = static_cast<Wide>(next_u64()) * n;
  }
  return static_cast<std::uint64_t>(m >> 64);
}

double Stream::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double r = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * M_PI * uniform();
  spare_normal_ = r * std::sin(angle);
  has_spare_ = true;
  return r * std::cos(angle);
}

std::size_t Stream::weighted(std::span<const double> weights) {
  double total = 0;
  for (double w : weights) total += w;
  double u = uniform() * total;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    u -= weights[i];
    if (u < 0) return i;
  }
  return weights.size() - 1;
}

}  // namespace undertone
