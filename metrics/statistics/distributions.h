// Quantiles and tails of the reference distributions. Boost.Math underneath (in the .cc).
#pragma once

#include <initializer_list>

namespace undertone::statistics {

// Student's t, df > 0 (not necessarily whole); 0 < p < 1. Throws Error{internal} outside.
double t_quantile(double p, double df);
double t_two_sided_p(double t, double df);  // P(|T| >= |t|)
double normal_quantile(double p);
double normal_cdf(double z);

// Degrees of freedom of a sum of independent estimates of variances: sum v / sum (v / df), the harmonic mean
// of theirs weighted by the variances. Between the smallest and Satterthwaite's (1946) (sum v)^2 / sum (v^2 /
// df), which are too many where a large part comes from two or three degrees of freedom, as the weights are
// estimates too. v >= 0, df > 0; where every v is 0, the smallest df.
struct VariancePart {
  double variance = 0, df = 1;
};
double harmonic_df(std::initializer_list<VariancePart> parts);

}  // namespace undertone::statistics
