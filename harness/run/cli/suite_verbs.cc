// validate, plan, schema: what a suite says, before anything runs.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "harness/run/cli/verbs.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct SuiteArguments {
  std::string suite, store;
  std::vector<std::string> overrides;
  std::int64_t limit = 0;
};

ExitCode validate(const SuiteArguments& a) {
  const Installation here = find_installation();
  const SuiteResult result = read_suite(find_suite(a.suite, here.suites()), a.overrides, suite_kinds());
  for (const Problem& p : result.problems) fmt::print("{}\n", p.str());
  if (!result.problems.empty()) {
    fmt::print(stderr, "{} problem{}\n  mend: change the places named above\n", result.problems.size(),
               result.problems.size() == 1 ? "" : "s");
    return ExitCode::usage;
  }
  for (const SuiteSpec& s : result.suites)
    fmt::print("{}: sound; {} systems, {} judges, {} claims\n", s.name, s.systems.size(), s.judges.size(),
               s.claims.size());
  return ExitCode::done;
}

std::string clock(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// What a stage's count counts, or "" where it has none.
std::string_view unit_of(const std::string& kind) {
  if (kind == "corpus" || kind == "features" || kind == "recogniser") return "clips";
  if (kind == "train") return "steps";
  if (kind == "answer") return "answers";
  if (kind == "judge") return "verdicts";
  return "";
}

ExitCode plan(const SuiteArguments& a) {
  const Installation here = find_installation();
  for (const SuiteSpec& spec : load_suites(here, a.suite, a.overrides)) {
    PipelineOptions options;
    options.limit = a.limit;
    const auto pipeline = make_pipeline(spec, here, options);
    const std::string folder = default_store(a.store);
    std::optional<Store> store;
    if (std::filesystem::exists(folder)) store.emplace(Store::open(folder, Store::Mode::read));
    const int slots = static_cast<int>(spec.runtime.get("workers", 2));
    double todo = 0;
    std::int64_t memory = 0, requests = 0;
    std::size_t there = 0;
    std::map<std::string_view, std::int64_t> counts;  // by unit, of what is to do
    fmt::print("{:<56} {:<6} {:>7} {:<9} {:>9}\n", "stage", "state", "count", "", "estimate");
    for (const Stage& s : pipeline->stages) {
      const bool found = store && store->find(s.key);
      const Estimated e = s.estimate();
      const std::string_view unit = unit_of(s.kind);
      if (found)
        ++there;
      else {
        counts[unit] += e.items;
        todo += e.seconds * std::min(s.slots, slots) / slots;
        memory = std::max(memory, e.bytes);
        requests += e.requests;
      }
      fmt::print("{:<56} {:<6} {:>7} {:<9} {:>9}\n", s.title,
                 found           ? "there"
                 : s.needs_model ? "model"
                                 : "to do",
                 unit.empty() ? "" : fmt::format("{}", e.items), unit, found ? "" : clock(e.seconds));
    }
    fmt::print(
        "to do: {} steps of training, {} answers, at most {} verdicts (equal answers are judged once)\n",
        counts["steps"], counts["answers"], counts["verdicts"]);
    fmt::print(
        "{}: {} stages, {} there already; about {} on {} slots, {:.1f} GB a worker at the peak, {} requests. "
        "Nothing was run.\n",
        spec.name, pipeline->stages.size(), there, clock(todo), slots, static_cast<double>(memory) / 1e9,
        requests);
    if (const auto& rate = pipeline->forecast->rate())
      fmt::print("Times follow from {:.0f} GFLOP/s a thread ({}).\n", rate->flops / 1e9, rate->how);
  }
  return ExitCode::done;
}

void add_suite_options(CLI::App* verb, SuiteArguments& a) {
  verb->add_option("SUITE", a.suite, "a suite's name (see 'undertone list suites') or the path of its file")
      ->required();
  verb->add_option("OVERRIDES", a.overrides, "settings of the form a.b=c");
}

}  // namespace

void add_suite_verbs(CLI::App& app, Action& action) {
  auto a = std::make_shared<SuiteArguments>();
  CLI::App* v = app.add_subcommand(
      "validate", "report every problem of a suite, with file, line and the nearest known key");
  add_suite_options(v, *a);
  v->callback([a, &action] { action = [a] { return validate(*a); }; });

  CLI::App* p =
      app.add_subcommand("plan", "stages, what is there already, counts and estimates; runs nothing");
  add_suite_options(p, *a);
  store_option(p, a->store);
  p->add_option("--limit", a->limit, "ask at most so many questions of each dataset")
      ->check(CLI::NonNegativeNumber);
  p->callback([a, &action] { action = [a] { return plan(*a); }; });

  app.add_subcommand("schema", "print the JSON Schema of suites")->callback([&action] {
    action = [] {
      fmt::print("{}\n", suite_schema(suite_kinds()).dump(1));
      return ExitCode::done;
    };
  });
}

}  // namespace undertone
