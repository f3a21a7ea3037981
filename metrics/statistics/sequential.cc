#include "metrics/statistics/sequential.h"

#include <algorithm>
#include <cmath>

namespace undertone::statistics {
namespace {

constexpr double kLargestStake = 0.5;

const char* refused(std::span<const double> differences, double bound) {
  if (!(bound > 0) || !std::isfinite(bound)) return "the bound is not positive and finite";
  for (double d : differences) {
    if (!std::isfinite(d)) return "a value is not finite";
    if (std::fabs(d) > bound) return "a difference exceeds the bound";
  }
  return differences.empty() ? "no items" : nullptr;
}

// Mean and variance of what was seen, drawn towards a first guess that stands for one observation.
struct Running {
  double mean, variance, count = 0, sum = 0, squares = 0;
  double first_mean, first_variance;
  Running(double m, double v) : mean(m), variance(v), first_mean(m), first_variance(v) {}
  void add(double x) {
    ++count;
    sum += x;
    mean = (first_mean + sum) / (count + 1);
    squares += (x - mean) * (x - mean);
    variance = (first_variance + squares) / (count + 1);
  }
};

}  // namespace

EProcess betting_e_process(std::span<const double> differences, double bound, bool one_sided) {
  EProcess out;
  if (const char* why = refused(differences, bound)) {
    out.reason = why;
    return out;
  }
  Running seen(0, 0.25);
  double up = 0, down = 0, smallest = 1;
  for (double d : differences) {
    const double x = d / bound;
    const double edge = seen.mean / (seen.variance + seen.mean * seen.mean);
    up += std::log1p(std::clamp(edge, 0.0, kLargestStake) * x);
    down += std::log1p(-std::clamp(-edge, 0.0, kLargestStake) * x);
    const double larger = std::max(up, down);
    const double log_e =
        one_sided ? up : larger + std::log((std::exp(up - larger) + std::exp(down - larger)) / 2);
    smallest = std::min(smallest, std::exp(-log_e));
    out.log_e.push_back(log_e);
    out.p_value.push_back(smallest);
    seen.add(x);
  }
  return out;
}

ConfidenceSequence confidence_sequence(std::span<const double> differences, double bound, double level) {
  ConfidenceSequence out;
  if (const char* why = refused(differences, bound)) {
    out.reason = why;
    return out;
  }
  // On [0, 1], as the theorem states it.
  const double alpha = 1 - level, reach = std::log(2 / alpha);
  Running seen(0.5, 0.25);
  double stakes = 0, weighted = 0, spread = 0, t = 0, low = 0, high = 1;
  for (double d : differences) {
    ++t;
    const double x = (d / bound + 1) / 2;
    const double stake = std::min(kLargestStake, std::sqrt(2 * reach / (seen.variance * t * std::log1p(t))));
    const double psi = (-std::log1p(-stake) - stake) / 4;
    stakes += stake;
    weighted += stake * x;
    spread += 4 * (x - seen.mean) * (x - seen.mean) * psi;
    const double centre = weighted / stakes, half = (reach + spread) / stakes;
    low = std::max(low, centre - half);
    high = std::min(high, centre + half);
    out.low.push_back((2 * low - 1) * bound);
    out.high.push_back((2 * high - 1) * bound);
    seen.add(x);
  }
  return out;
}

}  // namespace undertone::statistics
