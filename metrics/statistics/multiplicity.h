// Adjustment of p-values for many comparisons.
#pragma once

#include <span>
#include <vector>

namespace undertone::statistics {

// Step-down familywise control (Holm 1979). Adjusted p-values in the order given.
std::vector<double> holm(std::span<const double> p);
// Step-up control of the false discovery rate (Benjamini & Hochberg 1995).
std::vector<double> benjamini_hochberg(std::span<const double> p);
// The same under any dependence (Benjamini & Yekutieli 2001): times 1 + 1/2 + ... + 1/m, at most 1.
std::vector<double> benjamini_yekutieli(std::span<const double> p);

}  // namespace undertone::statistics
