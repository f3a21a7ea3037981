// Fast paths of the metrics against the items themselves: tables of ratings, weighted ranks, counting of
// labels, and the bootstraps over them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/classification_bootstrap.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation_bootstrap.h"
#include "metrics/rank_correlation_table.h"

namespace undertone::metrics {
namespace {

struct Case {
  std::vector<double> x, y;
  std::vector<std::uint32_t> cluster;
  std::size_t clusters;
};

// Ratings, half points, negative values or continuous ones, in few clusters.
Case some_case(std::uint64_t run) {
  Stream random("tests/rank-case", run);
  Case out;
  out.clusters = 2 + random.below(12);
  const std::size_t n = out.clusters + random.below(run % 5 == 0 ? 2500 : 60);
  const auto kind = random.below(4);
  for (std::size_t i = 0; i < n; ++i) {
    const double q = random.normal();
    const auto value = [&] {
      const double v = q + 0.7 * random.normal();
      if (kind == 0) return std::clamp(std::round(2.5 + v), 0.0, 5.0);
      if (kind == 1) return std::round(2 * v) / 2;
      if (kind == 2) return v;
      return random.below(4) ? v : 0.0;
    };
    out.x.push_back(value());
    out.y.push_back(value());
    out.cluster.push_back(static_cast<std::uint32_t>(i < out.clusters ? i : random.below(out.clusters)));
  }
  return out;
}

Case drawn(const Case& from, std::span<const std::uint16_t> counts) {
  Case out;
  for (std::size_t i = 0; i < from.x.size(); ++i)
    for (int k = 0; k < counts[from.cluster[i]]; ++k) out.x.push_back(from.x[i]), out.y.push_back(from.y[i]);
  return out;
}

void expect_same(const OrderedPairs& a, const OrderedPairs& b) {
  EXPECT_EQ(a.concordant, b.concordant);
  EXPECT_EQ(a.discordant, b.discordant);
  EXPECT_EQ(a.tied_x, b.tied_x);
  EXPECT_EQ(a.tied_y, b.tied_y);
  EXPECT_EQ(a.tied_both, b.tied_both);
  EXPECT_EQ(a.levels_x, b.levels_x);
  EXPECT_EQ(a.levels_y, b.levels_y);
  EXPECT_EQ(a.items, b.items);
}

void expect_near(const std::optional<double>& a, const Value& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (a) {
    EXPECT_NEAR(*a, *b, 1e-12);
  }
}

OrderedPairs pairs_one_by_one(const std::vector<double>& x, const std::vector<double>& y) {
  OrderedPairs out;
  out.items = static_cast<std::int64_t>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      const double dx = x[i] - x[j], dy = y[i] - y[j];
      if (dx == 0 && dy == 0)
        ++out.tied_both;
      else if (dx == 0)
        ++out.tied_x;
      else if (dy == 0)
        ++out.tied_y;
      else
        ++(dx * dy > 0 ? out.concordant : out.discordant);
    }
  const auto distinct = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return static_cast<std::int64_t>(std::unique(v.begin(), v.end()) - v.begin());
  };
  out.levels_x = distinct(x);
  out.levels_y = distinct(y);
  return out;
}

TEST(FastRanks, PairsOfSortTableAndWeightsAgreeWithOneByOne) {
  for (std::uint64_t run = 0; run < 40; ++run) {
    const Case c = some_case(run);
    const OrderedPairs plain = pairs_one_by_one(c.x, c.y);
    expect_same(ordered_pairs(c.x, c.y), plain);
    const RatingTable table = rating_table(c.x, c.y);
    expect_same(ordered_pairs_of_table(table.counts, table.x.size(), table.y.size()), plain);
    expect_near(spearman_of_table(table.counts, table.x.size(), table.y.size()), spearman(c.x, c.y));
    WeightedRanks ranks(c.x, c.y, c.cluster);
    expect_same(ranks.pairs(std::vector<std::uint16_t>(c.clusters, 1)), plain);
  }
}

