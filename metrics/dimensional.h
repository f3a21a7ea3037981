// Agreement of dimensional labels (valence, arousal, dominance) with gold values.
#pragma once

#include <span>

#include "metrics/value.h"

namespace undertone::metrics {

struct DimensionalScores {
  Value concordance;  // Lin 1989, the field's CCC; see correlation.h
  Value pearson;
  Value root_mean_squared_error;  // in the units of the values
  Value mean_absolute_error;
};
// One value per item on each side. Errors are defined from one item on, correlations from two.
DimensionalScores dimensional_scores(std::span<const double> gold, std::span<const double> answered);

Value root_mean_squared_error(std::span<const double> gold, std::span<const double> answered);
Value mean_absolute_error(std::span<const double> gold, std::span<const double> answered);

}  // namespace undertone::metrics
