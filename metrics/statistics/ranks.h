// Ranks of values, from 1.
#pragma once

#include <span>
#include <vector>

namespace undertone::statistics {

// Equal values share the mean of their ranks (Kendall & Gibbons 1990). Values are finite.
std::vector<double> midranks(std::span<const double> values);

}  // namespace undertone::statistics
