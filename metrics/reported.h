// Which estimates stand in a report: those that the suite asks for, at the grain that a reader compares.
#pragma once

#include <string>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

struct ReportedChoice {
  std::vector<std::string> metrics;  // the suite's names; empty: every metric
  std::string primary_judge;
};

// Kept are: every declared comparison; means of every judge and its parts over every slice; of metrics of
// mapped labels those that the suite lists (with their coverage), over all questions and by question type;
// exploratory comparisons of the primary judge over every slice, of other judges and of parts over all
// questions; intervals for these seeds, these units or independent answers beside the main one for the
// primary judge over all questions and over types. What is left out follows from the ledger's answers and
// verdicts.
bool is_reported(const Estimate& e, const ReportedChoice& choice);

}  // namespace undertone
