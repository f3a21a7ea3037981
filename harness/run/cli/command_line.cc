#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <new>

#include "harness/core/fields.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

// CLI11 only says that a verb is missing when the word that should be one is none.
std::string wrong_usage(const CLI::App& app, int argc, char** argv, const CLI::ParseError& e) {
  const std::string word = argc > 1 ? argv[1] : "";
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  if (word.empty() || word.front() == '-' || std::find(verbs.begin(), verbs.end(), word) != verbs.end())
    return e.what();
  const std::string nearest = nearest_of(word, verbs);
  return fmt::format("there is no verb '{}'{}", word,
                     nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest));
}

}  // namespace

void store_option(CLI::App* verb, std::string& store) {
  verb->add_option("--store", store, "folder of the store (default: UNDERTONE_STORE, else runs/store)");
}

int command_line(int argc, char** argv) {
  CLI::App app{
      "Undertone: benchmark and reproducibility harness for speech language models that must understand how "
      "a thing is said.\n"
      "setup, build, test and demo are verbs of the launcher ./undertone."};
  app.name("undertone");
  app.require_subcommand(1);
  app.set_version_flag("--version", "undertone 0.1.0");
  app.footer(
      "Exit codes: 0 done, 1 failed (the report says what), 2 wrong usage or suite, 100 a gate failed, 130 "
      "interrupted and resumable.");
  Action action;
  add_suite_verbs(app, action);
  add_run_verbs(app, action);
  add_results_verbs(app, action);
  add_store_verbs(app, action);
  add_list_verb(app, action);
  add_analyze_verb(app, action);
  add_power_verb(app, action);
  add_reproduce_verb(app, action);
  add_check_verb(app, action);
  add_compare_verb(app, action);
  add_nightly_verb(app, action);
  add_audit_verb(app, action);
  add_tape_verb(app, action);
  add_judges_verb(app, action);
  add_import_verb(app, action);
  add_human_verb(app, action);
  add_export_verb(app, action);
  add_view_verb(app, action);
  add_ask_verb(app, action);
  add_write_questions_verb(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    fmt::print(
        stderr,
        "undertone: {}\n  mend: 'undertone --help' lists the verbs, 'undertone VERB --help' their options\n",
        wrong_usage(app, argc, argv, e));
    return static_cast<int>(ExitCode::usage);
  }
  install_interrupt_handler();
  try {
    return static_cast<int>(action());
  } catch (const Error& e) {
    fmt::print(stderr, "undertone: {}\n", e.what());
    return static_cast<int>(e.exit_code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "undertone: out of memory\n  mend: close other programs, or lower runtime.workers\n");
    return static_cast<int>(ExitCode::failed);
  } catch (const std::exception& e) {
    fmt::print(stderr, "undertone: {}\n", e.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace undertone
