// What a judge did when an answer, its question or its rubric was changed in one respect (judges/probes.h):
// a section of its datasheet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/import_ratings.h"
#include "judges/probes.h"
#include "reports/table.h"

namespace undertone {

// A statistic with its interval, or why there is none.
struct Measured {
  std::optional<double> value, low, high;
  std::string reason;
  std::int64_t n = 0;  // items
  std::int64_t clusters = 0;
};

// An answer that the judge had rated, and what it says of the changed one; nothing where it was not asked
// after all.
struct ProbedItem {
  std::string cluster;
  double before = 0;
  std::optional<Verdict> after;
};

struct ProbeRow {
  std::string judge, probe, changes, source, sound;  // sound: what a sound judge does
  std::int64_t eligible = 0;                         // answers that the probe could be made of
  std::int64_t asked = 0, scored = 0;                // of those drawn
  std::map<std::string, std::int64_t> failures;      // by kind of verdict
  Measured shift;                                    // changed less unchanged, on the judge's scale
  std::int64_t up = 0, down = 0;                     // of the answers rated both times
  std::optional<Measured> above_lowest;              // share of those scored; master keys only
  std::optional<double> mean;                        // of the changed answers
  std::string says;  // "sound: ...", "exposed: ...", "cannot tell: ...", "not run: ..."
  bool exposed() const { return says.starts_with("exposed"); }
};

// Shift and share with a clustered t interval over the items' clusters.
ProbeRow probe_row(const Probe& probe, const std::string& judge, const Scale& scale,
                   std::span<const ProbedItem> items, std::int64_t eligible, double level);
ProbeRow probe_not_run(const std::string& judge, const Probe& probe, const std::string& why);

// Whether the rater favours systems of its own model ("weights:DIGEST" or "endpoint:MODEL" in resources): its
// rating less that of a yardstick (the mean of the humans, else the judge `primary`, which shares a model
// with no system), own family less the others, paired by question, clustered t. `systems`: what each system
// may share.
ProbeRow self_preference(const RatingTable& table, std::size_t rater,
                         const std::map<std::string, std::vector<std::string>>& systems,
                         const std::string& primary, double level);

Json to_json(const Measured& measured);
Json to_json(const ProbeRow& row);
// `how`: how many answers a probe, and how they were drawn. Empty without rows.
Table probes_table(std::string id, std::string title, const std::string& how, std::span<const ProbeRow> rows);

// Internal to datasheet_*.cc
Cell measured_cell(const Measured& measured);
std::string failures_text(const std::map<std::string, std::int64_t>& failures);  // "2 refusal"; "none"

}  // namespace undertone
