#include "harness/core/random.h"

#include <Random123/philox.h>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/philox.h"

namespace undertone {

Stream::Stream(std::string_view name, std::uint64_t substream) {
  const PhiloxKey made = philox_key(name);
  key_ = made.key;
  // The low two words count blocks; the high two carry the substream, mixed with the rest of the digest so
  // that names whose 64 key bits collide still differ.
  counter_ = {0, 0, static_cast<std::uint32_t>(substream) ^ made.salt[0],
              static_cast<std::uint32_t>(substream >> 32) ^ made.salt[1]};
}

std::uint32_t Stream::next_u32() {
  if (used_ == 4) {
    r123::Philox4x32 philox;
    r123::Philox4x32::ctr_type c{{counter_[0], counter_[1], counter_[2], counter_[3]}};
    r123::Philox4x32::key_type k{{key_[0], key_[1]}};
    const auto out = philox(c, k);
    block_ = {out[0], out[1], out[2], out[3]};
    if (++counter_[0] == 0) ++counter_[1];
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
