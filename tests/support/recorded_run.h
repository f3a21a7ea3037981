// Runs the stages of a suite of this build within the test; nothing needs a model, and none can be started.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"
#include "harness/run/run.h"

namespace undertone::test {

inline Installation this_build() { return {UNDERTONE_SOURCE_DIR, UNDERTONE_BINARY_DIR}; }

struct RanSuite {
  std::unique_ptr<Pipeline> pipeline;
  Execution execution;
  std::int64_t verdicts = 0;  // given by this run

  // The stage must be of the plan.
  const StageOutcome& stage(const std::string& title) const {
    return *execution.find(pipeline->stages, title);
  }
};

inline RanSuite run_suite(const std::string& suite, Store& store,
                          const std::vector<std::string>& overrides = {}, int slots = 1) {
  RanSuite out;
  const SuiteSpec spec = load_suites(this_build(), suite, overrides).front();
  out.pipeline = make_pipeline(spec, this_build(), {});
  Progress progress(Progress::Style::quiet);
  Counters counters;
  const std::atomic<bool> never{false};
  out.execution =
      execute(out.pipeline->stages, store, "/nonexistent/undertone-model", slots, progress, counters, never);
  out.verdicts = counters.verdicts;
  return out;
}

}  // namespace undertone::test
