// Probes of a run's judges (judges/probes.h): asked as stages, kept in the ledger under keys of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/run/tape.h"
#include "reports/datasheet_probes.h"

namespace undertone {

struct ProbeOptions {
  std::int64_t items = 0;  // answers a probe
  double level = 0.95;
  bool quiet = false;
};

// "SUITE/probes": a changed answer's own number, drawn from "SUITE/probes/PROBE/QUESTION-ID/ANSWER", says
// whether it is among the `items` lowest of those that the probe applies to. All judges get the same ones, as
// far as they rated them in the run, and a larger number holds a smaller one's.
std::string probe_stream(const std::string& suite);

// Key of a probe's verdict: that of the changed question and answer, judged by this identity, as a probe (and
// by what it heard: see verdict_key). It
// is no key of a run, so that neither takes the other's verdict for its own.
std::string probe_key(const std::string& judge_identity, const Question& question, const Clip* clip,
                      const std::string& answer, const std::string& heard = {});

// Asks every judge of the run that can be asked, and returns a row a judge and probe, in the order of the
// suite's judges and of the list of probes. What was asked before is not asked again. A judge whose stage
// fails has rows of what it gave before, which say why there is no more. Throws Error{model} when
// interrupted.
std::vector<ProbeRow> run_probes(const Pipeline& pipeline, const Tape& tape, Store& store,
                                 const ProbeOptions& options);

}  // namespace undertone
