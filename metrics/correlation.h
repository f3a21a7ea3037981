// Correlations of paired values, weighted by whole counts so that a bootstrap draw recomputes the very
// statistic.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/statistics/ranks.h"
#include "metrics/value.h"

namespace undertone::metrics {

// Each is nothing for fewer than two pairs, when one side does not vary, or when a value is not finite. `x`
// and `y` have one value per pair. Rank correlations by pairs (Kendall, Goodman-Kruskal): rank_correlation.h.
Value pearson(std::span<const double> x, std::span<const double> y);
// Pearson's correlation of midranks: ties share the mean of their ranks (Kendall & Gibbons 1990).
Value spearman(std::span<const double> x, std::span<const double> y);
// Pearson's correlation of a score with being right (1) or wrong (0).
Value point_biserial(std::span<const double> score, std::span<const std::uint8_t> right);
// Lin's concordance correlation coefficient (Lin 1989, moments over n): 2 cov / (var x + var y + (mean x -
// mean y)^2). Two constants have no agreement to measure: nothing, even when they are equal.
Value concordance(std::span<const double> x, std::span<const double> y);
using statistics::midranks;

// What a correlation would be if both sides were measured without error (Spearman 1904): r /
// sqrt(reliability_x * reliability_y). Reliabilities, such as an intraclass correlation or Krippendorff's
// alpha, lie in (0, 1]; outside it is nothing. The result may exceed 1 in magnitude and is not cut: that says
// that a reliability is understated or that the sample is small.
Value corrected_for_attenuation(Value r, double reliability_x, double reliability_y = 1);

// Sums from which Pearson follows; they add over clusters, so a draw is a weighted sum of per-cluster
// moments.
struct PairMoments {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  void add(double a, double b) { n += 1, x += a, y += b, xx += a * a, yy += b * b, xy += a * b; }
  void add(const PairMoments& m, double weight) {
    n += weight * m.n, x += weight * m.x, y += weight * m.y;
    xx += weight * m.xx, yy += weight * m.yy, xy += weight * m.xy;
  }
};
std::optional<double> pearson(const PairMoments& moments);

// Spearman of every draw: levels are ranked once, and a draw only counts how many items stand at each level.
class WeightedSpearman {
 public:
  WeightedSpearman(std::span<const double> x, std::span<const double> y,
                   std::span<const std::uint32_t> cluster);
  // counts[c]: how often cluster c was drawn. Not thread-safe: one object per thread.
  std::optional<double> operator()(std::span<const std::uint16_t> counts);

 private:
  struct Pair {
    std::uint32_t x_level, y_level, cluster, n;
  };
  std::vector<Pair> pairs_;  // equal pairs of one cluster are joined
  std::vector<double> x_weight_, y_weight_, x_rank_, y_rank_;
};

}  // namespace undertone::metrics
