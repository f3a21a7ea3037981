// Prediction-powered inference: a mean on the human scale from few human ratings and a judge's verdict on
// every item.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "metrics/statistics/interval.h"

namespace undertone::statistics {

struct RatedItem {
  double prediction = 0;        // the judge's verdict
  std::optional<double> human;  // where a human rated the item
  double inclusion = 1;  // chance in (0, 1] with which the item was drawn for rating; read where it was rated
  std::uint32_t cluster = 0;  // items of one cluster (clip, speaker) are dependent
};

// With A the mean of human ratings, each counted 1/inclusion (Hajek), F_L the same mean of the verdicts on
// the rated items and F the mean verdict on all items:
//   theta = A - tuning (F_L - F).
// That is PPI++ (Angelopoulos, Duchi & Zrnic 2023) with the rated items kept in the mean verdict; in the
// survey literature the difference estimator with a fitted slope (Cassel, Sarndal & Wretman 1976). Its
// variance is G/(G-1) sum over clusters of (a_g - tuning b_g)^2, the clusters' influences on A and on F_L -
// F, with G the number of clusters that have a human rating and t on G-1 degrees of freedom. Tuning minimises
// that variance, sum a b / sum b^2, cut to [0, 1]: a useless judge gets 0, which is the mean of the human
// ratings. Valid however bad the judge is, as long as which items humans rate depends on nothing but
// `inclusion`.
struct PredictionPowered {
  std::optional<double> value, tuning;
  Interval interval;
  std::optional<double> human_only;  // A, and its interval by the same clusters
  Interval human_only_interval;
  std::optional<double> mean_prediction;  // F: the judge alone, biased by its errors
};
// `tuning` fixes it (1: plain PPI, Angelopoulos et al. 2023). `clusters`: every cluster is below it.
PredictionPowered prediction_powered_mean(std::span<const RatedItem> items, std::size_t clusters,
                                          double level, std::optional<double> tuning = {});

// Difference of two means, first - second, over clusters of one numbering: each side is estimated and tuned
// as above, and the influences of shared clusters are subtracted, so pairing by cluster is used; degrees of
// freedom from the side with fewer rated clusters. Where humans rated the same items on both sides, the mean
// of the differences (prediction and human both subtracted) through prediction_powered_mean is at least as
// narrow. `tuning`, `human_only` and `mean_prediction` are those of the difference; tuning is left out.
PredictionPowered prediction_powered_difference(std::span<const RatedItem> first,
                                                std::span<const RatedItem> second, std::size_t clusters,
                                                double level);

}  // namespace undertone::statistics
