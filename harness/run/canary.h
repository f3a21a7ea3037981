// The canary: a judge's frozen anchors (judges/anchors.h), drawn from a run and asked before it judges
// another.
#pragma once

#include <string>
#include <vector>

#include "harness/run/tape.h"
#include "judges/anchors.h"
#include "reports/canary.h"

namespace undertone {

// Reads the file that the suite names. Throws Error{data} at file:line for one that is broken, and for a
// judge that the suite does not have.
void read_canary(Pipeline& pipeline);

// What judges said of their anchors, of those whose stage is done.
std::vector<ReportCanary> report_canaries(const Pipeline& pipeline, const Execution& execution,
                                          const Store& store);

struct AnchorChoice {
  std::vector<std::string> judges;  // empty: all that are no metric judges
  std::int64_t items = 30;          // answers a judge
};
// Answers that a run's judge rated, with all its replicates, drawn by the stream "SUITE/anchors/JUDGE".
// Throws Error{usage} for a judge that the tape does not have or that rated fewer than kFewestAnchors
// answers.
std::vector<Anchor> draw_anchors(const Tape& tape, const AnchorChoice& choice);

}  // namespace undertone
