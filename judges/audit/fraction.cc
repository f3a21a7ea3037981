#include "judges/audit/fraction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace undertone::audit {
namespace {

constexpr double kChance = 1e-4;
constexpr double kRoundings = 4;  // units in the last place: a sum's quotient, a product, the printing
constexpr std::int64_t kMultiple = 1'000'000'000'000;

}  // namespace

std::optional<Fraction> simplest_fraction(double value, double tolerance) {
  if (!std::isfinite(value) || value < 0 || !(tolerance > 0)) return std::nullopt;
  // The simplest fraction in [low, high] has the whole parts that both ends share as its continued fraction,
  // then the smallest whole number that fits.
  long double low = std::max(0.0, value - tolerance), high = value + tolerance;
  std::int64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  for (int step = 0; step < 64; ++step) {
    const long double whole = std::floor(low);
    const bool last = whole == low || whole + 1 <= high;
    const long double term = last ? std::ceil(low) : whole;
    if (term > 1e9) return std::nullopt;
    const auto a = static_cast<std::int64_t>(term);
    const std::int64_t p2 = a * p1 + p0, q2 = a * q1 + q0;
    const double q = static_cast<double>(q2);
    const double chance = 3 / (std::numbers::pi * std::numbers::pi) * q * q * 2 * tolerance;
    if (chance > kChance) return std::nullopt;
    if (last) return Fraction{p2, q2, chance};
    p0 = p1, q0 = q1, p1 = p2, q1 = q2;
    const long double rest_low = low - whole, rest_high = high - whole;
    low = 1 / rest_high;
    high = 1 / rest_low;
  }
  return std::nullopt;
}

std::optional<Fraction> published_fraction(double score, double factor) {
  const double mean = score / factor;
  const double unit = std::numeric_limits<double>::epsilon() * std::max(mean, 1.0);
  return simplest_fraction(mean, kRoundings * unit);
}

std::optional<std::int64_t> common_multiple(std::int64_t a, std::int64_t b) {
  const std::int64_t shared = std::gcd(a, b);
  if (shared == 0 || a / shared > kMultiple / b) return std::nullopt;
  return a / shared * b;
}

}  // namespace undertone::audit
