// The verbs of the command line. Each adds its subcommand to the application and, when that is chosen, sets
// `action`.
#pragma once

#include <functional>

#include "harness/core/error.h"

namespace CLI {
class App;
}

namespace undertone {

using Action = std::function<ExitCode()>;

void add_suite_verbs(CLI::App& app, Action& action);    // validate, plan, schema
void add_run_verbs(CLI::App& app, Action& action);      // run, train, answer, judge, report, rerun
void add_results_verbs(CLI::App& app, Action& action);  // measure, runs
void add_store_verbs(CLI::App& app, Action& action);    // store
void add_list_verb(CLI::App& app, Action& action);      // list

// Whole command line; what main() calls. Messages to stderr, results to stdout.
int command_line(int argc, char** argv);

}  // namespace undertone
