// The fraction behind a published decimal: a mean of whole ratings over n items is one, and its denominator
// says something about n.
#pragma once

#include <cstdint>
#include <optional>

namespace undertone::audit {

struct Fraction {
  std::int64_t numerator = 0, denominator = 1;
  // Expected number of fractions with at most this denominator within the tolerance of any number: how likely
  // it is to find one by chance. From 3/pi^2 q^2 fractions in a unit interval (the Farey sequence's length).
  double chance = 0;
};

// The fraction with the smallest denominator within `tolerance` of the value (the first one on the way down
// the Stern-Brocot tree; Graham, Knuth & Patashnik 1994, section 4.5). Nothing where the value is negative or
// not finite, or where a fraction of that denominator would be found for one in 10,000 numbers.
std::optional<Fraction> simplest_fraction(double value, double tolerance);

// Of a published score = factor x mean: the mean as a fraction, within the rounding of a few operations in
// double.
std::optional<Fraction> published_fraction(double score, double factor);

// Smallest common multiple; nothing above 10^12, where it says nothing about a set of items.
std::optional<std::int64_t> common_multiple(std::int64_t a, std::int64_t b);

}  // namespace undertone::audit
