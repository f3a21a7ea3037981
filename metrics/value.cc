#include "metrics/value.h"

#include <cmath>

namespace undertone::metrics {

bool all_finite(std::span<const double> values) {
  for (double v : values)
    if (!std::isfinite(v)) return false;
  return true;
}

const char* unpaired(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) return kNotPaired;
  if (x.size() < 2) return kTooFew;
  if (!all_finite(x) || !all_finite(y)) return kNotFinite;
  return nullptr;
}

}  // namespace undertone::metrics