TEST(FastRanks, ThreadsChangeNoPairOfManyItems) {
  for (const bool ties : {false, true}) {
    Stream random("tests/many-pairs");
    std::vector<double> x, y;
    for (int i = 0; i < 70'001; ++i) {
      x.push_back(ties ? static_cast<double>(random.below(500)) : random.normal());
      y.push_back(ties ? static_cast<double>(random.below(300)) : x.back() + random.normal());
    }
    x[7] = -x[8], x[9] = 0.0, x[10] = -0.0;
    expect_same(ordered_pairs(x, y, 2), ordered_pairs(x, y, 1));
    // Changing sides changes what is sorted and what is counted, but no pair.
    const std::vector<double> some_x(x.begin(), x.begin() + 33'000), some_y(y.begin(), y.begin() + 33'000);
    const OrderedPairs swapped = ordered_pairs(some_y, some_x), straight = ordered_pairs(some_x, some_y, 2);
    EXPECT_EQ(swapped.concordant, straight.concordant);
    EXPECT_EQ(swapped.discordant, straight.discordant);
    EXPECT_EQ(swapped.tied_x, straight.tied_y);
    EXPECT_EQ(swapped.tied_y, straight.tied_x);
    if (!ties) continue;
    const RatingTable table = rating_table(x, y);
    expect_same(ordered_pairs(x, y, 1), ordered_pairs_of_table(table.counts, table.x.size(), table.y.size()));
  }
}

TEST(FastRanks, WeightedItemsAreItemsRepeated) {
  for (std::uint64_t run = 0; run < 60; ++run) {
    const Case c = some_case(run);
    const statistics::Draws draws("tests/weighted-ranks", 8, c.clusters);
    WeightedRanks ranks(c.x, c.y, c.cluster);
    std::vector<std::uint16_t> buffer;
    for (int r = 0; r < draws.resamples(); ++r) {
      const auto counts = draws.counts(r, buffer);
      const Case repeated = drawn(c, counts);
      const RankCorrelations now = ranks(counts);
      expect_near(now.spearman, spearman(repeated.x, repeated.y));
      expect_near(now.kendall_tau_b, kendall_tau_b(repeated.x, repeated.y));
      expect_same(ranks.pairs(counts), ordered_pairs(repeated.x, repeated.y));
    }
  }
}

TEST(FastRanks, ClusteredDrawsAreThoseOfTheDrawnItems) {
  for (std::uint64_t run = 0; run < 30; ++run) {
    const Case c = some_case(run);
    const statistics::Draws draws("tests/clustered-ranks", 70, c.clusters);
    const RankDraws one = clustered_rank_draws(c.x, c.y, c.cluster, draws, 1);
    std::vector<std::uint16_t> buffer;
    for (int r = 0; r < draws.resamples(); ++r) {
      const Case repeated = drawn(c, draws.counts(r, buffer));
      expect_near(one.spearman[static_cast<std::size_t>(r)], spearman(repeated.x, repeated.y));
      expect_near(one.kendall_tau_b[static_cast<std::size_t>(r)], kendall_tau_b(repeated.x, repeated.y));
    }
    for (const int threads : {2, 8}) {
      const RankDraws many = clustered_rank_draws(c.x, c.y, c.cluster, draws, threads);
      EXPECT_EQ(many.spearman, one.spearman);
      EXPECT_EQ(many.kendall_tau_b, one.kendall_tau_b);
    }
  }
  const std::vector<double> x = {1, 2, 3};
  const std::vector<std::uint32_t> far = {0, 1, 9};
  EXPECT_THROW(clustered_rank_draws(x, x, far, statistics::Draws("x", 10, 2)), Error);
}

double mean_of(const std::vector<std::optional<double>>& v, double& deviation) {
  double sum = 0, squares = 0, n = 0;
  for (const auto& one : v)
    if (one) sum += *one, squares += *one * *one, n += 1;
  deviation = std::sqrt(squares / n - sum / n * (sum / n));
  return sum / n;
}

