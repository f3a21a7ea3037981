// Tables of ratings for the datasheet of judges, from whatever has verdicts: a run, a suite's run, published
// logs.
#pragma once

#include <string>
#include <vector>

#include "datasets/human_record.h"
#include "datasets/import_ratings.h"
#include "harness/run/tape.h"
#include "reports/datasheet.h"

namespace undertone {

// The verdicts of a tape: items are answers (id "QUESTION/SYSTEM/CONDITION/SEED"), raters its judges with
// every replicate; clusters are what the run resamples.
RatingTable rating_table(const Tape& tape);

// The humans' ratings of one criterion, in any form that import_any reads. Throws Error{data} where the file
// holds several.
RatingTable read_humans(const std::string& path);

// Puts the humans' ratings of `humans` beside the judges of `table`: on the items of the same id, or (a file
// of ratings) of the same question and answer. A rater of kind script stays one. Returns how many of the
// table's items a human rated; throws Error{data} where a file's ratings are of none.
enum class HumansMatch { id, id_or_text };
std::int64_t add_humans(RatingTable& table, const RatingTable& humans,
                        HumansMatch match = HumansMatch::id_or_text);

struct DatasheetSource {
  std::string what;    // a run (folder, tag, hash prefix), a suite (its latest run), a tape, or ratings and
                       // logs (import_any)
  std::string humans;  // ratings to put beside a run's judges; may be ""
  std::string store;
  std::int64_t probes = 0;  // answers a probe of each of a run's judges (harness/run/probes.h); 0: none
  bool quiet = false;       // while it asks them
};
// With floors; of a run also what people rated on its pages (datasets/human_record.h). Throws Error{usage}
// where `what` is none of these, or no run and to be probed; Error{data} where `humans` has several criteria.
std::vector<Datasheet> datasheets(const DatasheetSource& source, const DatasheetOptions& options = {});

}  // namespace undertone
