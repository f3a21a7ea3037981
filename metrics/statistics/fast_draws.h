// Draws with replacement, many at a time. The sequence is defined by the words of a Philox substream alone:
// 16-bit words (each 32-bit word gives its low half first) where there are at most 4,096 things to draw from,
// else 32-bit words; a word w gives w * n >> bits unless the product's low half is below 2^bits mod n, which
// is passed over (Lemire 2019), so every index is exactly as likely. Vector code and the plain loop give the
// same draws.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/core/philox.h"

namespace undertone::statistics {

inline constexpr std::size_t kNarrowDraws = 4096;  // up to here a draw takes 16 bits

// out.size() indices in [0, n), 1 <= n <= 2^32. Throws Error{internal} otherwise.
void draw_indices(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                  std::span<std::uint32_t> out);
// The same for n <= kNarrowDraws, in 16 bits each; `out` has its own size and `buffer` any.
void draw_narrow_indices(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                         std::span<std::uint16_t> out);
// How often each of n = counts.size() things is drawn in n draws: the counts of draw_indices.
void draw_counts(const PhiloxKey& key, std::uint64_t substream, std::span<std::uint16_t> counts);

// The same with the counts at 0, 4, 8, ... of `counts`, for kernels that take four draws side by side.
void draw_every_fourth_count(const PhiloxKey& key, std::uint64_t substream, std::size_t n,
                             std::uint16_t* counts);

// Narrow draws piece by piece, without a copy: calls take(piece) until n of them are made.
void each_narrow_draw(const PhiloxKey& key, std::uint64_t substream, std::uint64_t n,
                      const std::function<void(std::span<const std::uint16_t>)>& take);

// The definition, word by word: what the tests hold the others to.
std::vector<std::uint32_t> indices_by_definition(const PhiloxKey& key, std::uint64_t substream,
                                                 std::uint64_t n, std::size_t count);

}  // namespace undertone::statistics
