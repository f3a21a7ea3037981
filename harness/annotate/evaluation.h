// How good the recogniser is, out of fold and at test, side by side, with cluster intervals of both and of
// their gap. Torch-free arithmetic in double, in a fixed order.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/annotate/recogniser.h"
#include "harness/core/json.h"

namespace undertone {

// Counts of one unit (or of several, added): everything that the statistics below need.
struct RecognitionSums {
  // Rows are gold, columns predicted; row-major, square over the names that the owner keeps.
  std::vector<double> emotion, gender;
  struct Pairs {  // of gold x and predicted y
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  };
  std::array<Pairs, 3> dimensions;
  std::int64_t segments = 0;
  void add(const RecognitionSums& other);
};

// Unweighted average recall over the gold classes that occur; nothing when none does.
std::optional<double> average_recall(std::span<const double> confusion);
// Concordance correlation coefficient (Lin 1989) with population moments; nothing for fewer than two pairs or
// when both sides are one and the same constant.
std::optional<double> concordance(const RecognitionSums::Pairs& pairs);

// report.json: categories, folds, per set (out_of_fold, dev, test) segments, units, confusion and recalls;
// and "estimates", a list of Estimate (see nouns.h) tagged recogniser/{emotion,gender}/uar/SET and
// recogniser/{valence,arousal,dominance}/ccc/SET, with SET out_of_fold, dev, test or gap (out of fold minus
// test). Intervals: cluster bootstrap over units, percentile; the gap's resamples both sets independently
// (their units differ).
Json recogniser_report(std::span<const RecogniserItem> items, const CrossFitted& fitted,
                       const RecogniserOptions& options, const std::string& stream, int resamples = 2000,
                       double level = 0.95);

}  // namespace undertone
