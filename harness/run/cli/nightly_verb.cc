// nightly: tonight's run against a baseline.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "harness/run/nightly.h"

namespace undertone {
namespace {

// For a pipeline that reads a file, an error is one too: its own kind, beside the message on stderr.
ExitCode run_night(const NightlyOptions& options) {
  const Installation here = find_installation();
  try {
    return nightly(here, options);
  } catch (const Error& e) {
    RunsCompared none;
    none.second.suite = options.suite;
    NightContext night;
    night.failed = {e.what_happened()};
    if (options.format == "junit") fmt::print("{}", comparison_junit(none, night));
    if (options.format == "github") fmt::print("{}", comparison_github(none, night));
    throw;
  }
}

}  // namespace

void add_nightly_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<NightlyOptions>();
  CLI::App* v = app.add_subcommand("nightly",
                                   "run or resume a suite and compare it with a baseline; exit 100 on a "
                                   "regression, 1 where nothing can be said");
  v->add_option("SUITE", a->suite, "a suite's name (see 'undertone list suites') or the path of its file")
      ->required();
  v->add_option("OVERRIDES", a->run.overrides, "settings of the form a.b=c");
  v->add_option("--baseline", a->baseline,
                "run (folder, tag, hash prefix) or tape, fixed before the nights were looked at: the best of "
                "several nights is refused")
      ->required();
  v->add_option("--format", a->format, "of what is printed")
      ->capture_default_str()
      ->check(CLI::IsMember({"terminal", "markdown", "json", "junit", "github"}));
  v->add_option("--page", a->page,
                "write a page to this file, too: plots of the change and of the nights, audio");
  v->add_option("--false-alarms", a->false_alarms,
                "that may be expected in --nights nights, better or worse; half of them regressions")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 365.0));
  v->add_option("--nights", a->nights, "nights a year")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 100000.0));
  v->add_flag(
      "--fresh", a->fresh,
      "in a store of its own: models behind endpoints, judges among them, are asked anew every night");
  comparison_options(v, a->settings);
  v->add_option("--out", a->run.out, "folder of the report (default: runs/NAME)");
  store_option(v, a->run.store);
  v->add_option("--limit", a->run.pipeline.limit, "ask at most so many questions of each dataset")
      ->check(CLI::NonNegativeNumber);
  v->add_flag("--quiet", a->run.quiet, "no progress");
  v->callback([a, &action] { action = [a] { return run_night(*a); }; });
}

}  // namespace undertone
