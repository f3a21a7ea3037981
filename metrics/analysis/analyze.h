// Everything that a file of scores can say about its systems, its seeds and its judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/nouns.h"
#include "metrics/analysis/scores.h"
#include "metrics/statistics/variance_components.h"

namespace undertone::analysis {

struct AnalysisSettings {
  double level = 0.95;
  int resamples = 10000;           // of the cluster bootstrap, and sign patterns
  std::string stream = "analyze";  // root name of the random streams
  std::string baseline;            // differences against this system only; "": all pairs
  bool lower_is_better = false;    // for ranks
  int threads = 1;                 // changes no byte
};

// Where a system stands among the others. Draws of whole units recompute every mean; seeds are held. Equal
// means share their ranks.
struct RankRow {
  std::string system;
  std::vector<double> share;  // of the draws in which it has rank 1, 2, ...
  double expected = 0;
  std::optional<int> best, worst;  // ranks that the simultaneous intervals of differences leave open
};
struct Ranks {
  std::vector<RankRow> rows;
  int resamples = 0;
  double monte_carlo_error = 0;  // largest standard error of a share
  std::string reason;            // why there are none, or a caveat
};

// Where a system's scores vary: by the levels that the file knows, from the highest to the residual.
struct Noise {
  std::string system;
  std::vector<statistics::VarianceComponent> components;
  std::optional<double> seed_share;  // of the squared standard error of its mean, for new seeds
  int seeds = 1;
  std::string reason;
};

// Whether the judge's scores follow something that is not quality. With human ratings: the slope of the score
// on the covariate at an equal human rating; without: among answers to the same item, systems' means taken
// out. Points of the score per standard deviation of the covariate. Cluster-robust t (Liang & Zeger 1986),
// Holm over the judge's covariates.
struct Favour {
  std::string covariate, method;
  std::int64_t n = 0, units = 0;
  std::optional<double> slope, low, high, p_value, p_adjusted, deviation;
  std::string reason;
};

// One judge. Tags of the estimates, each by system (and baseline):
//   mean, mean/these_seeds, mean/these_units, mean/simultaneous; icc, deff;
//   difference, difference/these_seeds, difference/simultaneous (p adjusted by max-T);
//   human_scale/mean, human_scale/difference (PPI++), human_only/mean, human_only/difference, minus_human;
//   human/pearson, human/spearman, human/kendall_b (system "": all systems pooled; .../by_system: of their
//   means).
struct JudgeAnalysis {
  std::string judge;
  std::vector<Estimate> estimates;
  Ranks ranks;
  std::vector<Noise> noise;
  std::vector<Favour> favours;
  const Estimate* find(std::string_view tag, std::string_view system, std::string_view baseline = "") const;
  // Of the intervals of differences that hold together: "difference/simultaneous", or "difference" for one
  // pair.
  std::string_view difference_tag() const;
};

// What a file supports, or what it lacks for it.
struct Support {
  std::string what;
  bool supported = false;
  std::string why;  // what it rests on, or what is missing and how to supply it
};

struct Analysis {
  AnalysisSettings settings;
  std::vector<JudgeAnalysis> judges;
  std::vector<Estimate> agreement;  // between judges: krippendorff_alpha, icc_2_1
  std::vector<std::string> notes;
};

std::vector<Support> supports(const Scores& scores);

// Throws Error{usage} for a baseline that is no system.
Analysis analyze(const Scores& scores, const AnalysisSettings& settings);

}  // namespace undertone::analysis
