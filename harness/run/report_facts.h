// What a report says beside the answers' numbers: the recogniser's figures, what a system's training moved,
// how many rows the ledger holds, and which listed metrics had nothing to measure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "datasets/corpus.h"
#include "harness/run/pipeline.h"
#include "metrics/evaluate.h"
#include "reports/report.h"

namespace undertone {

// Moves "estimates" out of a recogniser's report (recogniser_report() in harness/annotate/evaluation.h) and
// names the units by what the corpus holds out. `dataset` stands in the tags where a run has several
// recognisers; "" otherwise.
std::vector<Estimate> take_recogniser_estimates(Json& recogniser, const Corpus& corpus,
                                                const std::string& dataset);

// Absolute paths in a message cut to their last part: report.json says what failed, manifest.json where on
// which machine.
std::string without_folders(const std::string& message);

// Whether a stage's artefact is in the store; null: it was no part of the plan.
bool finished(const StageOutcome* outcome);

// The suite's claims; where it declares none, each system against the first one, with no margin: exploratory.
std::vector<ContrastSpec> contrasts_of(const SuiteSpec& spec);

// Fills `trains`, `train_metadata` and `seeds` of a report's system by its suite's recipes.
void describe_training(ReportSystem& system, const SystemSpec& spec, const Pipeline& pipeline);

// Of the keys of a finished judge's verdicts those that the ledger must hold.
struct DueVerdicts {
  std::vector<std::string> keys;
  std::int64_t not_due = 0;  // verdicts that no row is due for; the answer's verdict says why
};
// Counts as the store has them, not as the report read them: a lost row makes them smaller. Adds a note for
// each set of answers that is smaller than what was asked of it.
void count_ledger(ReportData& data, const Pipeline& pipeline, const Execution& execution, const Store& store,
                  const DueVerdicts& due);

// One note for each metric that the suite lists and no estimate measures, with the reason.
std::vector<std::string> unmeasured_metrics(std::span<const std::string> listed,
                                            std::span<const Estimate> estimates);

// "12 of 610 questions ...": how many questions have content from a closed set; "" where none has.
std::string closed_set_note(std::span<const ReportItem> items);

}  // namespace undertone
