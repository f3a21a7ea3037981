// Tonight's run against a baseline that was fixed beforehand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/compare.h"
#include "harness/run/run.h"

namespace undertone {

struct NightlyOptions {
  std::string suite, baseline;      // baseline: a run (folder, tag, hash prefix) or a tape
  std::string format = "terminal";  // terminal, markdown, json, junit, github
  double false_alarms = 1;          // that may be expected in `nights` nights, better or worse
  double nights = 365;
  std::string page;    // file of a page; "" for none
  bool fresh = false;  // in a store of its own: nothing that an earlier night made or bought is taken
  ComparisonSettings settings;  // alpha follows from false_alarms and nights
  RunOptions run;
};

// The chance of any false alarm that one night may have: spent evenly, so that `false_alarms` are expected in
// `nights` nights at most, however the nights depend on each other.
double alpha_of_a_night(double false_alarms, double nights);

// What the store keeps of a night: a verdict and the means of every declared measure, `level` (their mean
// place on their scales, which orders nights), and what the run was made with (its manifest without the text
// of a diff).
struct NightTapes {
  std::string night, baseline;  // digests
};
Json night_result(const RunsCompared& compared, const Json& manifest, const NightTapes& tapes, ExitCode code);

// A member of a stored result; nothing where it is absent, null, or no number.
std::optional<double> optional_number(const Json& object, std::string_view key);

// The declared measures of tonight's result (night_result()) over the nights that had the same baseline, with
// their change points at 5 % over all of them.
std::vector<Trend> night_trends(const std::vector<NightRow>& before, const Json& tonight,
                                const std::string& when, const std::string& stream);

// Why a run may not be the baseline; "" where it may. A baseline that was chosen because it looked best is
// higher than it is, by what chance gave it: every other night then looks worse. Known by this: its results
// (told by the digest of its tape) are those of one of three or more nights of the suite's history, its level
// is above that of all others among them, and it was no night's baseline while there were fewer nights or it
// was not the best.
std::string why_best_night(const std::string& tape_digest, const std::vector<NightRow>& nights);

// 0; 100 where a declared measure is worse; 1 where a stage failed or a declared measure could not be told
// (judge drift, not comparable).
ExitCode night_code(const RunsCompared& compared, const std::vector<std::string>& failed);

// Runs or resumes the suite, compares, adds the night to the store's history, keeps the run's tape beside its
// report, and prints.
ExitCode nightly(const Installation& installation, const NightlyOptions& options);

}  // namespace undertone
