// Correlations by pairs of items: Kendall's tau-b and tau-c, Goodman and Kruskal's gamma, and the area under
// the ROC curve. O(n log n) after Knight (1966): sort by x, count the swaps that sorting by y then takes.
#pragma once

#include <cstdint>
#include <span>

#include "metrics/value.h"

namespace undertone::metrics {

// Pairs of items by how the two sides order them. The counts of up to 2^32 items fit.
struct OrderedPairs {
  std::int64_t concordant = 0, discordant = 0;
  std::int64_t tied_x = 0, tied_y = 0;  // on that side only
  std::int64_t tied_both = 0;
  std::int64_t levels_x = 0, levels_y = 0;  // distinct values
  std::int64_t items = 0;
  std::int64_t all() const { return concordant + discordant + tied_x + tied_y + tied_both; }
};
// Finite values, as many on each side; 0.0 and -0.0 are equal. Throws Error{internal} otherwise.
// Two threads help from some ten thousand items on; they change nothing.
OrderedPairs ordered_pairs(std::span<const double> x, std::span<const double> y, int threads = 1);

// (C - D) / sqrt((C + D + Tx) (C + D + Ty)) (Kendall 1945). Nothing when one side does not vary.
Value kendall_tau_b(const OrderedPairs& pairs);
// 2 (C - D) / (n^2 (m - 1) / m), m the smaller number of distinct values (Stuart 1953): for scales of unlike
// length.
Value kendall_tau_c(const OrderedPairs& pairs);
// (C - D) / (C + D) (Goodman & Kruskal 1954): ties are left aside. Nothing when every pair is tied.
Value goodman_kruskal_gamma(const OrderedPairs& pairs);

// The same from values, with the reason where there is none.
Value kendall_tau_b(std::span<const double> x, std::span<const double> y);
Value kendall_tau_c(std::span<const double> x, std::span<const double> y);
Value goodman_kruskal_gamma(std::span<const double> x, std::span<const double> y);

// The chance that a right answer (1) has a higher score than a wrong one (0), ties as one half (Hanley &
// McNeil 1982; the Mann-Whitney U over the number of such pairs). Nothing when all answers are right or all
// wrong.
Value area_under_roc(std::span<const double> score, std::span<const std::uint8_t> right);

}  // namespace undertone::metrics
