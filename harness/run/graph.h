// A plan is a graph of stages; the executor runs those whose inputs are there, as many at once as there are
// slots.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/progress.h"
#include "harness/run/used_weights.h"
#include "harness/run/worker_process.h"
#include "harness/store/store.h"

namespace undertone {

// What the work of one run amounted to: all zero when everything was there already.
struct Counters {
  std::atomic<std::int64_t> stages_run{0}, stages_found{0}, train_steps{0}, answers{0}, verdicts{0};
};

struct StageContext {
  Store& store;
  WorkerProcess& worker;
  Progress& progress;
  Counters& counters;
  const std::atomic<bool>& interrupted;
};

struct Estimated {
  double seconds = 0;
  std::int64_t bytes = 0;     // memory at the peak
  std::int64_t requests = 0;  // to endpoints
  std::int64_t items = 0;     // clips, training steps, answers or verdicts, as the kind of stage says
};

struct Stage {
  std::string key;                   // what the store files its output under
  std::string kind;                  // "corpus", "features", "train", ...
  std::string title;                 // unique, for people: "train S30 seed 2"
  std::vector<std::string> inputs;   // titles of the stages it needs
  std::vector<std::string> gathers;  // stages that it waits for and takes as far as they succeed: skipped
                                     // only when all of them failed
  std::vector<std::string> systems;  // systems that fail with it; empty: all
  int slots = 1;                     // of the executor; a job with two threads takes two
  bool needs_model = false;          // runs in undertone-model
  std::vector<UsedWeights> weights;  // for the manifest; what they are stands in the key as well
  // Done when an artefact of the key is in the store and this (where set) agrees.
  std::function<void(StageContext&)> run;
  std::function<Estimated()> estimate;
};

struct StageOutcome {
  enum class State { done, found, failed, skipped, interrupted };
  State state = State::skipped;
  std::string failure;
  double seconds = 0;
};

struct Execution {
  std::vector<StageOutcome> outcomes;  // by stage, in the plan's order
  bool interrupted = false;
  const StageOutcome* find(const std::vector<Stage>& plan, std::string_view title) const;
};

// Stages are started in the plan's order as their inputs become ready. A stage that fails ends those that
// need it, and no others. `slots` worker processes are started on demand.
Execution execute(const std::vector<Stage>& plan, Store& store, const std::string& model_program, int slots,
                  Progress& progress, Counters& counters, const std::atomic<bool>& interrupted);

// Throws Error{internal} when an input is unknown or the graph has a cycle.
void check_plan(const std::vector<Stage>& plan);

}  // namespace undertone
