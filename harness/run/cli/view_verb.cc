// view: a run's page in a browser on this machine.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "harness/run/cli/verbs.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"
#include "harness/run/view.h"

namespace undertone {
namespace {

struct ViewArguments {
  std::string run, store;
  int port = 0;
};

ExitCode view(const ViewArguments& a) {
  const std::string folder = run_or_suite_folder(a.run, default_store(a.store));
  if (!std::filesystem::exists(folder + "/report.html"))
    throw Error(ErrorKind::usage, "the run's folder has no report.html", folder,
                "run its suite again: what is there is not run twice");
  PageServer server(folder, "report.html", a.port);
  fmt::print("{}\n", server.url());
  std::fflush(stdout);
  fmt::print(stderr, "undertone: {} is served to this machine alone; Ctrl-C ends it\n", folder);
  server.serve(g_interrupted);
  return ExitCode::done;  // an interrupt is how it ends
}

}  // namespace

void add_view_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<ViewArguments>();
  CLI::App* v = app.add_subcommand("view", "serve a run's page on the loopback until Ctrl-C");
  v->add_option("RUN", a->run, "folder, tag or hash prefix of a run, or a suite (its latest run)")
      ->required();
  v->add_option("--port", a->port, "on 127.0.0.1 (default: one that is free)")->check(CLI::Range(1, 65535));
  store_option(v, a->store);
  v->callback([a, &action] { action = [a] { return view(*a); }; });
}

}  // namespace undertone
