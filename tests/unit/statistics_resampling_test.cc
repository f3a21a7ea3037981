#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/multiplicity.h"
#include "metrics/statistics/permutation.h"

namespace undertone::statistics {
namespace {

TEST(Draws, EveryReplicateDrawsAsManyClustersAsThereAre) {
  const Draws kept("tests/draws", 50, 7), afresh("tests/draws", 50, 7, 0);
  std::vector<std::uint16_t> buffer, other;
  for (int r = 0; r < 50; ++r) {
    const auto a = kept.counts(r, buffer), b = afresh.counts(r, other);
    int total = 0;
    for (std::size_t i = 0; i < 7; ++i) {
      total += a[i];
      EXPECT_EQ(a[i], b[i]);  // kept or drawn again: the same
    }
    EXPECT_EQ(total, 7);
  }
}

// All 4^4 draws of four clusters, against what the sampled draws say: shares within 5 binomial standard
// errors.
TEST(Draws, AgreeWithFullEnumeration) {
  const std::vector<double> sum = {1, 5, 2, 9}, count = {1, 2, 1, 3};
  auto mean = [&](std::span<const std::uint16_t> w) -> std::optional<double> {
    double a = 0, b = 0;
    for (std::size_t i = 0; i < 4; ++i) a += w[i] * sum[i], b += w[i] * count[i];
    return a / b;
  };
  std::map<double, double> exact, sampled;
  for (int pattern = 0; pattern < 256; ++pattern) {
    std::vector<std::uint16_t> w(4, 0);
    for (int k = 0, p = pattern; k < 4; ++k, p /= 4) ++w[static_cast<std::size_t>(p % 4)];
    exact[*mean(w)] += 1.0 / 256;
  }
  const int B = 20000;
  for (const auto& v : replicate(Draws("tests/enumeration", B, 4), mean)) sampled[*v] += 1.0 / B;
  EXPECT_EQ(exact.size(), sampled.size());
  for (const auto& [value, share] : exact)
    EXPECT_NEAR(sampled[value], share, 5 * std::sqrt(share * (1 - share) / B)) << value;
}

TEST(PercentileInterval, SaysWhyThereIsNone) {
  const std::vector<std::optional<double>> constant(200, 2.0), undefined(200, std::nullopt);
  EXPECT_FALSE(percentile_interval(constant, 0.95).low.has_value());
  EXPECT_NE(percentile_interval(constant, 0.95).reason.find("every draw gives the same value"),
            std::string::npos);
  EXPECT_FALSE(percentile_interval(undefined, 0.95).low.has_value());
  EXPECT_EQ(percentile_interval(undefined, 0.95).reason, "undefined in 200 of 200 draws");
  EXPECT_FALSE(percentile_interval({}, 0.95).low.has_value());
  std::vector<std::optional<double>> few;
  for (int i = 0; i < 200; ++i) few.push_back(i);
  few[3] = std::nullopt;  // half a percent: left out and told
  const Interval i = percentile_interval(few, 0.95);
  EXPECT_TRUE(i.low.has_value());
  EXPECT_EQ(i.reason, "undefined in 1 of 200 draws");
  few[4] = few[5] = std::nullopt;
  EXPECT_FALSE(percentile_interval(few, 0.95).low.has_value());
}

// The Monte-Carlo error that one interval states is the spread of its ends over many streams.
TEST(PercentileInterval, MonteCarloErrorIsTheSpreadOverStreams) {
  const std::vector<double> sum = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
  auto mean = [&](std::span<const std::uint16_t> w) -> std::optional<double> {
    double a = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) a += w[i] * sum[i];
    return a / static_cast<double>(sum.size());
  };
  double s = 0, ss = 0, stated = 0;
  const int streams = 200;
  for (int k = 0; k < streams; ++k) {
    const Interval i =
        percentile_interval(replicate(Draws("tests/mc/" + std::to_string(k), 1000, sum.size()), mean), 0.95);
    s += *i.low;
    ss += *i.low * *i.low;
    stated += *i.monte_carlo_error_low / streams;
  }
  const double spread = std::sqrt((ss - s * s / streams) / (streams - 1));
  EXPECT_NEAR(stated / spread, 1, 0.25);
}

TEST(SignFlip, ExactEqualsEnumerationByHand) {
  const std::vector<double> d = {0.5, -0.2, 0.9, 0.1, 0.4};
  int hits = 0;
  for (int pattern = 0; pattern < 32; ++pattern) {
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i) sum += (pattern >> i) & 1 ? d[i] : -d[i];
    if (std::fabs(sum) >= 1.7 - 1e-9) ++hits;
  }
  const TestResult r = sign_flip_test(d, "s");
  EXPECT_TRUE(r.exact);
  EXPECT_DOUBLE_EQ(r.p_value.value(), hits / 32.0);
}

TEST(SignFlip, RandomPatternsApproachTheExactOnes) {
  std::vector<double> d;
  for (std::size_t i = 0; i < kExactSignFlips; ++i) d.push_back(0.3 + std::sin(static_cast<double>(i) * 2.1));
  const double exact = sign_flip_test(d, "s").p_value.value();
  std::vector<double> longer = d;
  longer.push_back(1e-9);  // one cluster more: too many to enumerate, and the last changes next to nothing
  const TestResult r = sign_flip_test(longer, "tests/random-flips", 40000);
  EXPECT_FALSE(r.exact);
  EXPECT_EQ(r.permutations, 40000);
  EXPECT_NEAR(r.p_value.value(), exact, 5 * std::sqrt(exact * (1 - exact) / 40000));
}

TEST(SignFlip, NeverGivesZeroAndHandlesDegenerateInput) {
  const std::vector<double> strong(30, 1.0);
  EXPECT_DOUBLE_EQ(sign_flip_test(strong, "s", 999).p_value.value(), 1.0 / 1000);
  const std::vector<double> zero(30, 0.0), one = {2.0};
  EXPECT_DOUBLE_EQ(sign_flip_test(zero, "s").p_value.value(), 1);
  EXPECT_FALSE(sign_flip_test(one, "s").p_value.has_value());
  EXPECT_EQ(sign_flip_test(one, "s").reason, "fewer than two units");
  EXPECT_FALSE(sign_flip_test({}, "s").p_value.has_value());
}

// Beyond the 64 clusters of one word of random bits: the last thirty carry all, and only patterns that flip
// all or none of them reach the observed sum.
TEST(SignFlip, FlipsClustersBeyondTheFirstWord) {
  std::vector<double> d(130, 1e-9);
  for (std::size_t i = 100; i < 130; ++i) d[i] = 1;
  EXPECT_LT(sign_flip_test(d, "tests/many", 2000).p_value.value(), 0.01);
}

TEST(Multiplicity, EmptyAndOrder) {
  EXPECT_TRUE(holm({}).empty());
  EXPECT_TRUE(benjamini_hochberg({}).empty());
  const std::vector<double> p = {0.04, 0.01, 0.03};
  EXPECT_EQ(holm(p), (std::vector<double>{0.06, 0.03, 0.06}));
}

}  // namespace
}  // namespace undertone::statistics
