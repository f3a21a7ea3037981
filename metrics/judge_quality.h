// How well a judge's score follows a human score or correctness, beyond one correlation: by group, by pairs
// with calibrated ties, and level by level.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "metrics/value.h"

namespace undertone::metrics {

using PairedStatistic = std::function<Value(std::span<const double>, std::span<const double>)>;

// The unweighted mean over groups of a statistic within each: grouped by item (do the scores order the
// systems of one item?) or by system (do they order the items of one system?). Grouped by none is the
// statistic itself. Groups in which it is undefined are left out and counted (Deutsch, Foster & Freitag 2023,
// section 2.3).
struct GroupedValue {
  Value value;
  std::size_t groups = 0, undefined = 0;
};
// `group` has a number per pair; its values need not be dense.
GroupedValue grouped(std::span<const double> x, std::span<const double> y,
                     std::span<const std::uint32_t> group, const PairedStatistic& statistic);
// One pair per group, its means: the comparison at the level of systems.
struct GroupMeans {
  std::vector<double> x, y;
};
GroupMeans group_means(std::span<const double> x, std::span<const double> y,
                       std::span<const std::uint32_t> group);

// Share of pairs of items that the score puts as the human score does: above, below or tied (acc_eq of
// Deutsch et al. 2023, "Ties matter", arXiv 2305.14324). A score has few exact ties where it is fine-grained,
// so pairs whose scores differ by at most epsilon count as tied, and tie calibration takes the epsilon with
// the highest accuracy (the smallest such one). An epsilon chosen on the same items flatters a little: choose
// it on others where there are any.
struct PairwiseAccuracy {
  Value accuracy;  // with ties as they stand (epsilon 0)
  Value calibrated = Value::none("no pair of items");
  double epsilon = 0;      // of `calibrated`, in the units of the score
  std::size_t groups = 0;  // with at least one pair
};
// Pairs are formed within groups (an empty `group`: all items together) and the accuracy is the mean over
// groups. Time and memory grow with the pairs of distinct (score, human) values in a group.
PairwiseAccuracy pairwise_accuracy(std::span<const double> score, std::span<const double> human,
                                   std::span<const std::uint32_t> group = {});
// With a given epsilon >= 0.
Value pairwise_accuracy_at(std::span<const double> score, std::span<const double> human,
                           std::span<const std::uint32_t> group, double epsilon);

// Of the answers that got each score, how many are right. Ascending by score.
struct ScoreLevel {
  double score = 0;
  std::int64_t n = 0, right = 0;
  double share() const { return static_cast<double>(right) / static_cast<double>(n); }
};
// Nothing is rounded: a continuous score has as many levels as values. Not finite scores throw
// Error{internal}.
std::vector<ScoreLevel> share_correct_by_level(std::span<const double> score,
                                               std::span<const std::uint8_t> right);
// Whether the share never falls from one level to the next.
bool is_monotone(std::span<const ScoreLevel> levels);

// Test of a linear trend of the share of right answers over score levels.
struct TrendTest {
  Value z;                   // positive: right answers have higher scores
  Value p_value;             // two-sided
  std::size_t clusters = 0;  // 0: items taken as independent
};
// Cochran 1954, Armitage 1955: score test of the slope, variance of the binomial under no trend; normal tail.
// Items must be independent; see the next one where they share clips or speakers.
TrendTest cochran_armitage(std::span<const ScoreLevel> levels);
// The same score statistic with its variance from cluster totals times G / (G - 1) (generalised score test;
// Boos 1992), and a t tail with G - 1 degrees of freedom. `cluster` has a number per item; needs two
// clusters.
TrendTest clustered_trend(std::span<const double> score, std::span<const std::uint8_t> right,
                          std::span<const std::uint32_t> cluster);

}  // namespace undertone::metrics
