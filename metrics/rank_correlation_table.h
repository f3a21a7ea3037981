// Rank correlations of two ratings from their contingency table: what they need of any number of items is how
// many stand in each cell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/rank_correlation.h"
#include "metrics/value.h"

namespace undertone::metrics {

// Distinct values of each side in order, and per item its cell, x level * y levels + y level. Finite values,
// as many on each side; 0.0 and -0.0 are equal. Throws Error{internal} otherwise.
struct RatingLevels {
  std::vector<double> x, y;
  std::vector<std::uint32_t> cell;
  std::size_t cells() const { return x.size() * y.size(); }
};
RatingLevels rating_levels(std::span<const double> x, std::span<const double> y);

// Items by cell.
struct RatingTable {
  std::vector<double> x, y;           // levels
  std::vector<std::uint64_t> counts;  // x level * y levels + y level
};
RatingTable rating_table(std::span<const double> x, std::span<const double> y);

// `counts`: items by cell, rows are levels of x in order; empty levels are allowed.
OrderedPairs ordered_pairs_of_table(std::span<const std::uint64_t> counts, std::size_t x_levels,
                                    std::size_t y_levels);
// Spearman's correlation with midranks (Kendall & Gibbons 1990); equal to spearman() of the items up to
// rounding.
Value spearman_of_table(std::span<const std::uint64_t> counts, std::size_t x_levels, std::size_t y_levels);

}  // namespace undertone::metrics
