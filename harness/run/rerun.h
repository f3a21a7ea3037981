// Runs a finished run again from nothing and says which of its numbers come out the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/store/store.h"

namespace undertone {

// RUN on the command line is a folder, a tag or a hash prefix: gives the folder that holds its report and
// manifest. Throws Error{usage} when there is none, or none that holds `file`.
std::string run_folder(const std::string& run, const Store& store, const std::string& file = "report.json");
// The same with the store's folder, which need not be there.
std::string run_folder(const std::string& run, const std::string& store);

// RUN itself, or the folder of the latest run of a suite that the store knows and that came to its report.
std::optional<std::string> run_named(const std::string& run_or_suite, const Store& store);
// The folder of that run, without a store too: a folder, or runs/SUITE. Throws Error{usage} when there is
// none.
std::string run_or_suite_folder(const std::string& run_or_suite, const std::string& store);

struct Comparison {
  std::int64_t identical = 0, within = 0, different = 0, missing = 0;
  std::vector<std::string> differences;  // the first twenty, in words
};
// Compares the estimates of two report.json by tag, system, condition, judge and kind.
Comparison compare_reports(const Json& before, const Json& after, double tolerance);

// Exit 0 when every number matches within the tolerance, else 1.
ExitCode rerun(const std::string& run, const std::string& store, double tolerance);

}  // namespace undertone
