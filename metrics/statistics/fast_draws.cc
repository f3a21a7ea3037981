#include "metrics/statistics/fast_draws.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "harness/core/error.h"
#include "metrics/statistics/fast_philox.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "metrics/statistics/fast_draws.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace undertone::statistics::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Indices of the words that are not passed over; `words` is a multiple of 8 and `out` has room for as many.
std::size_t MapNarrow(const std::uint16_t* HWY_RESTRICT words, std::size_t count, std::uint32_t n,
                      std::uint32_t passed_below, std::uint16_t* HWY_RESTRICT out) {
  const hn::CappedTag<std::uint16_t, 32> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto times = hn::Set(d, static_cast<std::uint16_t>(n));
  const auto least = hn::Set(d, static_cast<std::uint16_t>(passed_below));
  std::size_t made = 0, i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto w = hn::LoadU(d, words + i);
    if (hn::AllFalse(d, hn::Mul(w, times) < least)) {
      hn::StoreU(hn::MulHigh(w, times), d, out + made);
      made += lanes;
      continue;
    }
    made += hn::CompressStore(hn::MulHigh(w, times), hn::Not(hn::Mul(w, times) < least), d, out + made);
  }
  for (; i < count; ++i) {
    const std::uint32_t product = words[i] * n;
    out[made] = static_cast<std::uint16_t>(product >> 16);
    made += (product & 0xFFFF) >= passed_below ? 1 : 0;
  }
  return made;
}

}  // namespace undertone::statistics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace undertone::statistics {
namespace {

HWY_EXPORT(MapNarrow);

constexpr std::size_t kChunk = 1024;  // draws at a time: words and indices stay in the first cache

void need(bool holds, const char* what) {
  if (!holds) throw Error(ErrorKind::internal, what, "draws");
}

// Gives `take(indices)` the next draws, chunk by chunk, until `count` of them are made.
template <class Take>
void narrow_draws(const PhiloxKey& key, std::uint64_t substream, std::uint32_t n, std::size_t count,
                  Take&& take) {
  alignas(64) std::uint32_t words[kChunk / 2];
  alignas(64) std::uint16_t narrow[kChunk], indices[kChunk + 32];
  const std::uint32_t passed_below = 0x10000u % n;
  std::uint64_t block = 0;
  while (count > 0) {
    // As many words as will most likely do, in whole blocks of eight.
    const std::size_t wanted =
        std::min(kChunk, (count + count * passed_below / 0x10000u + (passed_below ? 4 : 0) + 7) / 8 * 8);
    philox_words(key, substream, block, std::span(words, wanted / 2));
    block += wanted / 8;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(narrow, words, wanted * 2);
    else
      for (std::size_t i = 0; i < wanted; ++i)
        narrow[i] = static_cast<std::uint16_t>(words[i / 2] >> (16 * (i % 2)));
    std::size_t made =
        n == 1 ? wanted : HWY_DYNAMIC_DISPATCH(MapNarrow)(narrow, wanted, n, passed_below, indices);
    if (n == 1) std::fill_n(indices, wanted, std::uint16_t{0});
    made = std::min(made, count);
    take(std::span<const std::uint16_t>(indices, made));
    count -= made;
  }
}

template <class Take>
void wide_draws(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n, std::size_t count,
                Take&& take) {
  alignas(64) std::uint32_t words[kChunk];
  const std::uint64_t passed_below = (std::uint64_t{1} << 32) % n;
  std::uint64_t block = 0;
  while (count > 0) {
    const std::size_t wanted = std::min(kChunk, (count + 3) / 4 * 4);
    philox_words(key, substream, block, std::span(words, wanted));
    block += wanted / 4;
    std::size_t made = 0;
    for (std::size_t i = 0; i < wanted; ++i) {
      const std::uint64_t product = words[i] * n;
      words[made] = static_cast<std::uint32_t>(product >> 32);
      made += (product & 0xFFFFFFFFu) >= passed_below ? 1 : 0;
    }
    made = std::min(made, count);
    take(std::span<const std::uint32_t>(words, made));
    count -= made;
  }
}

// Calls add(indices) with pieces of n draws from n things.
template <class Add>
void count_draws(const PhiloxKey& key, std::uint64_t substream, std::size_t n, Add&& add) {
  need(n <= (std::uint64_t{1} << 32), "draws are from 1 to 2^32 things");
  if (n <= kNarrowDraws)
    narrow_draws(key, substream, static_cast<std::uint32_t>(n), n, add);
  else
    wide_draws(key, substream, n, n, add);
}

}  // namespace

void draw_narrow_indices(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                         std::span<std::uint16_t> out) {
  need(n >= 1 && n <= kNarrowDraws, "narrow draws are from 1 to 4096 things");
  std::uint16_t* to = out.data();
  narrow_draws(key, substream, static_cast<std::uint32_t>(n), out.size(),
               [&](auto indices) { to = std::copy(indices.begin(), indices.end(), to); });
}

void each_narrow_draw(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                      const std::function<void(std::span<const std::uint16_t>)>& take) {
  need(n >= 1 && n <= kNarrowDraws, "narrow draws are from 1 to 4096 things");
  narrow_draws(key, substream, static_cast<std::uint32_t>(n), n, take);
}

void draw_indices(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                  std::span<std::uint32_t> out) {
  need(n >= 1 && n <= (std::uint64_t{1} << 32), "draws are from 1 to 2^32 things");
  std::uint32_t* to = out.data();
  const auto copy = [&](auto indices) { to = std::copy(indices.begin(), indices.end(), to); };
  if (n <= kNarrowDraws)
    narrow_draws(key, substream, static_cast<std::uint32_t>(n), out.size(), copy);
  else
    wide_draws(key, substream, n, out.size(), copy);
}

void draw_counts(const PhiloxKey& key, std::uint64_t substream, std::span<std::uint16_t> counts) {
  if (counts.empty()) return;
  std::fill(counts.begin(), counts.end(), std::uint16_t{0});
  std::uint16_t* count = counts.data();
  count_draws(key, substream, counts.size(), [count](auto indices) {
    for (const auto i : indices) ++count[i];
  });
}

void draw_every_fourth_count(const PhiloxKey& key, std::uint64_t substream, std::size_t n,
                             std::uint16_t* counts) {
  if (n == 0) return;
  for (std::size_t i = 0; i < n; ++i) counts[4 * i] = 0;
  count_draws(key, substream, n, [counts](auto indices) {
    for (const auto i : indices) ++counts[4 * std::size_t{i}];
  });
}

std::vector<std::uint32_t> indices_by_definition(const PhiloxKey& key, std::uint64_t substream,
                                                 std::uint64_t n, std::size_t count) {
  need(n >= 1 && n <= (std::uint64_t{1} << 32), "draws are from 1 to 2^32 things");
  const int bits = n <= kNarrowDraws ? 16 : 32;
  const std::uint64_t span = std::uint64_t{1} << bits;
  std::vector<std::uint32_t> out;
  for (std::uint64_t block = 0; out.size() < count; ++block)
    for (const std::uint32_t word : philox_block(key, substream, block))
      for (int shift = 0; shift < 32; shift += bits) {
        const std::uint64_t product = ((word >> shift) & (span - 1)) * n;
        if (product % span >= span % n && out.size() < count)
          out.push_back(static_cast<std::uint32_t>(product >> bits));
      }
  return out;
}

}  // namespace undertone::statistics
#endif
