// What a suite's declared comparisons can see, and what more would buy: `undertone power`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"
#include "metrics/analysis/power.h"
#include "reports/table.h"

namespace undertone {

struct PowerOptions {
  std::string store;             // folder
  std::string pilot;             // folder, tag or hash prefix of a run; "": the suite's own results
  std::optional<double> effect;  // in points of the primary judge; else each claim's margin, where it has one
  double power = 0.8;
  // Standard deviations by component ("speaker", "clip", "question", "seed", "decode", "replicate") and
  // numbers
  // ("speakers", "clips", ...) that stand in for what the pilot says or lacks; the result names them as
  // assumed.
  std::map<std::string, double> deviations;
  std::map<std::string, std::int64_t> numbers;
};

struct ContrastPower {
  std::string name, system, baseline;  // systems with their conditions: "S30@absent"
  std::optional<double> effect, mean,
      observed_error;  // observed: the pilot's own estimate and its standard error
  statistics::PlannedVariance variance;
  statistics::PlannedDesign design;
  bool new_seeds = false;
  analysis::PowerPlan plan;
  std::vector<std::string> notes;
  std::string reason;  // why nothing is planned
};

struct SuitePower {
  std::string suite, judge;
  double level = 0.95, alpha = 0.05, power = 0.8;  // alpha: (1 - level) over the number of contrasts (Holm)
  bool declared = true;              // contrasts are the suite's claims; else each system against the first
  std::string pilot;                 // what the components rest on, in words
  std::vector<std::string> assumed;  // "speaker deviation 0.3", "40 speakers"
  std::vector<ContrastPower> contrasts;
};

// Reads the store and runs nothing. Without results the components and numbers must be given: Error{usage}
// lists those that are missing.
SuitePower suite_power(const SuiteSpec& spec, const Installation& installation, const PowerOptions& options);

std::vector<Table> power_tables(const SuitePower& power);
std::string power_text(const SuitePower& power);
std::string power_json(const SuitePower& power);

}  // namespace undertone
