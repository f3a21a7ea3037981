#include "harness/run/rerun.h"

#include <fmt/format.h>
#include <cmath>
#include <filesystem>
#include <map>

#include "harness/core/files.h"
#include "harness/run/run.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

std::string name_of(const Json& e) {
  std::string out;
  for (const char* key : {"tag", "system", "baseline", "test_condition", "judge", "kind", "method"})
    out += (out.empty() ? "" : " | ") + (e.find(key) && e.at(key).is_string() ? e.at(key).as_string() : "");
  return out;
}

// The numbers of an estimate that must come out again.
constexpr const char* kNumbers[] = {"value", "low", "high", "p_value", "n", "asked", "scored", "units"};

[[noreturn]] void no_such_run(const std::string& run, const std::string& store, const std::string& file) {
  throw Error(ErrorKind::usage, fmt::format("there is no run '{}'", run), store,
              fmt::format("'undertone runs list' lists them; a folder that holds {} will do too", file));
}

}  // namespace

std::string run_folder(const std::string& run, const Store& store, const std::string& file) {
  if (fs::exists(run + "/" + file)) return run;
  const auto found = store.find_run(run);
  if (!found) no_such_run(run, store.folder(), file);
  if (!fs::exists(found->folder + "/" + file))
    throw Error(ErrorKind::usage, fmt::format("the run '{}' has no {} in its folder", run, file),
                found->folder, "run its suite again: what is there is not run twice");
  return found->folder;
}

std::string run_folder(const std::string& run, const std::string& store) {
  if (fs::exists(run + "/report.json")) return run;
  if (!fs::exists(store)) no_such_run(run, store, "report.json");
  return run_folder(run, Store::open(store, Store::Mode::read));
}

std::optional<std::string> run_named(const std::string& what, const Store& store) {
  if (fs::exists(what + "/manifest.json")) return what;
  if (store.find_run(what)) return what;
  std::string latest, created;
  for (const RunRow& run : store.runs())
    if (run.suite == what && run.created >= created && fs::exists(run.folder + "/manifest.json")) {
      latest = run.folder;
      created = run.created;
    }
  return latest.empty() ? std::nullopt : std::optional(latest);
}

std::string run_or_suite_folder(const std::string& what, const std::string& store) {
  if (fs::exists(what + "/report.json")) return what;
  if (fs::exists(store + "/ledger.sqlite")) {
    const Store opened = Store::open(store, Store::Mode::read);
    if (const auto run = run_named(what, opened)) return run_folder(*run, opened);
  }
  if (what.find('/') == std::string::npos && fs::exists("runs/" + what + "/report.json"))
    return "runs/" + what;
  throw Error(ErrorKind::usage, fmt::format("'{}' is neither a run nor a suite that ran to its report", what),
              store,
              fmt::format("'undertone run {}' makes one; 'undertone runs list' lists what there is", what));
}

Comparison compare_reports(const Json& before, const Json& after, double tolerance) {
  Comparison c;
  std::map<std::string, const Json*> now;
  for (const Json& e : after.at("estimates").elements()) now[name_of(e)] = &e;
  for (const Json& e : before.at("estimates").elements()) {
    const auto found = now.find(name_of(e));
    if (found == now.end()) {
      ++c.missing;
      if (c.differences.size() < 20) c.differences.push_back(name_of(e) + ": not there any more");
      continue;
    }
    bool same = true, near = true;
    for (const char* key : kNumbers) {
      const Json *a = e.find(key), *b = found->second->find(key);
      if (!a || !b || *a == *b) continue;
      same = false;
      if (!a->is_number() || !b->is_number() || std::fabs(a->as_double() - b->as_double()) > tolerance) {
        near = false;
        if (c.differences.size() < 20)
          c.differences.push_back(
              fmt::format("{}: {} was {} and is {}", name_of(e), key, a->dump(), b->dump()));
      }
    }
    ++(same ? c.identical : near ? c.within : c.different);
  }
  return c;
}

ExitCode rerun(const std::string& run, const std::string& store, double tolerance) {
  const std::string folder = run_folder(run, store);
  const Json manifest = read_json_file(folder + "/manifest.json");
  const Installation here = find_installation();
  const std::string again = folder + "/rerun";
  fs::create_directories(again);
  write_file_atomically(again + "/suite.json", manifest.at("resolved_suite").dump(1) + "\n");
  fs::remove_all(again + "/store");  // from nothing: that is the point
  fs::remove_all(again + "/report");
  RunOptions options;
  options.out = again + "/report";
  options.store = again + "/store";
  options.pipeline.limit = manifest.get("limit", 0);
  options.pipeline.replicates = manifest.get("replicates", 1);
  for (const SuiteSpec& spec : load_suites(here, again + "/suite.json", {})) {
    const ExitCode code = run_suite(here, spec, options);
    if (code == ExitCode::interrupted) return code;
  }
  const Comparison c = compare_reports(read_json_file(folder + "/report.json"),
                                       read_json_file(again + "/report/report.json"), tolerance);
  fmt::print("rerun: {} numbers identical to the bit, {} within {}, {} different, {} missing\n", c.identical,
             c.within, tolerance, c.different, c.missing);
  for (const auto& d : c.differences) fmt::print("  {}\n", d);
  return c.different + c.missing == 0 ? ExitCode::done : ExitCode::failed;
}

}  // namespace undertone
