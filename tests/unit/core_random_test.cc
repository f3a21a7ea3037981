#include "harness/core/random.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Philox4x32-10 as the paper states it (Salmon et al. 2011, section 3.3), written apart from the library's.
Block philox(Block c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k = {k[0] + 0x9E3779B9U, k[1] + 0xBB67AE85U};
  }
  return c;
}

// The known answers that Random123 publishes (kat_vectors, philox4x32 10).
TEST(Philox, KnownAnswersOfRandom123) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox({f, f, f, f}, {f, f}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, IsPhiloxUnderTheNamesDigest) {
  const std::string digest = sha256_hex("demo/train/S30/seed=2/batch");
  std::array<std::uint32_t, 4> w{};
  for (std::size_t i = 0; i < 4; ++i)
    w[i] = static_cast<std::uint32_t>(std::stoul(digest.substr(8 * i, 8), nullptr, 16));
  const std::uint64_t substream = 0x0000000500000007ULL;
  Stream s("demo/train/S30/seed=2/batch", substream);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const Block expected = philox({block, 0, 7U ^ w[2], 5U ^ w[3]}, {w[0], w[1]});
    for (std::uint32_t word : expected) EXPECT_EQ(s.next_u32(), word);
  }
}

TEST(Stream, SameNameSameNumbersInAnyThread) {
  const auto draw = [](std::string_view name, std::uint64_t substream) {
    Stream s(name, substream);
    std::vector<std::uint64_t> out(50);
    for (auto& x : out) x = s.next_u64();
    return out;
  };
  const auto here = draw("a", 1);
  std::vector<std::uint64_t> there;
  std::thread t([&] {
    Stream other("something else");
    other.normal();
    there = draw("a", 1);
  });
  t.join();
  EXPECT_EQ(here, there);
  EXPECT_NE(here, draw("a", 2));
  EXPECT_NE(here, draw("b", 1));
  EXPECT_NE(draw("a", 1), draw("a", 1ULL << 32));
}

TEST(Stream, UniformFillsTheUnitIntervalEvenly) {
  Stream s("uniformity");
  constexpr int n = 100'000, bins = 20;
  std::array<int, bins> counts{};
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double u = s.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    ++counts[static_cast<std::size_t>(u * bins)];
  }
  EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
  double chi2 = 0;
  for (int c : counts) chi2 += std::pow(c - n / double{bins}, 2) / (n / double{bins});
  EXPECT_LT(chi2, 43.8) << "0.999 quantile of chi-squared with 19 degrees of freedom";
}

TEST(Stream, BelowStaysBelowAndIsEven) {
  Stream s("below");
  for (std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}, (std::uint64_t{1} << 63) + 1,
                          ~std::uint64_t{0}})
    for (int i = 0; i < 200; ++i) ASSERT_LT(s.below(n), n);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts[s.below(6)];
  for (int c : counts) EXPECT_NEAR(c, 10'000, 4 * std::sqrt(60'000 * (1.0 / 6) * (5.0 / 6)));
  // Over 2^63 a modulo would give the low half twice as often.
  const std::uint64_t n = (std::uint64_t{3} << 62);
  int low = 0;
  for (int i = 0; i < 20'000; ++i) low += s.below(n) < n / 2 ? 1 : 0;
  EXPECT_NEAR(low, 10'000, 4 * std::sqrt(5'000.0));
  EXPECT_THROW(s.below(0), Error);
}

TEST(Stream, NormalHasItsMoments) {
  Stream s("normal");
  constexpr int n = 100'000;
  double m1 = 0, m2 = 0, m4 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = s.normal();
    m1 += x / n;
    m2 += x * x / n;
    m4 += x * x * x * x / n;
  }
  EXPECT_NEAR(m1, 0, 4 / std::sqrt(n));
  EXPECT_NEAR(m2, 1, 4 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m4, 3, 4 * std::sqrt(96.0 / n));
}

TEST(Stream, WeightedFollowsItsWeights) {
  Stream s("weighted");
  const std::array<double, 4> w{1, 0, 3, 0};
  std::array<int, 4> counts{};
  for (int i = 0; i < 40'000; ++i) ++counts[s.weighted(w)];
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(counts[3], 0) << "a last weight of 0 is never drawn";
  EXPECT_NEAR(counts[2], 30'000, 4 * std::sqrt(7'500.0));
}

TEST(Stream, ShuffleKeepsEveryElementAndReachesEveryOrder) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t i = 0; i < 400; ++i) {
    std::vector<int> v{0, 1, 2, 3};
    Stream s("shuffle", i);
    s.shuffle(v);
    orders.insert(v);
    std::sort(v.begin(), v.end());
    ASSERT_EQ(v, (std::vector<int>{0, 1, 2, 3}));
  }
  EXPECT_EQ(orders.size(), 24U);
}

}  // namespace
}  // namespace undertone
