// reproduce: a finished run beside a paper's tables.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <memory>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/reproduce.h"
#include "harness/run/rerun.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct Arguments {
  std::string run, store, paper = "2508.07273", format = "terminal", page;
  std::vector<std::string> sets;
  bool gate = false;
};

PaperSpec the_paper(const std::string& id_or_path, const Installation& here) {
  const std::string path = find_paper(id_or_path, here.suites());
  const PaperRead read = read_paper(path);
  throw_problems(read.problems, "the paper's file", "; suites/README.md says what stands where");
  return read.paper;
}

// DATASET=SET, both of them known.
void assert_sets(const std::vector<std::string>& sets, const PaperSpec& paper, RunFacts& run) {
  std::vector<std::string> datasets, known;
  for (const auto& d : run.datasets) datasets.push_back(d.name);
  for (const PaperSet& s : paper.sets) known.push_back(s.name);
  const auto need = [](const std::vector<std::string>& all, const std::string& name, const char* what) {
    if (std::find(all.begin(), all.end(), name) == all.end())
      throw Error(ErrorKind::usage, fmt::format("--set: there is no {} '{}'", what, name), "",
                  fmt::format("name one of: {}", fmt::join(all, ", ")));
  };
  for (const std::string& one : sets) {
    const auto equals = one.find('=');
    if (equals == std::string::npos)
      throw Error(ErrorKind::usage, fmt::format("--set '{}' has no '='", one), "", "write DATASET=SET");
    need(datasets, one.substr(0, equals), "dataset in this run");
    need(known, one.substr(equals + 1), "set of questions in the paper");
    run.set_of[one.substr(0, equals)] = one.substr(equals + 1);
  }
}

ExitCode reproduce(const Arguments& a) {
  const Installation here = find_installation();
  const PaperSpec paper = the_paper(a.paper, here);
  const std::string store = default_store(a.store), folder = run_or_suite_folder(a.run, store);
  RunFacts run =
      run_facts(read_json_file(folder + "/report.json"), read_json_file(folder + "/manifest.json"));
  assert_sets(a.sets, paper, run);
  pair_from_store(run, paper, folder, store);
  const PaperComparison found = compare_with_paper(paper, run);
  if (!a.page.empty()) {
    write_file_atomically(
        a.page, paper_html(found, fmt::format("undertone reproduce {} --paper {}", run.suite, paper.id),
                           {here.report_assets()}));
    fmt::print(stderr, "page: {}\n", a.page);
  }
  fmt::print("{}", a.format == "json"       ? paper_json(found)
                   : a.format == "latex"    ? paper_latex(found)
                   : a.format == "markdown" ? paper_markdown(found)
                                            : paper_text(found));
  return a.gate && found.gate_fails() ? ExitCode::gate_failed : ExitCode::done;
}

}  // namespace

void add_reproduce_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* v = app.add_subcommand("reproduce",
                                   "each value and claim of a paper beside a run: reproduced, consistent, "
                                   "not reproduced, cannot tell, not comparable");
  v->add_option("RUN", a->run, "a suite that ran, or the folder, tag or hash prefix of a run")->required();
  v->add_option(
      "--paper", a->paper,
      "its tables: a name (see 'undertone list papers') or the path of a file (default: 2508.07273)");
  v->add_option("--set", a->sets,
                "DATASET=SET: the run's dataset holds questions drawn as those of the paper's set; your word "
                "for it, once per dataset");
  v->add_option("--format", a->format, "terminal, markdown, latex or json")
      ->check(CLI::IsMember({"terminal", "markdown", "latex", "json"}));
  v->add_option("--page", a->page, "write a page to this file, too");
  v->add_flag("--gate", a->gate, "exit code 100 when a claim is not reproduced");
  store_option(v, a->store);
  v->callback([a, &action] { action = [a] { return reproduce(*a); }; });
}

}  // namespace undertone
