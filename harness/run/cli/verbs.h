// The verbs of the command line. Each adds its subcommand to the application and, when that is chosen, sets
// `action`.
#pragma once

#include <functional>
#include <string>

#include "harness/core/error.h"
#include "harness/core/text_model.h"

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
void add_analyze_verb(CLI::App& app, Action& action);   // analyze
void add_power_verb(CLI::App& app, Action& action);     // power
void add_compare_verb(CLI::App& app, Action& action);   // compare
void add_nightly_verb(CLI::App& app, Action& action);   // nightly

void add_reproduce_verb(CLI::App& app, Action& action);        // reproduce
void add_check_verb(CLI::App& app, Action& action);            // check
void add_audit_verb(CLI::App& app, Action& action);            // audit
void add_tape_verb(CLI::App& app, Action& action);             // tape
void add_judges_verb(CLI::App& app, Action& action);           // judges
void add_import_verb(CLI::App& app, Action& action);           // import
void add_human_verb(CLI::App& app, Action& action);            // human
void add_export_verb(CLI::App& app, Action& action);           // export
void add_view_verb(CLI::App& app, Action& action);             // view
void add_ask_verb(CLI::App& app, Action& action);              // ask
void add_write_questions_verb(CLI::App& app, Action& action);  // write-questions

// What --model names: a path where it holds a '/' or such a file exists, else pinned weights.
TextModelChoice text_model_named(const std::string& name_or_path, int threads);

// --store, as every verb that reads one has it.
void store_option(CLI::App* verb, std::string& store);

// --tolerance and --power, as verbs that compare runs have them.
struct ComparisonSettings;
void comparison_options(CLI::App* verb, ComparisonSettings& settings);

// For verbs that keep nothing: an interrupt ends the program where it is.
void stop_at_once();

// Whole command line; what main() calls. Messages to stderr, results to stdout.
int command_line(int argc, char** argv);

}  // namespace undertone
