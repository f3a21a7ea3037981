#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

#include "harness/core/sha256.h"

namespace undertone {
namespace {

using Word = std::uint32_t;

// The first 32 bits of the fractional parts of the square roots of the first 8 primes (the start) and of the
// cube roots of the first 64 (the constants; sections 4.2.2 and 5.3.3). A long double holds the root to 64
// bits: 32 are exact.
struct Constants {
  std::array<Word, 8> start{};
  std::array<Word, 64> round{};
  Constants() {
    const auto fraction = [](long double root) {
      return static_cast<Word>((root - std::floor(root)) * 4294967296.0L);
    };
    std::size_t found = 0;
    for (int n = 2; found < round.size(); ++n) {
      bool prime = true;
      for (int d = 2; d * d <= n; ++d) prime &= n % d != 0;
      if (!prime) continue;
      if (found < start.size()) start[found] = fraction(std::sqrt(static_cast<long double>(n)));
      round[found++] = fraction(std::cbrt(static_cast<long double>(n)));
    }
  }
};

const Constants& constants() {
  static const Constants known;
  return known;
}

class PortableSha256 : public Sha256 {
 public:
  void update(std::string_view bytes) override {
    bits_ += std::uint64_t{8} * bytes.size();
    for (const char c : bytes) put(static_cast<std::uint8_t>(c));
  }

  std::array<std::uint8_t, 32> finish() override {
    const std::uint64_t bits = bits_;  // of the message alone
    put(0x80);
    while (filled_ != 56) put(0);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<std::uint8_t>(bits >> shift));
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    return out;
  }

 private:
  void put(std::uint8_t byte) {
    block_[filled_++] = byte;
    if (filled_ < block_.size()) return;
    compress();
    filled_ = 0;
  }

  // Section 6.2.2.
  void compress() {
    std::array<Word, 64> w{};
    for (std::size_t t = 0; t < 16; ++t)
      for (std::size_t i = 0; i < 4; ++i) w[t] = w[t] << 8 | block_[4 * t + i];
    for (std::size_t t = 16; t < 64; ++t) {
      const Word a = w[t - 15], b = w[t - 2];
      w[t] = w[t - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[t - 7] +
             (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    std::array<Word, 8> s = state_;  // a to h
    for (std::size_t t = 0; t < 64; ++t) {
      const Word e = s[4], a = s[0];
      const Word t1 = s[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                      ((e & s[5]) ^ (~e & s[6])) + constants().round[t] + w[t];
      const Word t2 =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
      std::rotate(s.begin(), s.end() - 1, s.end());
      s[4] += t1;
      s[0] = t1 + t2;
    }
    for (std::size_t i = 0; i < s.size(); ++i) state_[i] += s[i];
  }

  std::array<Word, 8> state_ = constants().start;
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t bits_ = 0;
};

}  // namespace

std::unique_ptr<Sha256> portable_sha256() { return std::make_unique<PortableSha256>(); }

}  // namespace undertone