// The multinomial draw of the table and the draw of items have one distribution: means, spreads and quantiles
// of 4,000 draws each.
TEST(FastRanks, TableDrawsAreDistributedAsDrawsOfItems) {
  Stream random("tests/table-against-items");
  std::vector<double> x, y;
  std::vector<std::uint32_t> own;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const double q = random.normal();
    x.push_back(std::clamp(std::round(2.5 + q + random.normal()), 0.0, 5.0));
    y.push_back(std::clamp(std::round(2.5 + q + random.normal()), 0.0, 5.0));
    own.push_back(i);
  }
  const int B = 4000;
  const RankDraws table = independent_rank_draws(x, y, "tests/table", B, 2);
  const RankDraws items = clustered_rank_draws(x, y, own, statistics::Draws("tests/items", B, x.size()), 2);
  for (auto list : {&RankDraws::spearman, &RankDraws::kendall_tau_b}) {
    double a = 0, b = 0;
    const double difference = mean_of(table.*list, a) - mean_of(items.*list, b);
    EXPECT_NEAR(difference, 0, 5 * std::hypot(a, b) / std::sqrt(B));
    EXPECT_NEAR(a / b, 1, 5 / std::sqrt(static_cast<double>(B)));
    const auto p = statistics::percentile_interval(table.*list, 0.95),
               q = statistics::percentile_interval(items.*list, 0.95);
    EXPECT_NEAR(*p.low, *q.low, 5 * std::hypot(*p.monte_carlo_error_low, *q.monte_carlo_error_low));
    EXPECT_NEAR(*p.high, *q.high, 5 * std::hypot(*p.monte_carlo_error_high, *q.monte_carlo_error_high));
  }
  for (const int threads : {1, 8}) {
    const RankDraws again = independent_rank_draws(x, y, "tests/table", B, threads);
    EXPECT_EQ(again.spearman, table.spearman);
    EXPECT_EQ(again.kendall_tau_b, table.kendall_tau_b);
  }
}

TEST(FastRanks, SayWhyThereIsNone) {
  const std::vector<double> constant = {2, 2, 2}, varied = {1, 2, 3};
  const RatingTable table = rating_table(constant, varied);
  EXPECT_STREQ(spearman_of_table(table.counts, table.x.size(), table.y.size()).reason(), kConstant);
  EXPECT_STREQ(WeightedRanks(constant, varied, {})(std::vector<std::uint16_t>(3, 1)).kendall_tau_b.reason(),
               kConstant);
  EXPECT_STREQ(WeightedRanks(varied, varied, {})(std::vector<std::uint16_t>{0, 1, 0}).spearman.reason(),
               kTooFew);
  const std::vector<double> broken = {1, NAN, 2};
  EXPECT_THROW(rating_table(broken, varied), Error);
  EXPECT_THROW(WeightedRanks(broken, varied, {}), Error);
  EXPECT_THROW(ordered_pairs_of_table(std::vector<std::uint64_t>{1, 2, 3}, 2, 2), Error);
  EXPECT_TRUE(independent_rank_draws(std::vector<double>{}, std::vector<double>{}, "x", 5).spearman[4] ==
              std::nullopt);
}

TEST(FastLabels, CountedAsOneByOneOnAnyThreads) {
  for (std::uint64_t run = 0; run < 12; ++run) {
    Stream random("tests/labels", run);
    const std::size_t classes = 1 + random.below(12), n = run % 3 ? random.below(50) : 300'000;
    std::vector<std::int32_t> gold, answered;
    Confusion plain(classes);
    for (std::size_t i = 0; i < n; ++i) {
      gold.push_back(static_cast<std::int32_t>(random.below(classes)));
      answered.push_back(static_cast<std::int32_t>(random.below(classes + 3)) - 1);
      const auto g = static_cast<std::size_t>(gold.back());
      if (answered.back() < 0 || static_cast<std::size_t>(answered.back()) >= classes)
        plain.unmapped[g] += 1;
      else
        plain.at(g, static_cast<std::size_t>(answered.back())) += 1;
    }
    for (const int threads : {1, 2, 8}) {
      const Confusion table = confusion_of(gold, answered, classes, threads);
      EXPECT_EQ(table.counts, plain.counts);
      EXPECT_EQ(table.unmapped, plain.unmapped);
    }
    if (n == 0) continue;
    gold[n / 2] = -1;
    EXPECT_THROW(confusion_of(gold, answered, classes), Error);
    gold[n / 2] = static_cast<std::int32_t>(classes);
    EXPECT_THROW(confusion_of(gold, answered, classes), Error);
  }
}

