// Intervals of ratios, such as relative gains, and of studentised draws.
#pragma once

#include <optional>
#include <span>

#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/interval.h"

namespace undertone::statistics {

// Two estimates with their joint variance, and the degrees of freedom of it.
struct TwoEstimates {
  double numerator = 0, denominator = 0;
  double variance_numerator = 0, variance_denominator = 0, covariance = 0;
  double df = 0;
};
// From clusters' influences (linearise() of clustered.h, one seed, the same clusters on both sides, dense):
// G/(G-1) times their sums of squares and products, G-1 degrees of freedom.
TwoEstimates two_estimates(double numerator, std::span<const double> influence_numerator, double denominator,
                           std::span<const double> influence_denominator);

// Fieller's set of ratios r that the t test of numerator - r denominator = 0 does not reject (Fieller 1954).
// Where the denominator itself is not clear of zero at that level, the set is unbounded: no interval, and the
// reason says so. A relative gain in percent is 100 (ratio - 1), and so are its ends.
Interval fieller_interval(const TwoEstimates& estimates, double level);

// A statistic of one draw with the standard error that the draw itself gives.
struct Studentised {
  double value = 0, standard_error = 0;
};
using StudentisedStatistic = std::function<std::optional<Studentised>(std::span<const std::uint16_t> counts)>;

// Studentised cluster bootstrap (Davison & Hinkley 1997, section 5.2.1; for clusters Cameron, Gelbach &
// Miller 2008): quantiles of (draw - estimate) / the draw's standard error, mirrored onto the estimate with
// its own. A draw without a standard error above rounding is undefined; the rules for undefined draws and the
// Monte-Carlo errors are those of percentile_interval. It errs towards width with few clusters.
Interval studentised_interval(const Draws& draws, const StudentisedStatistic& statistic, double level);

// The statistic of a ratio of sums over clusters, sum a / sum b (b = items: a mean), with the linearised
// cluster-robust standard error; a cluster that is drawn k times counts as k clusters. Spans must outlive it.
StudentisedStatistic studentised_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace undertone::statistics
