// Observations of one estimate with their design. Internal to metrics/analysis.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "metrics/analysis/analyze.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/interval.h"
#include "metrics/statistics/max_t.h"

namespace undertone::analysis {

struct Sample {
  std::vector<statistics::Observation> observations;  // dense indices
  statistics::Design design;
  std::vector<std::uint32_t> units;  // of the file, per dense cluster
  std::int64_t asked = 0;
  double worst_sum = 0, best_sum = 0, asked_weight = 0;  // missing values at the ends of the scale
  bool bounded = false;
  std::string note;
};

// What one row gives: nothing where it gives no observation.
using RowValue = std::function<std::optional<double>(const ScoreRow&)>;
Sample sample_of(const Scores& scores, std::span<const ScoreRow> rows, const RowValue& value);

// Rows of two systems, paired by item and, where both have the same seeds, by seed; else the second system's
// value is its mean over its seeds.
struct Pairing {
  Sample difference;
  bool by_seed = false;
  std::int64_t unpaired = 0;  // rows of the first that the second lacks
};
Pairing paired(const Scores& scores, std::span<const ScoreRow> first, std::span<const ScoreRow> second);

// What every estimate of a sample carries.
Estimate describe(const Scores& scores, const AnalysisSettings& settings, const std::string& judge,
                  const Sample& sample, std::string tag, const std::string& system,
                  const std::string& baseline = "");
// Value and interval, followed by "/these_seeds" and "/these_units" where they differ.
struct Estimated {
  std::vector<Estimate> estimates;
  statistics::Interval interval;  // of the first
  std::optional<double> seed_share;
  std::vector<double> influence;     // per unit of the file, sums to zero
  std::vector<double> contribution;  // per unit of the file, sums to the value
};
Estimated estimate(const Scores& scores, const Sample& sample, const Estimate& described);

// Widens the intervals of a family so that all hold at once: the critical value of the largest |T|, from
// signs put on the influences of whole units together, taken to each interval's own t distribution. One more
// estimate each, with
// "/simultaneous" and the adjusted p-value of `test` (may be null).
void add_simultaneous(const AnalysisSettings& settings, const std::string& stream,
                      const std::vector<Estimated>& family, const statistics::MaxT* test,
                      std::vector<Estimate>& out);

// Parts of an analysis of one judge.
// The means' estimates: of each system that has rows, in their order.
std::vector<Estimated> add_means(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                                 JudgeAnalysis& out);
void add_differences(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                     JudgeAnalysis& out);
void add_ranks(const Scores& scores, const AnalysisSettings& settings, std::size_t judge, JudgeAnalysis& out);
void add_noise(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
               std::span<const Estimated> means, JudgeAnalysis& out);
void add_human(const Scores& scores, const AnalysisSettings& settings, std::size_t judge, JudgeAnalysis& out);
void add_favours(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                 JudgeAnalysis& out);

// All pairs of more systems than this are too many to compare.
inline constexpr std::size_t kMostSystems = 40;
// With fewer rows that have a score and a human rating, covariates are not held against ratings.
inline constexpr std::int64_t kFewestRated = 10;
std::int64_t rated_count(const Scores& scores, std::size_t judge);  // such rows

std::string stream_of(const AnalysisSettings& settings, const std::string& what);
// Pairs (system, baseline) that are compared: all, or those with the baseline; empty where there are too
// many.
std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const Scores& scores,
                                                          const AnalysisSettings& settings);

}  // namespace undertone::analysis
