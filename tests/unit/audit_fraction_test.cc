#include <gtest/gtest.h>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "judges/audit/fraction.h"

namespace undertone::audit {
namespace {

TEST(AuditFraction, FindsTheFractionBehindEveryMeanOfASmallSet) {
  // Every mean rating of up to 300 items, printed as a score by one division and one product.
  for (std::int64_t n = 1; n <= 300; n += 7)
    for (std::int64_t sum = 0; sum <= 5 * n; ++sum) {
      const double score = static_cast<double>(sum) / static_cast<double>(n) * 20;
      const auto f = published_fraction(score, 20);
      ASSERT_TRUE(f) << sum << "/" << n;
      const std::int64_t shared = std::gcd(sum, n);
      EXPECT_EQ(f->numerator, sum / shared) << sum << "/" << n;
      EXPECT_EQ(f->denominator, n / shared) << sum << "/" << n;
      EXPECT_LE(f->chance, 1e-4);
    }
}

// Published by AudioBench; numerators and denominators by Python's
// fractions.Fraction.limit_denominator(20000).
TEST(AuditFraction, ReadsPublishedScores) {
  const auto is = [](double score, double factor, std::int64_t p, std::int64_t q) {
    const auto f = published_fraction(score, factor);
    ASSERT_TRUE(f) << score;
    EXPECT_EQ(f->numerator, p) << score;
    EXPECT_EQ(f->denominator, q) << score;
  };
  is(40.97069597069597, 20, 2237, 1092);
  is(0.9990842490842491, 1, 1091, 1092);
  is(78.60000000000001, 20, 393, 100);
  is(77.13333333333333, 100, 1157, 1500);
  is(0.9917469050894085, 1, 721, 727);
  is(0.6347305389221557, 1, 106, 167);
  is(0, 20, 0, 1);
  is(1, 1, 1, 1);
}

TEST(AuditFraction, SaysNothingWhereAFractionWouldBeChance) {
  EXPECT_FALSE(published_fraction(100 / std::numbers::pi, 20));
  EXPECT_FALSE(published_fraction(std::sqrt(2.0), 1));
  EXPECT_FALSE(simplest_fraction(std::exp(-1.0), 1e-16));
  EXPECT_FALSE(simplest_fraction(-0.5, 1e-12));
  EXPECT_FALSE(simplest_fraction(std::numeric_limits<double>::quiet_NaN(), 1e-12));
  EXPECT_FALSE(simplest_fraction(0.5, 0));
  EXPECT_FALSE(simplest_fraction(std::numeric_limits<double>::infinity(), 1e-12));
}

TEST(AuditFraction, TheSimplestOneOfAnInterval) {
  const auto f = simplest_fraction(0.3333, 1e-4);  // [0.3332, 0.3334] holds 1/3
  ASSERT_FALSE(f);  // but at that width nine in a million would be chance: 5e-4
  const auto g = simplest_fraction(0.33333, 1e-5);
  ASSERT_TRUE(g);
  EXPECT_EQ(g->denominator, 3);
  EXPECT_NEAR(g->chance, 3 / (std::numbers::pi * std::numbers::pi) * 9 * 2e-5, 1e-12);
}

TEST(AuditFraction, CommonMultiples) {
  EXPECT_EQ(common_multiple(1500, 600), 3000);
  EXPECT_EQ(common_multiple(1, 7), 7);
  EXPECT_FALSE(common_multiple(999'999'999'989, 999'999'999'961));
}

}  // namespace
}  // namespace undertone::audit
