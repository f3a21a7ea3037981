#include "metrics/statistics/ratio_interval.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"

namespace undertone::statistics {

TwoEstimates two_estimates(double numerator, std::span<const double> influence_numerator, double denominator,
                           std::span<const double> influence_denominator) {
  if (influence_numerator.size() != influence_denominator.size())
    throw Error(ErrorKind::internal, "two_estimates needs the same clusters on both sides");
  TwoEstimates out;
  out.numerator = numerator;
  out.denominator = denominator;
  const auto G = static_cast<double>(influence_numerator.size());
  if (G < 2) return out;
  out.df = G - 1;
  const double scale = G / (G - 1);
  for (std::size_t g = 0; g < influence_numerator.size(); ++g) {
    const double u = influence_numerator[g], v = influence_denominator[g];
    out.variance_numerator += scale * u * u;
    out.variance_denominator += scale * v * v;
    out.covariance += scale * u * v;
  }
  return out;
}

Interval fieller_interval(const TwoEstimates& e, double level) {
  Interval out;
  out.level = level;
  out.method = "Fieller";
  if (!(e.df > 0)) {
    out.reason = "fewer than two units: no variance can be estimated";
    return out;
  }
  if (!std::isfinite(e.numerator) || !std::isfinite(e.denominator) || e.denominator == 0) {
    out.reason = "the denominator is zero: there is no ratio";
    return out;
  }
  out.df = e.df;
  const double ratio = e.numerator / e.denominator;
  const double t = t_quantile(0.5 + level / 2, e.df);
  const double variance =
      e.variance_numerator - 2 * ratio * e.covariance + ratio * ratio * e.variance_denominator;
  out.standard_error = std::sqrt(std::max(0.0, variance)) / std::fabs(e.denominator);  // delta method
  if (*out.standard_error <= 1e-13 * std::max(1.0, std::fabs(ratio))) {
    out.reason = "no variation between units: an interval of width zero would claim certainty";
    return out;
  }
  const double g = t * t * e.variance_denominator / (e.denominator * e.denominator);
  if (g >= 1) {
    out.reason = "the denominator is not clear of zero at this level: the set of ratios is unbounded";
    return out;
  }
  // Roots of (n - r d)^2 = t^2 (Vn - 2 r C + r^2 Vd) in r.
  const double a = e.denominator * e.denominator - t * t * e.variance_denominator;
  const double b = e.numerator * e.denominator - t * t * e.covariance;
  const double c = e.numerator * e.numerator - t * t * e.variance_numerator;
  const double root = std::sqrt(std::max(0.0, b * b - a * c));
  out.low = (b - root) / a;
  out.high = (b + root) / a;
  return out;
}

StudentisedStatistic studentised_ratio(std::span<const double> a, std::span<const double> b) {
  return [a, b](std::span<const std::uint16_t> counts) -> std::optional<Studentised> {
    double sum_a = 0, sum_b = 0, G = 0;
    for (std::size_t g = 0; g < a.size(); ++g) {
      sum_a += counts[g] * a[g];
      sum_b += counts[g] * b[g];
      G += counts[g];
    }
    if (!(sum_b > 0) || G < 2) return std::nullopt;
    Studentised out;
    out.value = sum_a / sum_b;
    double squares = 0;
    for (std::size_t g = 0; g < a.size(); ++g) {
      const double u = (a[g] - out.value * b[g]) / sum_b;
      squares += counts[g] * u * u;
    }
    out.standard_error = std::sqrt(squares * G / (G - 1));
    return out;
  };
}

Interval studentised_interval(const Draws& draws, const StudentisedStatistic& statistic, double level) {
  const std::vector<std::uint16_t> once(draws.clusters(), 1);
  const auto estimate = statistic(once);
  auto usable = [](const std::optional<Studentised>& s) {
    return s && std::isfinite(s->value) && s->standard_error > 1e-13 * std::max(1.0, std::fabs(s->value));
  };
  Interval out;
  if (!usable(estimate)) {
    out.level = level;
    out.method = "cluster bootstrap studentised";
    out.reason = estimate ? "no variation between units: there is nothing to studentise with"
                          : "the estimate is undefined";
    return out;
  }
  const auto pivots = replicate(draws, [&](std::span<const std::uint16_t> counts) -> std::optional<double> {
    const auto drawn = statistic(counts);
    if (!usable(drawn)) return std::nullopt;
    return (drawn->value - estimate->value) / drawn->standard_error;
  });
  out = percentile_interval(pivots, level);
  out.method = "cluster bootstrap studentised";
  out.standard_error = estimate->standard_error;
  if (!out.low) return out;
  const double se = estimate->standard_error, low = *out.low, high = *out.high;
  out.low = estimate->value - high * se;
  out.high = estimate->value - low * se;
  std::swap(out.monte_carlo_error_low, out.monte_carlo_error_high);
  *out.monte_carlo_error_low *= se;
  *out.monte_carlo_error_high *= se;
  return out;
}

}  // namespace undertone::statistics
