// Two runs of the same systems, compared item by item: what changed, what did not, and what this many items
// cannot tell. One function over plain structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/judge_drift.h"
#include "metrics/statistics/interval.h"

namespace undertone {

// The same question asked of the same system in both runs; nothing where there is no score.
struct ComparedPair {
  std::uint32_t seed = 0, unit = 0;  // any whole numbers; `unit` is what the runs resample
  std::optional<double> first, second;
};

struct ComparedMeasure {
  std::string name;  // "judge:rubric/mean", "judge:rubric/scored", "emotion/accuracy_unmapped_wrong"
  std::string system, condition;
  std::string judge;           // whose scores they are; "" for measures that need none
  std::string unit;            // of the value: "0-5", "%", "1"
  double low = 0, high = 1;    // ends of its scale; higher is better
  bool declared = false;       // of the family that Holm adjusts for and that a gate looks at
  bool retrained = false;      // training artefacts differ: the second run's seeds are new draws
  std::string not_comparable;  // why; "": it is
  std::vector<std::string> notes;
  std::vector<ComparedPair> pairs;
};

// Anchors of a judge: what both runs let it read, word for word, or (`frozen`) what its suite has it asked
// before it judges. Where either says that it drifted, it did.
struct JudgeAnchors {
  std::string judge;
  std::vector<TwiceJudged> items;
  OwnNoise noise;
  bool frozen = false;
};

struct ComparisonSettings {
  double alpha = 0.05;      // chance of any false alarm (better or worse) in the declared family
  double power = 0.8;       // with which the smallest detectable change would be found
  double tolerance = 0.05;  // changes up to this share of the scale do not matter
  double level = 0.95;      // of the intervals that are shown
  std::string stream = "compare";
};

enum class Change { better, worse, no_change, too_noisy, judge_drift, not_comparable };
std::string_view to_string(Change change);  // "better", "no change", ...

struct MeasureChange {
  ComparedMeasure measure;  // without its pairs
  Change change = Change::not_comparable;
  std::string reason;  // of a verdict that is not plain from the numbers
  std::int64_t pairs = 0, scored = 0, equal = 0, lost = 0,
               gained = 0;  // scored: in both; lost: only in the first
  std::int64_t units = 0;
  int seeds = 1;
  std::optional<double> first_mean, second_mean;  // over the pairs scored in both
  std::optional<double> difference;               // second - first
  statistics::Interval interval;
  std::optional<double> p_value, p_adjusted;  // Holm over the declared, Benjamini-Hochberg over the others
  std::optional<double> smallest;  // change that would be found with `power` at Holm's hardest step
  std::string method;
};

struct JudgeState {
  std::string judge;
  DriftResult drift;
  bool frozen = false;
};

struct RunComparison {
  ComparisonSettings settings;
  std::int64_t declared = 0;  // tests in the declared family
  std::vector<MeasureChange> measures;
  std::vector<JudgeState> judges;
  bool any(Change change) const;  // among the declared measures
};

// Differences are second - first, paired by question and seed, clustered by unit. Where nothing was trained
// anew: sign flips of units (seeds are held), as many patterns as Holm's hardest step needs. Where it was: t
// of the crossed layout of seeds and units ("new seeds", on the safe side), so that the noise floor includes
// what another training alone would change; with one seed that is unknown and the verdict "too noisy".
//   better, worse   adjusted p at most alpha
//   no change       every pair is equal, or a change beyond the tolerance would have been found with `power`
//   too noisy       it would not
//   judge drift     the judge's anchors moved (tested at alpha / number of sets of anchors): its scores say
//   nothing of
//                   the systems
//   not comparable  as the measure says, or no pair is scored in both
RunComparison compare_measures(const std::vector<ComparedMeasure>& measures,
                               const std::vector<JudgeAnchors>& anchors, const ComparisonSettings& settings);

}  // namespace undertone
