// People rate a run's answers: a blind page goes out, the saved files come back as verdicts of a judge of
// kind `human` and as rows of the datasheet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/human_key.h"
#include "harness/core/error.h"
#include "harness/run/report_data.h"
#include "reports/human_page.h"

namespace undertone {

struct HumanExportOptions {
  HumanTask task = HumanTask::ratings;
  std::int64_t items = 60;
  std::int64_t seed = 1;
  int raters = 0;        // 0: two for pairs, else one
  double overlap = 0.3;  // share of the items that every rater rates, where there are several
  std::string rubric = "audiobench_style";       // of ratings: a shipped rubric; its scale is rated on
  std::vector<std::string> systems, conditions;  // what may be drawn; empty: all. Of pairs: the two variants
  std::string items_file;                        // chosen items in place of drawn ones
};

// Draws and deals by Philox streams named "SUITE/human/TASK/seed=N/...": the same run and options give the
// same key. Ratings: distinct answers to a question, whoever gave them, are one item each. Pairs: a question
// and seed that both variants answered, in different words; the variants are those of `systems`, else of the
// suite's first contrast. `items_file` is JSONL of {"item": ID, "inclusion": CHANCE | null}, where ID is an
// answer's QUESTION/SYSTEM/CONDITION/SEED (pairs: of the first variant), or a question's id for QA pairs.
// Throws Error{usage} or Error{data} where nothing can be drawn.
HumanKey draw_human_items(const ReportInputs& inputs, const HumanExportOptions& options);

// The page of a key: recordings from the run's items. Nothing of the key but ids and texts goes in.
HumanPage human_page(const HumanKey& key, const ReportInputs& inputs);

// Writes the page to `out` ("": RUN's folder/human/EXPORT.html) and the key beside the run's report.
ExitCode export_human_page(const std::string& run, const std::string& store,
                           const HumanExportOptions& options, const std::string& out);

// Reads a saved file against its key, keeps it as RUN/human/EXPORT.rater-N.json, and writes the ratings of
// all raters so far anew: EXPORT.ratings.jsonl (as `judges --humans` reads), and for the task `ratings`
// EXPORT.people.jsonl with EXPORT.judge.json (a judge of kind `human` for `judge RUN --judge`) and its
// verdicts in the ledger. `script` marks the rater as one; nothing makes a script's file a person's. Throws
// Error{data} as parse_human_session does, and where another person was imported under the rater's number or
// another number under the name.
ExitCode import_human_page(const std::string& file, const std::string& run, const std::string& store,
                           bool script);

}  // namespace undertone