TEST(FastLabels, ClusteredScoresAreThoseOfTheDrawnItems) {
  for (std::uint64_t run = 0; run < 24; ++run) {
    Stream random("tests/clustered-labels", run);
    const std::size_t classes = 2 + random.below(7), clusters = 2 + random.below(30);
    std::vector<std::int32_t> gold, answered;
    std::vector<std::uint32_t> cluster;
    for (std::size_t i = 0; i < 3 * clusters; ++i) {
      gold.push_back(static_cast<std::int32_t>(random.below(classes)));
      answered.push_back(random.below(2) ? gold.back()
                                         : static_cast<std::int32_t>(random.below(classes + 1)));
      cluster.push_back(static_cast<std::uint32_t>(i % clusters));
    }
    const statistics::Draws draws("tests/clustered-labels", 70, clusters);
    for (const Unmapped unmapped : {Unmapped::left_out, Unmapped::wrong}) {
      const auto one = clustered_averaged_draws(gold, answered, cluster, classes, unmapped, draws, 1);
      const auto eight = clustered_averaged_draws(gold, answered, cluster, classes, unmapped, draws, 8);
      EXPECT_EQ(one.macro_f1, eight.macro_f1);
      std::vector<std::uint16_t> buffer;
      for (int r = 0; r < draws.resamples(); ++r) {
        const auto counts = draws.counts(r, buffer);
        Confusion table(classes);
        for (std::size_t i = 0; i < gold.size(); ++i) {
          const auto g = static_cast<std::size_t>(gold[i]), a = static_cast<std::size_t>(answered[i]);
          (a < classes ? table.at(g, a) : table.unmapped[g]) += counts[cluster[i]];
        }
        const ClassificationScores plain = classification_scores(table, unmapped);
        const auto at = static_cast<std::size_t>(r);
        EXPECT_EQ(one.macro_f1[at], std::optional<double>(plain.f1_macro));
        EXPECT_EQ(one.weighted_f1[at], std::optional<double>(plain.f1_weighted));
        EXPECT_EQ(one.unweighted_average_recall[at], std::optional<double>(plain.unweighted_average_recall));
      }
    }
  }
}

TEST(FastLabels, TableDrawsAreDistributedAsDrawsOfItems) {
  Stream random("tests/label-distribution");
  std::vector<std::int32_t> gold, answered;
  std::vector<std::uint32_t> own;
  for (std::uint32_t i = 0; i < 400; ++i) {
    gold.push_back(static_cast<std::int32_t>(random.below(5)));
    answered.push_back(random.below(3) ? gold.back() : static_cast<std::int32_t>(random.below(6)));
    own.push_back(i);
  }
  const int B = 4000;
  const auto items = clustered_averaged_draws(gold, answered, own, 5, Unmapped::wrong,
                                              statistics::Draws("tests/label-items", B, own.size()), 2);
  const Confusion table = confusion_of(gold, answered, 5);
  const auto cells = independent_averaged_draws(table, Unmapped::wrong, "tests/label-table", B, 2);
  EXPECT_EQ(cells.macro_f1,
            independent_averaged_draws(table, Unmapped::wrong, "tests/label-table", B, 1).macro_f1);
  for (auto list :
       {&AveragedDraws::macro_f1, &AveragedDraws::weighted_f1, &AveragedDraws::unweighted_average_recall}) {
    double a = 0, b = 0;
    const double difference = mean_of(items.*list, a) - mean_of(cells.*list, b);
    EXPECT_NEAR(difference, 0, 5 * std::hypot(a, b) / std::sqrt(B));
    EXPECT_NEAR(a / b, 1, 5 / std::sqrt(static_cast<double>(B)));
  }
  Confusion half(2);
  half.at(0, 0) = 0.5;
  EXPECT_THROW(independent_averaged_draws(half, Unmapped::wrong, "x", 10), Error);
  EXPECT_FALSE(independent_averaged_draws(Confusion(2), Unmapped::wrong, "x", 10).macro_f1[0].has_value());
}

}  // namespace
}  // namespace undertone::metrics
