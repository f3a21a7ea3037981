// Binomial and multinomial draws, and through the latter the bootstrap of independent items that fall into
// few cells: the cell counts of n draws with replacement are multinomial, so a draw costs what the cells
// cost, whatever n.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/core/philox.h"
#include "harness/core/random.h"

namespace undertone::statistics {

// The 64-bit words of a Philox substream as Stream::next_u64 gives them, made many at a time.
class WordBuffer {
 public:
  WordBuffer() = default;
  void start(const PhiloxKey& key, std::uint64_t substream);
  std::uint64_t next_u64() {
    if (at_ == words_.size()) refill();
    return words_[at_++];
  }

 private:
  void refill();
  PhiloxKey key_;
  std::uint64_t substream_ = 0, block_ = 0;
  std::array<std::uint64_t, 96> words_{};
  std::size_t at_ = words_.size();
};

// What a binomial draw needs to know of its chance of success, made once for many draws.
class BinomialChance {
 public:
  explicit BinomialChance(double chance);  // in [0, 1]; throws Error{internal} otherwise

  // Successes among `trials` <= 2^52. Under ten expected successes by inversion (Kachitvichyanukul &
  // Schmeiser 1988), else by transformed rejection (BTRD; Hoermann 1993). Nothing but +, -, *, /, sqrt and
  // floor of doubles is used: the same words give the same number on every machine.
  std::uint64_t draw(std::uint64_t trials, WordBuffer& words) const;
  std::uint64_t draw(std::uint64_t trials, Stream& words) const;

 private:
  friend class Multinomial;
  template <class Words>
  std::uint64_t any_draw(std::uint64_t trials, Words& words) const;
  template <class Words>
  std::uint64_t invert(std::uint64_t trials, Words& words) const;
  template <class Words>
  std::uint64_t reject(std::uint64_t trials, Words& words) const;

  double p_ = 0, odds_ = 0;  // of the rarer outcome
  bool flipped_ = false;
  std::array<std::array<double, 16>, 13> powers_{};  // (1 - p)^(digit * 16^place)
};

// Counts of `trials` independent draws of cells, each with probability proportional to its weight (whole
// numbers, such as a table of observed counts).
class Multinomial {
 public:
  // Throws Error{internal} where the weights add to nothing or to more than 2^52.
  explicit Multinomial(std::span<const std::uint64_t> weights);
  std::size_t cells() const { return cells_; }

  // Calls take(replicate, counts) for each replicate in [first, last), in order. A replicate's counts depend
  // on the key and its number alone: cells are drawn from the heaviest on (the first of equal ones first),
  // each binomial among what the cells before left, with the 64-bit words of substream `replicate` in order.
  void draw(const PhiloxKey& key, std::uint64_t first, std::uint64_t last, std::uint64_t trials,
            const std::function<void(std::uint64_t, std::span<const std::uint64_t>)>& take) const;
  // One replicate from Stream(name, replicate), whose name gives the key: what the tests hold draw() to.
  std::vector<std::uint64_t> draw_by_definition(Stream stream, std::uint64_t trials) const;

 private:
  std::size_t cells_;
  std::vector<std::uint32_t> order_;     // of the cells that can be drawn
  std::vector<BinomialChance> chances_;  // of each but the last, given that no earlier one was drawn
};

}  // namespace undertone::statistics
