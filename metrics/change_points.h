// Where a series changed its level: the nights of a measure, one after the other.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace undertone {

struct ChangePoint {
  std::size_t first = 0;         // index of the first value after the change
  double before = 0, after = 0;  // means of the stretches that it parts
  double p_value = 1;
};

struct ChangePointSettings {
  double alpha = 0.05;  // of one split
  int permutations = 9999;
  std::size_t shortest = 3;  // values that a stretch must have
};

// Binary segmentation (Scott & Knott 1974; Vostrikova 1981): the split of a stretch of n values into l and r
// with the largest sqrt(l r / n) |mean of l - mean of r| is kept where at most alpha of the values'
// permutations reach as much (p with the +1), and both sides are looked at in turn. Exact under
// exchangeability: values that drift slowly are not exchangeable, and give steps where there is a slope. In
// order of place; empty for fewer than twice `shortest` values and for a constant. `stream` names the
// permutations. Throws Error{internal} for a value that is not finite.
std::vector<ChangePoint> change_points(std::span<const double> values, const std::string& stream,
                                       const ChangePointSettings& settings = {});

}  // namespace undertone
