// The alternative annotator test: may a judge stand in a human rater's place?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/agreement.h"
#include "metrics/value.h"

namespace undertone::metrics {

struct AlternativeAnnotatorOptions {
  double epsilon = 0.2;  // how much worse a judge may be for being cheaper: 0.2 for experts, 0.1 for crowds
  double q = 0.05;       // false discovery rate over the raters
  std::size_t fewest = 30;  // items of a rater, below which it is left out
  bool labels = false;      // values are labels: alignment by equality in place of distance
};

// One human, left out and compared with the judge.
struct AlternativeAnnotator {
  std::size_t rater = 0;  // column of the ratings
  std::size_t items = 0, clusters = 0;
  double judge_wins = 0, rater_wins = 0;  // shares of items; ties count on both sides
  Value p_value = Value::none("fewer items than the test asks for");
  bool won = false;  // by the judge, after the adjustment over raters
};

struct AlternativeAnnotatorTest {
  Value winning_rate;  // omega: share of the tested raters whom the judge beats; it passes from one half on
  Value advantage;     // rho: mean over raters of judge_wins
  std::vector<AlternativeAnnotator> raters;  // every human, also the ones left out
  bool passes() const { return winning_rate && *winning_rate >= 0.5; }
};

// Calderon, Reichart & Dror 2025 (arXiv 2501.10970). Each human j in turn is left out. Of each item that j,
// at least one other human and the judge rated, the alignment of j and of the judge with the other humans is
// the negative root mean squared difference (labels: the share of equal ones); the judge wins where it is at
// least as well aligned, and so does j, both on a tie. With d = (j wins) - (judge wins), the hypothesis that
// the mean of d is at least epsilon is tested one-sided by t; the p-values are adjusted by Benjamini &
// Yekutieli (2001). Where d does not vary the p-value is 0 or 1, as theirs. Items of one cluster are
// dependent: the standard error is the cluster-robust one, G/(G-1) sum of squared cluster totals, with G-1
// degrees of freedom; with a cluster an item (an empty `cluster`) that is the t test of the paper. `judge`
// has a value per item, NaN where there is none. No winning rate where no human has `fewest` items or two
// clusters.
AlternativeAnnotatorTest alternative_annotator_test(std::span<const double> judge, const Ratings& humans,
                                                    std::span<const std::uint32_t> cluster = {},
                                                    const AlternativeAnnotatorOptions& options = {});

}  // namespace undertone::metrics
