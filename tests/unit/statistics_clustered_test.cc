#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/distributions.h"

namespace undertone::statistics {
namespace {

std::vector<Observation> items_of(const std::vector<std::vector<double>>& clusters) {
  std::vector<Observation> out;
  for (std::uint32_t g = 0; g < clusters.size(); ++g)
    for (double v : clusters[g]) out.push_back({0, 0, g, 0, v, 1});
  return out;
}

// With clusters of one size the clustered variance is the delete-one-cluster jackknife's, exactly.
TEST(ClusteredT, EqualsTheJackknifeForEqualClusters) {
  Stream random("tests/jackknife");
  std::vector<std::vector<double>> clusters(9, std::vector<double>(4));
  for (auto& c : clusters)
    for (double& v : c) v = random.normal();
  const RatioEstimate r = ratio_estimate(items_of(clusters), {1, 1, 9}, 0.95);
  std::vector<double> left_out;
  for (std::size_t skip = 0; skip < clusters.size(); ++skip) {
    double sum = 0;
    for (std::size_t g = 0; g < clusters.size(); ++g)
      if (g != skip)
        for (double v : clusters[g]) sum += v;
    left_out.push_back(sum / 32);
  }
  double mean = 0, variance = 0;
  for (double v : left_out) mean += v / 9;
  for (double v : left_out) variance += 8.0 / 9 * (v - mean) * (v - mean);
  EXPECT_NEAR(r.variance->these_seeds, variance, 1e-14);
  EXPECT_EQ(r.variance->df_these_seeds, 8);
}

// Influences are derivatives: moving one cluster's weight a little moves the estimate by its influence.
TEST(Linearise, InfluenceIsTheDerivativeByClusterWeight) {
  Stream random("tests/influence");
  const Design design{2, 3, 5};
  std::vector<Observation> items;
  for (std::uint32_t s = 0; s < 2; ++s)
    for (std::uint32_t t = 0; t < 3; ++t)
      for (std::uint32_t g = 0; g < 5; ++g)
        for (std::uint64_t k = 0; k < 1 + random.below(3); ++k)
          items.push_back({s, t, g, 0, random.uniform() * 5, 1 + std::floor(3 * random.uniform())});
  const CellSums sums = cell_sums(items, design);
  const Linearised l = linearise(sums);
  const double step = 1e-6;
  for (std::size_t g = 0; g < 5; ++g) {
    CellSums moved = sums;
    double influence = 0;
    for (std::size_t s = 0; s < 2; ++s) influence += l.influence[s * 5 + g] / 2;
    for (std::size_t s = 0; s < 2; ++s)
      for (std::size_t t = 0; t < 3; ++t) {
        moved.a[moved.at(s, t, g)] *= 1 + step;
        moved.b[moved.at(s, t, g)] *= 1 + step;
      }
    // theta_t stands for its mean over seeds in the influence, so the derivative differs by the gap between
    // seeds times the share of cluster g; that part sums to zero over clusters and is taken out here.
    double gap = 0;
    for (std::size_t t = 0; t < 3; ++t) {
      double theta[2], share[2];
      for (std::size_t s = 0; s < 2; ++s) {
        double a = 0, b = 0;
        for (std::size_t h = 0; h < 5; ++h) a += sums.a[sums.at(s, t, h)], b += sums.b[sums.at(s, t, h)];
        theta[s] = a / b;
        share[s] = sums.b[sums.at(s, t, g)] / b;
      }
      const double mean = (theta[0] + theta[1]) / 2;
      for (std::size_t s = 0; s < 2; ++s) gap += (theta[s] - mean) * share[s] / 6;
    }
    EXPECT_NEAR((*linearise(moved).value - *l.value) / step, influence - gap, 1e-5);
  }
  for (std::size_t s = 0; s < 2; ++s) {  // a seed's influences sum to its estimate less the mean of all
    double sum = 0;
    for (std::size_t g = 0; g < 5; ++g) sum += l.influence[s * 5 + g];
    double theta_s = 0;
    for (std::size_t t = 0; t < 3; ++t) {
      double a = 0, b = 0;
      for (std::size_t g = 0; g < 5; ++g) a += sums.a[sums.at(s, t, g)], b += sums.b[sums.at(s, t, g)];
      theta_s += a / b / 3;
    }
    EXPECT_NEAR(sum, theta_s - *l.value, 1e-12);
  }
}

TEST(ClusteredT, DegenerateInputsGiveNothingAndSayWhy) {
  EXPECT_FALSE(ratio_estimate({}, {1, 1, 0}, 0.95).value.has_value());
  EXPECT_EQ(ratio_estimate({}, {1, 1, 0}, 0.95).these_seeds.reason, "no scored items");
  const RatioEstimate one = ratio_estimate(items_of({{1, 2, 3}}), {1, 1, 1}, 0.95);
  EXPECT_DOUBLE_EQ(one.value.value(), 2);
  EXPECT_FALSE(one.these_seeds.low.has_value());
  EXPECT_EQ(one.these_seeds.reason, "one unit: no variance can be estimated");
  const RatioEstimate constant = ratio_estimate(items_of({{0.1, 0.1}, {0.1}, {0.1}}), {1, 1, 3}, 0.95);
  EXPECT_NEAR(constant.value.value(), 0.1, 1e-15);
  EXPECT_FALSE(constant.these_seeds.low.has_value());
  EXPECT_NE(constant.these_seeds.reason.find("no variation between units"), std::string::npos);
  EXPECT_FALSE(missing_bounds(0, 0, 0, 0, 5).has_value());
  EXPECT_EQ(cluster_effect(std::vector<double>{1, 1, 1, 1}, std::vector<std::uint32_t>{0, 0, 1, 1}, 2).reason,
            "no variation between items");
}

TEST(MissingBounds, MissingItemsAtTheEndsOfTheScale) {
  const auto b = missing_bounds(12, 4, 6, 0, 5);
  EXPECT_DOUBLE_EQ(b->worst, 2);
  EXPECT_DOUBLE_EQ(b->best, 22.0 / 6);
}

TEST(ConditionalInterval, UsesOnlyTheVariationWithinUnits) {
  // Two speakers far apart, clips of each close together: narrow given these speakers, wide for others.
  std::vector<Observation> items;
  Stream random("tests/conditional");
  for (std::uint32_t g = 0; g < 2; ++g)
    for (std::uint32_t c = 0; c < 10; ++c)
      items.push_back({0, 0, g, g * 10 + c, 4.0 * g + 0.1 * random.normal(), 1});
  const Design design{1, 1, 2};
  const Interval conditional = conditional_interval(items, design, 0.95);
  const Interval wide = ratio_estimate(items, design, 0.95).these_seeds;
  EXPECT_EQ(conditional.df.value(), 18);
  EXPECT_LT(*conditional.high - *conditional.low, 0.3);
  EXPECT_GT(*wide.high - *wide.low, 10);
  // Equal numbers of clips: the textbook variance of a stratified mean, sum_h W_h^2 s_h^2 / n_h.
  double variance = 0;
  for (std::uint32_t g = 0; g < 2; ++g) {
    double sum = 0, squares = 0;
    for (const Observation& o : items)
      if (o.cluster == g) sum += o.a;
    for (const Observation& o : items)
      if (o.cluster == g) squares += (o.a - sum / 10) * (o.a - sum / 10);
    variance += 0.25 * squares / 9 / 10;
  }
  EXPECT_NEAR(*conditional.standard_error, std::sqrt(variance), 1e-14);
}

// Nominal 95 % intervals over 2,000 simulated evaluations: 12 clusters, 3 seeds that vary from nothing to 20
// times as much as all the rest. Four Monte-Carlo errors are 0.02.
TEST(CrossedSeeds, IntervalForNewSeedsCoversWhereTheOtherDoesNot) {
  const int simulations = 2000;
  for (const double times : {0.0, 1.0, 5.0, 20.0}) {
    Stream random(fmt::format("tests/coverage/{}", times));
    int covered_new = 0, covered_these = 0;
    const double of_units = (0.25 + 0.25 / 3) / 12, seed_sd = std::sqrt(3 * times * of_units);
    for (int k = 0; k < simulations; ++k) {
      std::vector<Observation> items;
      std::vector<double> cluster(12);
      for (double& c : cluster) c = 0.5 * random.normal();
      for (std::uint32_t s = 0; s < 3; ++s) {
        const double seed = seed_sd * random.normal();
        for (std::uint32_t g = 0; g < 12; ++g)
          for (int i = 0; i < 4; ++i) items.push_back({s, 0, g, 0, seed + cluster[g] + random.normal(), 1});
      }
      const RatioEstimate r = ratio_estimate(items, {3, 1, 12}, 0.95);
      covered_new += *r.new_seeds->low <= 0 && 0 <= *r.new_seeds->high;
      covered_these += *r.these_seeds.low <= 0 && 0 <= *r.these_seeds.high;
    }
    EXPECT_GT(covered_new, 0.93 * simulations) << times;
    if (times >= 1) {
      EXPECT_LT(covered_these, 0.9 * simulations) << times;
    }
  }
}

// By hand: cells 0 2 / 4 6 / 1 3 (three seeds, two clusters) have no residual, MS_seed = 2 * 13/3, MS_cluster
// = 6.
TEST(CrossedSeeds, PartsByHand) {
  std::vector<Observation> items;
  const double cells[3][2] = {{0, 2}, {4, 6}, {1, 3}};
  for (std::uint32_t s = 0; s < 3; ++s)
    for (std::uint32_t g = 0; g < 2; ++g) items.push_back({s, 0, g, 0, cells[s][g], 1});
  const CrossedVariance v = *ratio_estimate(items, {3, 1, 2}, 0.95).variance;
  EXPECT_NEAR(v.residual, 0, 1e-12);
  EXPECT_NEAR(v.seed, 13.0 / 3, 1e-12);
  EXPECT_NEAR(v.cluster, 2, 1e-12);
  EXPECT_NEAR(*v.new_seeds, 1 + 13.0 / 9, 1e-12);
  EXPECT_NEAR(*v.df_new_seeds, (1 + 13.0 / 9) / (1 + 13.0 / 18), 1e-12);
}

TEST(HarmonicDf, LiesBetweenTheSmallestAndSatterthwaites) {
  EXPECT_DOUBLE_EQ(harmonic_df({{1, 19}, {5, 2}}), 6 / (1 / 19.0 + 2.5));
  EXPECT_LT(harmonic_df({{1, 19}, {5, 2}}), 36 / (1 / 19.0 + 12.5));
  EXPECT_DOUBLE_EQ(harmonic_df({{0, 19}, {5, 2}}), 2);
  EXPECT_DOUBLE_EQ(harmonic_df({{0, 19}, {0, 2}}), 2);
  EXPECT_THROW(harmonic_df({{-1, 19}}), Error);
}

}  // namespace
}  // namespace undertone::statistics
