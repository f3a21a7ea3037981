// Intervals and tests of correlations: by leaving out one cluster at a time, and, for independent items, of
// two correlations that share items.
#pragma once

#include <optional>
#include <span>

#include "metrics/statistics/interval.h"
#include "metrics/statistics/test_statistic.h"

namespace undertone::statistics {

// Cluster jackknife on Fisher's scale: z = atanh(r), Var = (G-1)/G sum_g (z_(g) - mean)^2 over the
// correlations without cluster g (leave_one_out() of bootstrap.h), t with G-1 degrees of freedom, ends back
// through tanh (Efron & Stein 1981; the scale: Fisher 1921). For any correlation, rank ones included, of
// items that share clusters. No interval where some r is undefined or stands at -1 or 1.
Interval jackknife_correlation_interval(std::optional<double> correlation,
                                        std::span<const std::optional<double>> left_out, double level);

// Whether two correlations over the same clusters differ: the jackknife of z_1 - z_2, t with G-1 degrees of
// freedom. The clustered counterpart of Williams and Steiger below.
TestStatistic jackknife_correlation_difference(std::optional<double> first,
                                               std::span<const std::optional<double>> left_out_first,
                                               std::optional<double> second,
                                               std::span<const std::optional<double>> left_out_second);

// Correlations of n independent items: a human h with metric x and with metric y, and x with y.
struct OverlappingCorrelations {
  double hx = 0, hy = 0, xy = 0;
  double n = 0;
};
// Williams' t of hx = hy, n-3 degrees of freedom (Williams 1959; recommended by Steiger 1980, equation 7).
// Items must be independent: for clustered items use jackknife_correlation_difference or perm_both.
TestStatistic williams_test(const OverlappingCorrelations& correlations);
// Steiger's Z of hx = hy: difference on Fisher's scale, its covariance at the pooled correlation (Steiger
// 1980, equations 3 and 14), normal. The same condition.
TestStatistic steiger_test(const OverlappingCorrelations& correlations);

// Two correlations without a shared variable, ab and cd, over the same n independent items, with the four
// correlations across.
struct SeparateCorrelations {
  double ab = 0, cd = 0;
  double ac = 0, ad = 0, bc = 0, bd = 0;
  double n = 0;
};
// Steiger's Z of ab = cd (Steiger 1980, equations 2 and 15), normal. The same condition.
TestStatistic steiger_test(const SeparateCorrelations& correlations);

}  // namespace undertone::statistics
