// Tests of paired answers: right or wrong (McNemar), ranked (signed ranks), two metrics against one human
// (swaps), and equivalence.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "metrics/statistics/interval.h"
#include "metrics/statistics/permutation.h"
#include "metrics/statistics/test_statistic.h"

namespace undertone::statistics {

// McNemar's test by the exact binomial: of the items that only one side gets right, as many from each side
// (McNemar 1947; Fagerland, Lydersen & Laake 2013). p = 2 P(X <= the smaller count), at most 1. For
// independent items; for clustered ones use the next.
TestStatistic mcnemar_exact(std::int64_t only_first, std::int64_t only_second);

// McNemar's test for clusters (Obuchowski 1998, under the hypothesis of equal shares, where the two variances
// and the covariance reduce to the clusters' differences): Z = sum d / sqrt(G/(G-1) sum d^2), d = items of
// the cluster that only the first gets right less those that only the second does; normal, hence liberal with
// few clusters: sign_flip_test of the same d is exact. `differences` has one entry per cluster, zeros
// included.
TestStatistic mcnemar_clustered(std::span<const double> differences);

// Wilcoxon's signed ranks for clustered pairs after Rosner, Glynn & Lee (2006): |differences| of all items
// are ranked together (midranks; zeros are left out), and each cluster contributes its sum S of signed ranks.
// Under the hypothesis a cluster's differences may change sign together, so Var(sum S) = sum S^2, and
// Z = sum S / sqrt(sum S^2). `normal` is theirs for balanced clusters; with clusters of unequal size it keeps
// its level, but items rather than clusters weigh equally (their optimal weights, and Datta & Satten's (2008)
// answer to sizes that go with the effect, are not taken). `flips` is the permutation test of the same sums:
// exact up to 16 clusters and valid beyond. With one item per cluster both are Wilcoxon's (1945).
struct SignedRanks {
  double statistic = 0;  // sum of signed ranks
  TestStatistic normal;
  TestResult flips;
};
// `cluster[i]` < clusters. Not finite or all-zero differences give the reason.
SignedRanks clustered_signed_ranks(std::span<const double> differences,
                                   std::span<const std::uint32_t> cluster, std::size_t clusters,
                                   const std::string& stream, int permutations = 9999);

// Two systems or metrics are exchanged in whole clusters; under the hypothesis that they are interchangeable
// the statistic keeps its distribution whatever it is. `swapped[g]` is 1 where cluster g is exchanged. Exact
// when 2^clusters <= 2^16, else random patterns and p with the +1 (Phipson & Smyth 2010). Two-sided: patterns
// with |T| at least the observed one's; a pattern in which T is undefined counts as one. Nothing when T
// itself is undefined.
using SwapStatistic = std::function<std::optional<double>(std::span<const std::uint8_t> swapped)>;
TestResult cluster_swap_test(std::size_t clusters, const SwapStatistic& statistic, const std::string& stream,
                             int permutations = 9999);

// PERM-BOTH (Deutsch, Dror & Roth 2021) for clusters: whether metric x agrees better with the human than
// metric y, T = r(x, human) - r(y, human). Each metric is standardised, then whole clusters of scores are
// exchanged between the metrics. Pearson's r of what is given: hand midranks of each side for Spearman (the
// ranks are then exchanged as they are). Needs at least two finite items and two clusters.
TestResult perm_both(std::span<const double> x, std::span<const double> y, std::span<const double> human,
                     std::span<const std::uint32_t> cluster, std::size_t clusters, const std::string& stream,
                     int permutations = 9999);

// Two one-sided tests of low < difference < high (Schuirmann 1987), each by t with `df`. `p_value` is the
// larger of the two: equivalence is shown at level alpha where it is at most alpha, which is where the
// 1 - 2 alpha interval lies inside the margins. Size at most alpha, and alpha where the difference stands at
// a margin and the standard error is small.
struct Equivalence {
  std::optional<double> p_value, p_above_low, p_below_high;
  Interval interval;   // level 1 - 2 alpha
  bool shown = false;  // p_value <= alpha
  std::string reason;
};
Equivalence two_one_sided_tests(double difference, double standard_error, double df, double low, double high,
                                double alpha);

}  // namespace undertone::statistics
