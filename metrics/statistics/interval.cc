#include "metrics/statistics/interval.h"

#include <algorithm>
#include <cmath>

#include "metrics/statistics/distributions.h"

namespace undertone::statistics {

Interval t_interval(double estimate, double standard_error, double df, double level, std::string method) {
  Interval out;
  out.level = level;
  out.method = std::move(method);
  if (!(df > 0) || !std::isfinite(standard_error)) {
    out.reason = "fewer than two units: no variance can be estimated";
    return out;
  }
  out.standard_error = standard_error;
  out.df = df;
  if (standard_error <= 1e-13 * std::max(1.0, std::fabs(estimate))) {
    out.reason = "no variation between units: an interval of width zero would claim certainty";
    return out;
  }
  const double half = t_quantile(0.5 + level / 2, df) * standard_error;
  out.low = estimate - half;
  out.high = estimate + half;
  return out;
}

}  // namespace undertone::statistics
