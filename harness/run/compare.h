// Two runs, or tapes of runs, compared item by item. The comparison itself is metrics/comparison.h; here the
// runs are opened, what they were made with is set side by side, and changes are taken apart by stages.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/run/rejudge.h"
#include "harness/run/tape.h"
#include "metrics/comparison_rows.h"
#include "reports/run_comparison.h"

namespace undertone {

struct RunSide {
  ComparedName name;
  Tape tape;
  Json manifest;       // null for a tape without one beside it
  Json report;         // report.json; null where there is none
  std::string folder;  // of the run, or of the tape
};

// WHAT is a tape, or a run (folder, tag, hash prefix). A run is read from tape.jsonl in its folder where that
// is no older than its manifest, else from the store, under the keys that its manifest gives. Throws
// Error{usage} where there is no such run or file, Error{store} where the store no longer holds its answers.
RunSide open_side(const std::string& what, const Installation& installation, const std::string& store);

// Where the recordings that questions are about lie, by question, as far as the store of one of the runs
// still has its clips.
std::map<std::string, std::string> recordings_of(const std::vector<const RunSide*>& sides,
                                                 const Installation& installation, const std::string& store);

// What differs in what the runs were made with: suite, weights, data, judges, training, code.
std::vector<MadeOtherwise> made_otherwise(const Json& first_manifest, const Json& second_manifest);

// Systems whose training artefacts differ, or that train and of which a manifest is not known.
std::set<std::string> retrained_systems(const RunSide& first, const RunSide& second);

// `store`: where verdicts of mixtures are looked up; may be null. Reads both tapes, changes nothing.
RunsCompared compare_runs(const RunSide& first, const RunSide& second, const Installation& installation,
                          const Store* store, const ComparisonSettings& settings);

// Verdicts of the runs' judges on each other's answers and questions: from the tapes, from the store, or from
// judges that need no model. harness/run/compare_swaps.cc.
class VerdictSwaps {
 public:
  VerdictSwaps(const RunSide& first, const RunSide& second, const Installation& installation,
               const Store* store);
  ~VerdictSwaps();
  // What the second run's judge of that name says of the first run's answer.
  SwappedVerdict second_judge(const std::string& judge, const EvaluationRow& first);
  // Of a judge's mean over a pool, by the stages whose artefacts differ: "items", "answers", "judge",
  // "rubric", "parser".
  Swaps swaps(const PairedRows& rows, const std::string& judge, const std::string& pool);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace undertone
