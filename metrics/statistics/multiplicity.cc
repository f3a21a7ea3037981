#include "metrics/statistics/multiplicity.h"

#include <algorithm>
#include <numeric>

namespace undertone::statistics {
namespace {
std::vector<std::size_t> ascending(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  return order;
}
}  // namespace

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> out(p.size());
  double running = 0;
  const auto order = ascending(p);
  for (std::size_t i = 0; i < order.size(); ++i) {
    running = std::max(running, static_cast<double>(p.size() - i) * p[order[i]]);
    out[order[i]] = std::min(1.0, running);
  }
  return out;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> out(p.size());
  double running = 1;
  const auto order = ascending(p);
  for (std::size_t i = order.size(); i-- > 0;) {
    running = std::min(running, p[order[i]] * static_cast<double>(p.size()) / static_cast<double>(i + 1));
    out[order[i]] = running;
  }
  return out;
}

std::vector<double> benjamini_yekutieli(std::span<const double> p) {
  double harmonic = 0;
  for (std::size_t i = 1; i <= p.size(); ++i) harmonic += 1 / static_cast<double>(i);
  std::vector<double> out = benjamini_hochberg(p);
  for (double& one : out) one = std::min(1.0, one * harmonic);
  return out;
}

}  // namespace undertone::statistics
