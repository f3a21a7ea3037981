// The canary: a judge's frozen anchors (judges/anchors.h), drawn from a run and asked before it judges
// another.
#pragma once

#include <map>
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
// answers. What a judge heard is named by its digest; freeze_anchors() puts the recordings in place.
std::vector<Anchor> draw_anchors(const Tape& tape, const AnchorChoice& choice);

// Writes the file and, into the folder PATH.audio beside it, what the judges heard: `recordings` are paths by
// question. Throws Error{usage} where such a recording is not at hand.
void freeze_anchors(std::vector<Anchor> anchors, const std::map<std::string, std::string>& recordings,
                    const std::string& path);

}  // namespace undertone
