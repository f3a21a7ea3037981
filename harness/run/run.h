// Runs a suite from whatever the store holds already to its report.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/progress.h"
#include "harness/run/pipeline.h"

namespace undertone {

struct ReportData;

struct RunOptions {
  std::string out;    // folder of the report; "": runs/NAME
  std::string store;  // "": UNDERTONE_STORE, else runs/store
  std::vector<std::string> overrides;
  PipelineOptions pipeline;
  bool quiet = false;
  bool summary_on_stderr = false;  // for verbs whose results on stdout are others
};

// What running a suite came to.
struct RunOutcome {
  ExitCode code = ExitCode::done;
  std::string identity, folder;     // of the run, and of its report
  std::vector<std::string> failed;  // "STAGE: why"
};

// Set by SIGINT and SIGTERM.
extern std::atomic<bool> g_interrupted;
void install_interrupt_handler();

std::string default_store(const std::string& given);

// Throws Error{suite} that lists them all, when there are any. `what`: "the suite", "the paper's file".
void throw_problems(const std::vector<Problem>& problems, const std::string& what,
                    const std::string& more = "");

// Reads the suite and stops the program's verb with all problems on stderr; throws Error{usage} when it has
// any.
std::vector<SuiteSpec> load_suites(const Installation& installation, const std::string& suite,
                                   const std::vector<std::string>& overrides);

// Runs one suite; prints where the report is, and the counters, on stdout.
RunOutcome run_suite_to_report(const Installation& installation, const SuiteSpec& spec,
                               const RunOptions& options);
ExitCode run_suite(const Installation& installation, const SuiteSpec& spec, const RunOptions& options);

// report.json, report.md and report.html, in a folder that is made where it is not there.
void write_reports(const ReportData& data, const Installation& installation, const std::string& folder);

// Facts for manifest.json: what made the numbers, but not the numbers.
Json make_manifest(const Pipeline& pipeline, const Execution& execution, const Store& store,
                   const Counters& counters, const std::string& started);

std::string utc_now();

}  // namespace undertone
