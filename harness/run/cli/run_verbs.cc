// run and the stage verbs, which stop after their stage; rerun, which runs a finished run again and compares.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/rejudge.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct RunArguments {
  std::string suite;
  std::string judge;  // of judge: one to put beside a run's own
  RunOptions options;
};

ExitCode run(const RunArguments& a) {
  const Installation here = find_installation();
  const auto suites = load_suites(here, a.suite, a.options.overrides);
  ExitCode worst = ExitCode::done;
  for (const SuiteSpec& spec : suites) {
    RunOptions options = a.options;
    if (!options.out.empty() && suites.size() > 1) options.out += "/" + spec.name;
    const ExitCode code = run_suite(here, spec, options);
    if (code == ExitCode::interrupted) return code;
    if (code != ExitCode::done) worst = code;
  }
  return worst;
}

void add_run_options(CLI::App* verb, RunArguments& a) {
  verb->add_option("SUITE", a.suite, "a suite's name (see 'undertone list suites') or the path of its file")
      ->required();
  verb->add_option("OVERRIDES", a.options.overrides,
                   "settings of the form a.b=c, e.g. datasets.emodb.root=DIR");
  verb->add_option("--out", a.options.out, "folder of the report (default: runs/NAME)");
  store_option(verb, a.options.store);
  verb->add_option("--limit", a.options.pipeline.limit, "ask at most so many questions of each dataset")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--quiet", a.options.quiet, "no progress");
}

// With --judge, or where a run is named, its stored answers are judged; else a suite is run up to its
// verdicts.
ExitCode judge(const RunArguments& a) {
  if (a.judge.empty() && !std::filesystem::exists(a.suite + "/manifest.json")) return run(a);
  const auto added = a.judge.empty() ? std::optional<AddedJudge>() : added_judge(a.judge);
  return rejudge(a.suite, find_installation(), default_store(a.options.store), added,
                 a.options.pipeline.replicates, a.options.out, a.options.quiet);
}

void add_judge_options(CLI::App* verb, RunArguments& a) {
  verb->add_option(
      "--judge", a.judge,
      "judge a run's stored answers (RUN in place of SUITE) by this judge too: a kind, a JSON file that "
      "holds {\"kind\": ...}, or NAME=either");
  verb->add_option("--replicates", a.options.pipeline.replicates,
                   "ask each judge that is a model so many times; every verdict is kept")
      ->check(CLI::Range(1, 100));
}

}  // namespace

void add_run_verbs(CLI::App& app, Action& action) {
  struct Verb {
    const char *name, *until, *help;
  };
  static constexpr Verb verbs[] = {
      {"run", "", "run a suite, or go on where it stopped, and write its report"},
      {"train", "train", "run a suite's stages up to training"},
      {"answer", "answer", "run a suite's stages up to the answers"},
      {"judge", "judge",
       "run a suite's stages up to the verdicts; stored answers are judged without the answering model"},
      {"report", "", "write a suite's report from what the ledger holds; missing stages are run"}};
  for (const Verb& v : verbs) {
    auto a = std::make_shared<RunArguments>();
    a->options.pipeline.until = v.until;
    CLI::App* verb = app.add_subcommand(v.name, v.help);
    add_run_options(verb, *a);
    const bool judges = std::string_view(v.name) == "judge";
    if (judges) add_judge_options(verb, *a);
    verb->callback([a, judges, &action] { action = [a, judges] { return judges ? judge(*a) : run(*a); }; });
  }

  struct RerunArguments {
    std::string run, store;
    double tolerance = 1e-6;
  };
  auto a = std::make_shared<RerunArguments>();
  CLI::App* verb =
      app.add_subcommand("rerun", "run a finished run again in an empty store and say which numbers match");
  verb->add_option("RUN", a->run, "folder, tag or hash prefix of a run")->required();
  verb->add_option("--store", a->store,
                   "store that knows the run (default: UNDERTONE_STORE, else runs/store)");
  verb->add_option("--tolerance", a->tolerance, "largest difference that still counts as a match");
  verb->callback(
      [a, &action] { action = [a] { return rerun(a->run, default_store(a->store), a->tolerance); }; });
}

}  // namespace undertone
