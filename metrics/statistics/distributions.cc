#include "metrics/statistics/distributions.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "harness/core/error.h"

namespace undertone::statistics {
namespace {
// Without promotion to long double: the same bytes wherever long double has another width.
using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

void need(bool ok, const char* what) {
  if (!ok) throw Error(ErrorKind::internal, what);
}
}  // namespace

double t_quantile(double p, double df) {
  need(p > 0 && p < 1 && df > 0 && std::isfinite(df), "t_quantile needs 0 < p < 1 and df > 0");
  return boost::math::quantile(boost::math::students_t_distribution<double, Plain>(df), p);
}

double t_two_sided_p(double t, double df) {
  need(std::isfinite(t) && df > 0 && std::isfinite(df), "t_two_sided_p needs a finite t and df > 0");
  const boost::math::students_t_distribution<double, Plain> d(df);
  return 2 * boost::math::cdf(boost::math::complement(d, std::fabs(t)));
}

double normal_quantile(double p) {
  need(p > 0 && p < 1, "normal_quantile needs 0 < p < 1");
  return boost::math::quantile(boost::math::normal_distribution<double, Plain>(), p);
}

double normal_cdf(double z) { return boost::math::cdf(boost::math::normal_distribution<double, Plain>(), z); }

double harmonic_df(std::initializer_list<VariancePart> parts) {
  need(parts.size() > 0, "harmonic_df needs a variance");
  double total = 0, over_df = 0, fewest = parts.begin()->df;
  for (const VariancePart& p : parts) {
    need(p.variance >= 0 && p.df > 0, "harmonic_df needs variances of 0 or more and df > 0");
    total += p.variance;
    over_df += p.variance / p.df;
    fewest = std::min(fewest, p.df);
  }
  return over_df > 0 ? total / over_df : fewest;
}

}  // namespace undertone::statistics
