#include "metrics/dimensional.h"

#include <algorithm>
#include <cmath>

#include "metrics/correlation.h"

namespace undertone::metrics {
namespace {

const char* problem(std::span<const double> gold, std::span<const double> answered) {
  if (gold.size() != answered.size()) return kNotPaired;
  if (gold.empty()) return "no items";
  if (!all_finite(gold) || !all_finite(answered)) return kNotFinite;
  return nullptr;
}

}  // namespace

Value root_mean_squared_error(std::span<const double> gold, std::span<const double> answered) {
  if (const char* why = problem(gold, answered)) return Value::none(why);
  double largest = 0;  // squares of values near the ends of double's range would overflow
  for (std::size_t i = 0; i < gold.size(); ++i) largest = std::max(largest, std::fabs(gold[i] - answered[i]));
  if (largest == 0 || !std::isfinite(largest)) return largest == 0 ? Value(0) : Value::none(kNotFinite);
  double sum = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    const double part = (gold[i] - answered[i]) / largest;
    sum += part * part;
  }
  return largest * std::sqrt(sum / static_cast<double>(gold.size()));
}

Value mean_absolute_error(std::span<const double> gold, std::span<const double> answered) {
  if (const char* why = problem(gold, answered)) return Value::none(why);
  double sum = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) sum += std::fabs(gold[i] - answered[i]);
  return sum / static_cast<double>(gold.size());
}

DimensionalScores dimensional_scores(std::span<const double> gold, std::span<const double> answered) {
  return {concordance(gold, answered), pearson(gold, answered), root_mean_squared_error(gold, answered),
          mean_absolute_error(gold, answered)};
}

}  // namespace undertone::metrics
