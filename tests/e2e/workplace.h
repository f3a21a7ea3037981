// A folder to run `undertone` in, and the finished run of the smoke suite that tests start from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "tests/support/program.h"

namespace undertone::test {

using Environment = std::map<std::string, std::optional<std::string>>;

// Working directory of some calls of `undertone`; its store is runs/store, its reports are runs/NAME.
class Workplace {
 public:
  const std::string& path() const { return folder_.path(); }
  std::string operator/(const std::string& name) const { return folder_ / name; }

  Ended run(const std::vector<std::string>& arguments, const Environment& environment = {}) const;
  // The same where no file may grow beyond `bytes`.
  Ended run_limited(const std::vector<std::string>& arguments, std::uint64_t bytes) const;
  std::unique_ptr<Program> start(const std::vector<std::string>& arguments,
                                 const Environment& environment = {}) const;

  // The same store and reports as in `other`.
  void copy_from(const Workplace& other) const;

  std::string report_bytes(const std::string& suite) const;
  Json report(const std::string& suite) const;
  Json manifest(const std::string& suite) const;
  // Title -> digest of the stage's artefact.
  std::map<std::string, std::string> stage_digests(const std::string& suite) const;
  // What the store's ledger holds.
  struct Ledger {
    std::int64_t answers = -1, verdicts = -1;
  };
  Ledger ledger() const;
  // State ("done", "failed") by system, from report.json.
  std::map<std::string, std::string> system_states(const std::string& suite) const;

 private:
  ProgramOptions options(const Environment& environment) const;
  TemporaryFolder folder_;
};

// The tree whose suites and assets the programs use: this one, or UNDERTONE_TEST_TREE (a copy, so that edits
// made while long tests run do not disturb them).
std::string tree_path();
// A program under test: in the build folder, or in UNDERTONE_TEST_PROGRAMS.
std::string program_path(const std::string& name);

// Why the smoke suite cannot run here (built without libtorch, weights not fetched), or nothing.
std::optional<std::string> no_smoke();

// A finished run of the smoke suite, made once a process. `points` are the crash points that it passed, in
// the order in which each came first.
struct FinishedSmoke {
  Workplace place;
  Ended ended;
  std::vector<std::string> points;
};
const FinishedSmoke& finished_smoke();

// Ids of living processes whose program is undertone-model with this working directory.
std::vector<int> model_processes(const std::string& folder);

}  // namespace undertone::test
