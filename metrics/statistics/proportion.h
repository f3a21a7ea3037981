// Intervals of shares of right answers. Items that share a clip carry less than one item's information, so
// every function takes the number of items that as many independent ones would be worth: effective_size().
#pragma once

#include <optional>

#include "metrics/statistics/interval.h"

namespace undertone::statistics {

// n over the design effect (Kish 1965); a design effect below one is not used to claim more items than there
// are (Korn & Graubard 1998 state the gain; it is not taken here because a deff is estimated). Nothing where
// n <= 0 or the design effect is not positive and finite.
std::optional<double> effective_size(double n, double design_effect);

// Wilson's score interval of a share (Wilson 1927): the shares that a score test at that level does not
// reject. `n` may be an effective size and need not be whole. `share` in [0, 1]. Unlike the t interval it
// stays inside [0, 1] and has a width at 0 and 1.
Interval wilson_interval(double share, double n, double level);

// A difference of two independent shares, first - second, by Newcombe's hybrid of the two score intervals
// (Newcombe 1998a, method 10).
Interval newcombe_interval(double first, double n_first, double second, double n_second, double level);

// A difference of two shares over the same items (Newcombe 1998b, method 10): counts of items where both are
// right, only the first, only the second, neither. The counts are divided by `design_effect` (>= 1 is used),
// that of the difference. The estimate is (only_first - only_second) / n.
struct PairedCounts {
  double both = 0, only_first = 0, only_second = 0, neither = 0;
};
Interval newcombe_paired_interval(const PairedCounts& counts, double design_effect, double level);

// True share from the share that a fallible judge calls positive (Rogan & Gladen 1978):
//   (apparent + specificity - 1) / (sensitivity + specificity - 1), cut to [0, 1].
// The interval is Lang & Reiczigel's (2014): a Wald interval around an adjusted estimate that carries the
// uncertainty of sensitivity and specificity, each from its own items. Sizes may be effective ones. In their
// simulations, and Flor et al.'s (2020), it covers at least nominally where the plain delta method does not.
struct JudgedShare {
  double apparent = 0, n = 0;              // share called positive among the items of interest
  double sensitivity = 0, n_positive = 0;  // share called positive among validated positives
  double specificity = 0, n_negative = 0;  // share called negative among validated negatives
};
struct CorrectedShare {
  std::optional<double> value;
  bool cut = false;  // the estimate fell outside [0, 1]: the judge's error rates do not fit these items
  Interval interval;
};
// Nothing where sensitivity + specificity <= 1 (a judge no better than chance), or a size is not positive.
CorrectedShare rogan_gladen(const JudgedShare& judged, double level);

}  // namespace undertone::statistics
