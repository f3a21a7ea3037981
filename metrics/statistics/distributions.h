// Quantiles and tails of the reference distributions. Boost.Math underneath (in the .cc).
#pragma once

namespace undertone::statistics {

// Student's t, df > 0 (not necessarily whole); 0 < p < 1. Throws Error{internal} outside.
double t_quantile(double p, double df);
double t_two_sided_p(double t, double df);  // P(|T| >= |t|)
double normal_quantile(double p);
double normal_cdf(double z);

}  // namespace undertone::statistics
