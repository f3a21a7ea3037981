// Agreement between raters: human with human, judge with human, judge with itself. Coefficients for labels
// and scores correct observed agreement for chance; intraclass correlations split variance.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "metrics/classification.h"
#include "metrics/value.h"

namespace undertone::metrics {

// Weights of disagreement over ordered classes: plain, |i - j| or (i - j)^2.
enum class Weights { none, linear, quadratic };

// Cohen's kappa of two raters (1960; weighted 1968) from their table, classes at equal steps in the table's
// order. Nothing where both raters use one and the same class only: chance agreement is then certain.
// Unmapped answers have no place on a scale and are left out (the unweighted kappa with unmapped as wrong is
// in classification.h).
Value cohen_kappa(const Confusion& table, Weights weights);

// Ratings of items (rows) by raters (columns): values[item * raters + rater]; NaN: not rated. Labels are
// numbered.
struct Ratings {
  std::span<const double> values;
  std::size_t raters = 0;
  std::size_t items() const { return raters ? values.size() / raters : 0; }
  double at(std::size_t item, std::size_t rater) const { return values[item * raters + rater]; }
};

// Fleiss' kappa (1971): every item has as many ratings, not necessarily by the same raters. Nothing, with the
// reason, where their numbers differ, are below two, or where all ratings are alike.
Value fleiss_kappa(const Ratings& ratings);

enum class Level { nominal, ordinal, interval, ratio };
// Krippendorff's alpha (2004, chapter 11): 1 - D_observed / D_expected over values that can be paired; items
// with one rating count for nothing. Ordinal distances go by the midranks of the values that occur, ratio
// ones are ((a - b) / (a + b))^2 and need values >= 0. Time n log n; for the ratio level the number of
// distinct values squared.
Value krippendorff_alpha(const Ratings& ratings, Level level);

// Gwet's coefficient (2008; with weights and missing ratings 2014): AC1 without weights, AC2 with. Its chance
// agreement stays sensible where nearly all ratings are alike. `categories`: the whole scale, ascending, also
// what nobody used (chance agreement depends on its length); empty: the values that occur. Ordinal weights
// are by rank: 1 - C(|i - j| + 1, 2) / C(q, 2); linear and quadratic ones go by value.
enum class GwetWeights { none, ordinal, linear, quadratic };
Value gwet_ac(const Ratings& ratings, GwetWeights weights, std::span<const double> categories = {});

// Two-way random effects, absolute agreement (Shrout & Fleiss 1979): every rater rated every item. Nothing
// where the estimated variance of a rating is not positive, as can happen with few items and raters who
// contradict each other.
struct IntraclassCorrelation {
  Value single;   // ICC(2,1): reliability of one rating
  Value average;  // ICC(2,k): of the mean of these many ratings
};
IntraclassCorrelation intraclass_correlation(const Ratings& ratings);

}  // namespace undertone::metrics
