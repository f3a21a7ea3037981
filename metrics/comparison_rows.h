// From the rows of two runs to what is compared: the same questions to the same systems, put side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "metrics/attribution.h"
#include "metrics/comparison.h"
#include "metrics/evaluate.h"

namespace undertone {

// One of the runs.
struct ComparedRun {
  const std::vector<EvaluationRow>* rows = nullptr;
  const EvaluationSettings* settings = nullptr;
  std::map<std::string, std::string> judges;    // name -> identity
  std::map<std::string, std::string> failures;  // system -> why it has no answers
};

// A system under one condition, in both runs.
struct PairedRows {
  struct One {
    std::uint32_t seed = 0;  // dense
    std::uint32_t unit = 0;  // index into the units of both runs
    const EvaluationRow *first = nullptr, *second = nullptr;
    bool same_question = true;  // text, reference, gold labels and what the clip says
  };
  std::string system, condition;
  std::vector<One> rows;                          // by seed, then question
  std::set<std::string> only_first, only_second;  // ids of questions that one run asked
  std::set<std::string> changed;                  // ids of questions that are not what they were
  std::vector<std::string> notes;                 // how seeds were paired
  std::string missing;                            // why there are no pairs: one run lacks the system
};
// By system and condition. Seeds are paired by their number where both runs have the same ones, else by their
// order.
std::vector<PairedRows> pair_runs(const ComparedRun& first, const ComparedRun& second);

struct MeasureOptions {
  std::set<std::string> retrained;  // systems whose training artefacts differ
  std::set<std::string> controls;   // systems that no gate looks at
  // Of a judge that is another one in the second run: what that one says of an answer of the first run.
  std::function<SwappedVerdict(const std::string& judge, const EvaluationRow& first)> second_judge;
  int threads = 1;  // changes no byte
};
// For every system and condition, over the pool that a report is about ("cpqa", else the first):
//   POOL/all/judge:J/mean                     declared for the primary judge
//   POOL/all/judge:J/scored                   share of questions with a score, of the primary judge; declared
//   P/all/ATTRIBUTE/accuracy_unmapped_wrong   exploratory, for every pool P
// The primary judge's means over other pools are exploratory, and so is all that is said of controls.
std::vector<ComparedMeasure> measures_of(const ComparedRun& first, const ComparedRun& second,
                                         const std::vector<PairedRows>& pairs, const MeasureOptions& options);

// The score that a row's judge gave; nothing where it is none or the answer is no answer.
std::optional<double> score_of(const EvaluationRow& row, const std::string& judge);

// The pool that the measures are about.
std::string compared_pool(const ComparedRun& first, const ComparedRun& second);

}  // namespace undertone
