#include "metrics/statistics/fast_philox.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "harness/core/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "metrics/statistics/fast_philox.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace undertone::statistics::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Salmon et al. 2011. A counter's four words stand in the low halves of four 64-bit lanes; what the products
// leave in the high halves is never read, so nothing is masked between rounds.
void Words(const PhiloxKey& key, std::uint64_t substream, std::uint64_t first, std::uint32_t* out,
           std::size_t blocks) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto block = philox_block(key, substream, first + b);
    std::memcpy(out + 4 * b, block.data(), sizeof block);
  }
#else
  const hn::ScalableTag<std::uint64_t> d;
  const hn::Repartition<std::uint32_t, decltype(d)> narrow;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const auto multiply0 = hn::BitCast(narrow, hn::Set(d, 0xD2511F53u));
  const auto multiply1 = hn::BitCast(narrow, hn::Set(d, 0xCD9E8D57u));
  const V low_half = hn::Set(d, 0xFFFFFFFFu);
  const V salt2 = hn::Set(d, static_cast<std::uint32_t>(substream) ^ key.salt[0]);
  const V salt3 = hn::Set(d, static_cast<std::uint32_t>(substream >> 32) ^ key.salt[1]);
  HWY_ALIGN std::uint64_t last[2 * HWY_MAX_BYTES / 8 * 2];
  for (std::size_t b = 0; b < blocks; b += 2 * lanes) {
    const V index0 = hn::Iota(d, first + b), index1 = hn::Iota(d, first + b + lanes);
    V a0 = index0, a1 = hn::ShiftRight<32>(index0), a2 = salt2, a3 = salt3;
    V b0 = index1, b1 = hn::ShiftRight<32>(index1), b2 = salt2, b3 = salt3;
    std::uint32_t k0 = key.key[0], k1 = key.key[1];
    for (int round = 0; round < 10; ++round) {
      const V key0 = hn::Set(d, k0), key1 = hn::Set(d, k1);
      const V p = hn::MulEven(hn::BitCast(narrow, a0), multiply0);
      const V q = hn::MulEven(hn::BitCast(narrow, a2), multiply1);
      const V r = hn::MulEven(hn::BitCast(narrow, b0), multiply0);
      const V s = hn::MulEven(hn::BitCast(narrow, b2), multiply1);
      a0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(q), a1), key0), a1 = q;
      a2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p), a3), key1), a3 = p;
      b0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(s), b1), key0), b1 = s;
      b2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(r), b3), key1), b3 = r;
      k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    const auto two = [&](V low, V high) { return hn::Or(hn::And(low, low_half), hn::ShiftLeft<32>(high)); };
    const bool whole = b + 2 * lanes <= blocks;
    std::uint64_t* to = whole ? reinterpret_cast<std::uint64_t*>(out + 4 * b) : last;
    hn::StoreInterleaved2(two(a0, a1), two(a2, a3), d, to);
    hn::StoreInterleaved2(two(b0, b1), two(b2, b3), d, to + 2 * lanes);
    if (!whole) std::memcpy(out + 4 * b, last, (blocks - b) * 16);
  }
#endif
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace undertone::statistics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace undertone::statistics {

HWY_EXPORT(Words);
HWY_EXPORT(Name);

void philox_words(const PhiloxKey& key, std::uint64_t substream, std::uint64_t first_block,
                  std::span<std::uint32_t> out) {
  if (out.size() % 4 != 0)
    throw Error(ErrorKind::internal, "whole blocks of four words are made", "philox_words");
  HWY_DYNAMIC_DISPATCH(Words)(key, substream, first_block, out.data(), out.size() / 4);
}

std::string instruction_set() { return HWY_DYNAMIC_DISPATCH(Name)(); }

std::vector<std::string> instruction_sets() {
  std::vector<std::string> out;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) out.push_back(hwy::TargetName(target));
  return out;
}

void use_instruction_set(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  if (name.empty()) return;
  for (const auto target : hwy::SupportedAndGeneratedTargets())
    if (name == hwy::TargetName(target)) {
      hwy::SetSupportedTargetsForTest(target);
      return;
    }
  throw Error(ErrorKind::internal, "this machine or build has no instruction set '" + name + "'",
              "use_instruction_set");
}

}  // namespace undertone::statistics
#endif
