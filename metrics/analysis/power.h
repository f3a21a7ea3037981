// What a comparison can see, and what it would take to see more: from a pilot's paired differences, or from
// assumed variances.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/statistics/planning.h"

namespace undertone::analysis {

// One paired difference. Numbers are any whole ones; a clip's number is its own (not within its speaker).
struct PilotDifference {
  std::uint32_t speaker = 0, clip = 0, question = 0, seed = 0;
  double value = 0;
};

// Components and design of a pilot. A component that its design cannot tell from another is zero and named in
// `notes`: with one seed the question's holds what another decoding would change too; a judge's replicates
// are none of its own.
struct PilotPlan {
  statistics::PlannedVariance variance;
  statistics::PlannedDesign design;                // numbers per higher level are means, rounded
  std::optional<double> mean, standard_error, df;  // as estimated, for new seeds where there are several
  std::vector<std::string> notes;
  std::string reason;  // why there is none: no differences, one unit, no variation
};
PilotPlan plan_of_pilot(const std::vector<PilotDifference>& differences, double level);

struct PowerSettings {
  double alpha = 0.05;  // two-sided, of one test: (1 - level) / contrasts is what Holm asks of the hardest
  double power = 0.8;
  std::optional<double> effect;
};
struct Need {
  std::string what;  // "speakers", "clips", "questions", "seeds", "replicates"
  std::int64_t now = 1;
  std::optional<std::int64_t> needed;  // the others held; nothing where no number does
};
// With three seeds the chance is up to five points lower than planned, because the degrees of freedom that
// are planned with are then estimated (tests/unit/analysis_power_test.cc); from ten seeds on, or for one, it
// holds.
struct PowerPlan {
  std::optional<double> standard_error, df;     // of this design, from the components
  std::optional<double> smallest;               // difference seen with the chance `power`
  std::optional<double> chance;                 // of seeing `effect`
  std::vector<Need> needs;                      // for `effect`
  std::vector<statistics::Purchase> purchases;  // best first; those that buy nothing left out
  std::string reason;
};
PowerPlan power_plan(const statistics::PlannedVariance& variance, const statistics::PlannedDesign& design,
                     bool new_seeds, const PowerSettings& settings);

}  // namespace undertone::analysis
