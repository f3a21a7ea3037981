#include "metrics/statistics/correlation_tests.h"

#include <cmath>
#include <initializer_list>
#include <vector>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"

namespace undertone::statistics {
namespace {

constexpr const char* kUndefined = "the correlation is undefined, or -1 or 1, with or without some unit";
constexpr const char* kFewUnits = "fewer than two units: no variance can be estimated";

// Fisher's z, or nothing outside (-1, 1).
std::optional<double> fisher(std::optional<double> r) {
  if (!r || !(std::fabs(*r) < 1)) return std::nullopt;
  return std::atanh(*r);
}

double jackknife_error(std::span<const double> left_out) {
  const auto G = static_cast<double>(left_out.size());
  double mean = 0, squares = 0;
  for (double v : left_out) mean += v / G;
  for (double v : left_out) squares += (v - mean) * (v - mean);
  return std::sqrt((G - 1) / G * squares);
}

bool within(std::initializer_list<double> correlations) {
  for (double r : correlations)
    if (!(std::fabs(r) < 1)) return false;
  return true;
}

TestStatistic normal_test(double z, const char* method) {
  TestStatistic out;
  out.method = method;
  out.statistic = z;
  out.p_value = 2 * normal_cdf(-std::fabs(z));
  return out;
}

// Z of two Fisher-transformed correlations whose estimates correlate by `c`.
TestStatistic steiger(double first, double second, double c, double n, const char* method) {
  const double spread = 2 - 2 * c;
  if (!(spread > 1e-12)) return TestStatistic::none(method, "the two correlations are the same");
  return normal_test((std::atanh(first) - std::atanh(second)) * std::sqrt((n - 3) / spread), method);
}

}  // namespace

Interval jackknife_correlation_interval(std::optional<double> correlation,
                                        std::span<const std::optional<double>> left_out, double level) {
  Interval out;
  out.level = level;
  out.method = "cluster jackknife t on Fisher's z";
  const auto z = fisher(correlation);
  std::vector<double> zs;
  for (const auto& r : left_out)
    if (const auto v = fisher(r)) zs.push_back(*v);
  if (left_out.size() < 2) {
    out.reason = kFewUnits;
    return out;
  }
  if (!z || zs.size() != left_out.size()) {
    out.reason = kUndefined;
    return out;
  }
  out = t_interval(*z, jackknife_error(zs), static_cast<double>(zs.size() - 1), level, out.method);
  if (!out.low) return out;
  out.low = std::tanh(*out.low);
  out.high = std::tanh(*out.high);
  *out.standard_error *= 1 - *correlation * *correlation;  // that of r itself, delta method
  return out;
}

TestStatistic jackknife_correlation_difference(std::optional<double> first,
                                               std::span<const std::optional<double>> left_out_first,
                                               std::optional<double> second,
                                               std::span<const std::optional<double>> left_out_second) {
  constexpr const char* method = "cluster jackknife t of a difference on Fisher's z";
  if (left_out_first.size() != left_out_second.size())
    throw Error(ErrorKind::internal, "both correlations need the same clusters left out");
  if (left_out_first.size() < 2) return TestStatistic::none(method, kFewUnits);
  const auto a = fisher(first), b = fisher(second);
  std::vector<double> difference;
  for (std::size_t g = 0; g < left_out_first.size(); ++g) {
    const auto u = fisher(left_out_first[g]), v = fisher(left_out_second[g]);
    if (u && v) difference.push_back(*u - *v);
  }
  if (!a || !b || difference.size() != left_out_first.size()) return TestStatistic::none(method, kUndefined);
  const double error = jackknife_error(difference);
  if (!(error > 1e-13))
    return TestStatistic::none(method, "the difference is the same whichever unit is left out");
  TestStatistic out;
  out.method = method;
  out.df = static_cast<double>(difference.size() - 1);
  out.statistic = (*a - *b) / error;
  out.p_value = t_two_sided_p(*out.statistic, *out.df);
  return out;
}

TestStatistic williams_test(const OverlappingCorrelations& r) {
  constexpr const char* method = "Williams' t (independent items)";
  if (!(r.n > 3)) return TestStatistic::none(method, "fewer than four items");
  if (!within({r.hx, r.hy, r.xy})) return TestStatistic::none(method, "a correlation is not within -1 and 1");
  const double determinant = 1 - r.hx * r.hx - r.hy * r.hy - r.xy * r.xy + 2 * r.hx * r.hy * r.xy;
  const double mean = (r.hx + r.hy) / 2, gap = 1 - r.xy;
  const double below = 2 * (r.n - 1) / (r.n - 3) * determinant + mean * mean * gap * gap * gap;
  if (!(below > 0)) return TestStatistic::none(method, "no three variables have these correlations");
  TestStatistic out;
  out.method = method;
  out.df = r.n - 3;
  out.statistic = (r.hx - r.hy) * std::sqrt((r.n - 1) * (1 + r.xy) / below);
  out.p_value = t_two_sided_p(*out.statistic, *out.df);
  return out;
}

TestStatistic steiger_test(const OverlappingCorrelations& r) {
  constexpr const char* method = "Steiger's Z (independent items)";
  if (!(r.n > 3)) return TestStatistic::none(method, "fewer than four items");
  if (!within({r.hx, r.hy, r.xy})) return TestStatistic::none(method, "a correlation is not within -1 and 1");
  const double p = (r.hx + r.hy) / 2, p2 = p * p;
  const double psi = r.xy * (1 - 2 * p2) - p2 * (1 - 2 * p2 - r.xy * r.xy) / 2;
  return steiger(r.hx, r.hy, psi / ((1 - p2) * (1 - p2)), r.n, method);
}

TestStatistic steiger_test(const SeparateCorrelations& r) {
  constexpr const char* method = "Steiger's Z, no shared variable (independent items)";
  if (!(r.n > 3)) return TestStatistic::none(method, "fewer than four items");
  if (!within({r.ab, r.cd, r.ac, r.ad, r.bc, r.bd}))
    return TestStatistic::none(method, "a correlation is not within -1 and 1");
  const double p = (r.ab + r.cd) / 2;
  const double psi = ((r.ac - p * r.bc) * (r.bd - r.bc * p) + (r.ad - r.ac * p) * (r.bc - p * r.ac) +
                      (r.ac - r.ad * p) * (r.bd - p * r.ad) + (r.ad - p * r.bd) * (r.bc - r.bd * p)) /
                     2;
  return steiger(r.ab, r.cd, psi / ((1 - p * p) * (1 - p * p)), r.n, method);
}

}  // namespace undertone::statistics
