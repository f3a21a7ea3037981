#include "metrics/judge_quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation.h"

namespace undertone::metrics {
namespace {

TEST(RankCorrelation, PairsAreCountedOnceEach) {
  Stream random("tests/pairs");
  for (int round = 0; round < 50; ++round) {
    std::vector<double> x, y;
    const std::size_t n = 1 + random.below(120);
    for (std::size_t i = 0; i < n; ++i) {
      x.push_back(static_cast<double>(random.below(6)));
      y.push_back(round % 2 ? random.uniform() : static_cast<double>(random.below(4)));
    }
    OrderedPairs slow;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) {
        const bool sx = x[i] == x[j], sy = y[i] == y[j];
        ++(sx && sy                         ? slow.tied_both
           : sx                             ? slow.tied_x
           : sy                             ? slow.tied_y
           : (x[i] < x[j]) == (y[i] < y[j]) ? slow.concordant
                                            : slow.discordant);
      }
    const OrderedPairs fast = ordered_pairs(x, y);
    EXPECT_EQ(fast.concordant, slow.concordant);
    EXPECT_EQ(fast.discordant, slow.discordant);
    EXPECT_EQ(fast.tied_x, slow.tied_x);
    EXPECT_EQ(fast.tied_y, slow.tied_y);
    EXPECT_EQ(fast.tied_both, slow.tied_both);
    EXPECT_EQ(fast.all(), static_cast<std::int64_t>(n * (n - 1) / 2));
  }
}

TEST(RankCorrelation, SignAndOrderOfArguments) {
  const std::vector<double> x = {1, 2, 3, 4, 5}, falling = {9, 7, 5, 3, 1}, y = {1, 3, 2, 5, 5};
  EXPECT_DOUBLE_EQ(kendall_tau_b(x, x).value(), 1);
  EXPECT_DOUBLE_EQ(kendall_tau_b(x, falling).value(), -1);
  EXPECT_DOUBLE_EQ(kendall_tau_b(x, y).value(), kendall_tau_b(y, x).value());
  EXPECT_DOUBLE_EQ(goodman_kruskal_gamma(x, falling).value(), -1);
  const std::vector<double> zeros = {0.0, -0.0, 1}, rising = {1, 2, 3};
  EXPECT_EQ(ordered_pairs(zeros, rising).tied_x, 1);
}

TEST(RankCorrelation, NothingWithAReason) {
  const std::vector<double> alike = {2, 2, 2}, rising = {1, 2, 3}, one = {1},
                            broken = {1, 2, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_STREQ(kendall_tau_b(alike, rising).reason(), kConstant);
  EXPECT_STREQ(kendall_tau_c(rising, alike).reason(), kConstant);
  EXPECT_STREQ(goodman_kruskal_gamma(alike, alike).reason(), "every pair of items is tied");
  EXPECT_STREQ(kendall_tau_b(one, one).reason(), kTooFew);
  EXPECT_STREQ(kendall_tau_b(one, rising).reason(), kNotPaired);
  EXPECT_STREQ(kendall_tau_b(broken, rising).reason(), kNotFinite);
  EXPECT_STREQ(pearson(rising, broken).reason(), kNotFinite);
  const std::vector<std::uint8_t> right = {1, 1, 1}, wrong = {0, 0, 0};
  EXPECT_STREQ(area_under_roc(rising, right).reason(), "no answer is wrong");
  EXPECT_STREQ(area_under_roc(rising, wrong).reason(), "no answer is right");
  EXPECT_THROW(ordered_pairs(one, rising), Error);
}

TEST(Attenuation, DividesByTheRootOfReliabilities) {
  EXPECT_DOUBLE_EQ(corrected_for_attenuation(0.4, 0.64, 0.25).value(), 1.0);
  EXPECT_GT(corrected_for_attenuation(0.9, 0.5).value(), 1);  // not cut
  EXPECT_FALSE(corrected_for_attenuation(0.4, 0, 1).has_value());
  EXPECT_FALSE(corrected_for_attenuation(0.4, 1, 1.2).has_value());
  EXPECT_FALSE(corrected_for_attenuation(0.4, std::nan("")).has_value());
  EXPECT_STREQ(corrected_for_attenuation(Value::none(kConstant), 0.5).reason(), kConstant);
}

TEST(PairwiseAccuracy, TiesAreCalibrated) {
  // Humans tie the first two and the last two; a fine score never ties, but its gaps within are small.
  const std::vector<double> human = {1, 1, 3, 3}, score = {0.10, 0.12, 0.80, 0.83};
  const PairwiseAccuracy a = pairwise_accuracy(score, human);
  EXPECT_DOUBLE_EQ(a.accuracy.value(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(a.calibrated.value(), 1);
  EXPECT_NEAR(a.epsilon, 0.03, 1e-12);
  EXPECT_DOUBLE_EQ(pairwise_accuracy_at(score, human, {}, 0.02 + 1e-9).value(), 5.0 / 6);
  EXPECT_DOUBLE_EQ(pairwise_accuracy_at(score, human, {}, 1).value(), 2.0 / 6);  // everything tied
  EXPECT_FALSE(pairwise_accuracy_at(score, human, {}, -1).has_value());
  const std::vector<std::uint32_t> apart = {0, 1, 2, 3};
  EXPECT_STREQ(pairwise_accuracy(score, human, apart).accuracy.reason(), "no pair of items");
}

TEST(Grouped, LeavesOutGroupsWithoutAStatistic) {
  const std::vector<double> x = {1, 2, 3, 5, 5, 5}, y = {2, 4, 6, 1, 2, 3};
  const std::vector<std::uint32_t> group = {7, 7, 7, 9, 9, 9};
  const GroupedValue g = grouped(x, y, group, [](auto a, auto b) { return pearson(a, b); });
  EXPECT_DOUBLE_EQ(g.value.value(), 1);
  EXPECT_EQ(g.groups, 1u);
  EXPECT_EQ(g.undefined, 1u);
  const GroupMeans means = group_means(x, y, group);
  EXPECT_EQ(means.x, (std::vector<double>{2, 5}));
  EXPECT_EQ(means.y, (std::vector<double>{4, 2}));
  const std::vector<std::uint32_t> short_group = {1};
  EXPECT_FALSE(grouped(x, y, short_group, [](auto a, auto b) { return pearson(a, b); }).value.has_value());
}

TEST(ScoreLevels, ShareAndMonotony) {
  const std::vector<double> score = {5, 0, 0, 3, 3, 5};
  const std::vector<std::uint8_t> right = {1, 0, 0, 1, 0, 1};
  const auto levels = share_correct_by_level(score, right);
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[1].score, 3);
  EXPECT_DOUBLE_EQ(levels[1].share(), 0.5);
  EXPECT_TRUE(is_monotone(levels));
  const std::vector<std::uint8_t> other = {0, 0, 0, 1, 1, 0};
  EXPECT_FALSE(is_monotone(share_correct_by_level(score, other)));
}

// Clusters of one item each are independent items: the clustered test is close to Cochran-Armitage. Copies of
// every item in its cluster are no news: its z stays, while the other test's grows by the root of their
// number.
TEST(Trend, CopiesOfItemsAreNoEvidence) {
  Stream random("tests/trend");
  std::vector<double> score, copied_score;
  std::vector<std::uint8_t> right, copied_right;
  std::vector<std::uint32_t> cluster, copied_cluster;
  for (std::uint32_t i = 0; i < 400; ++i) {
    score.push_back(static_cast<double>(random.below(6)));
    right.push_back(random.uniform() < 0.3 + 0.04 * score.back());
    cluster.push_back(i);
    for (int k = 0; k < 9; ++k) {
      copied_score.push_back(score.back());
      copied_right.push_back(right.back());
      copied_cluster.push_back(i);
    }
  }
  const double z = cochran_armitage(share_correct_by_level(score, right)).z.value();
  const TrendTest clustered = clustered_trend(score, right, cluster);
  EXPECT_NEAR(clustered.z.value(), z, 0.1 * std::fabs(z));
  EXPECT_NEAR(clustered_trend(copied_score, copied_right, copied_cluster).z.value(), clustered.z.value(),
              1e-9);
  EXPECT_NEAR(cochran_armitage(share_correct_by_level(copied_score, copied_right)).z.value(), 3 * z, 1e-9);
  EXPECT_EQ(clustered.clusters, 400u);
}

TEST(Trend, NothingWithAReason) {
  const std::vector<double> alike = {2, 2, 2}, rising = {0.1, 0.2, 0.3};
  const std::vector<std::uint8_t> mixed = {0, 1, 0}, all = {1, 1, 1};
  const std::vector<std::uint32_t> clusters = {0, 1, 2}, one = {4, 4, 4};
  EXPECT_FALSE(cochran_armitage(share_correct_by_level(alike, mixed)).z.has_value());
  EXPECT_FALSE(cochran_armitage(share_correct_by_level(rising, all)).p_value.has_value());
  EXPECT_FALSE(cochran_armitage({}).z.has_value());
  EXPECT_FALSE(clustered_trend(rising, all, clusters).z.has_value());
  EXPECT_STREQ(clustered_trend(rising, mixed, one).z.reason(), "fewer than two clusters");
}

}  // namespace
}  // namespace undertone::metrics
