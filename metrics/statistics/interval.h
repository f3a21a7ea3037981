// What every interval procedure returns.
#pragma once

#include <optional>
#include <string>

namespace undertone::statistics {

struct Interval {
  std::optional<double> low, high;
  double level = 0.95;
  std::string method;  // "clustered t", "crossed seeds t (new seeds)", "cluster bootstrap percentile"
  std::string reason;  // why there is none, or a caveat
  std::optional<double> standard_error, df;
  int resamples = 0;                                                    // bootstrap only
  std::optional<double> monte_carlo_error_low, monte_carlo_error_high;  // of the ends, bootstrap only
};

// estimate -+ t(df) standard errors. A standard error of nothing but rounding (no variation between units)
// gives no interval: a width of zero would claim certainty.
Interval t_interval(double estimate, double standard_error, double df, double level, std::string method);

}  // namespace undertone::statistics
