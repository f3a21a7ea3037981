// list suites, papers, systems, datasets, judges, metrics: what this program knows, without constructing any
// of it.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "datasets/corpus.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/run.h"
#include "judges/judge.h"
#include "metrics/builtin.h"
#include "suites/paper.h"

namespace undertone {
namespace {

void print_row(const std::string& name, const std::string& summary) {
  fmt::print("{:<20} {}\n", name, summary);
}

void print_entries(const auto& registry) {
  for (const auto& e : registry.entries()) print_row(e.name, e.summary);
}

ExitCode list_suites() {
  const Installation here = find_installation();
  std::vector<std::string> files;
  for (const auto& e : std::filesystem::directory_iterator(here.suites()))
    if (e.path().extension() == ".json") files.push_back(e.path().string());
  std::sort(files.begin(), files.end());
  for (const auto& f : files) {
    const Json suite = read_json_file(f, {.comments = true});
    print_row(std::filesystem::path(f).stem().string(), suite.get("description", ""));
  }
  return ExitCode::done;
}

}  // namespace

void add_list_verb(CLI::App& app, Action& action) {
  auto what = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("list", "what there is: suites, papers, systems, datasets, judges or metrics");
  verb->add_option("WHAT", *what, "suites, papers, systems, datasets, judges or metrics")
      ->required()
      ->check(CLI::IsMember({"suites", "papers", "systems", "datasets", "judges", "metrics"}));
  verb->callback([what, &action] {
    action = [what] {
      if (*what == "suites") return list_suites();
      if (*what == "papers")
        for (const std::string& file : shipped_papers(find_installation().suites())) {
          const Json paper = read_json_file(file, {.comments = true});
          print_row(paper.get("id", ""),
                    fmt::format("{} ({})", paper.get("title", ""), paper.get("venue", "")));
        }
      if (*what == "datasets") print_entries(builtin_datasets());
      if (*what == "judges") print_entries(builtin_judges());
      if (*what == "metrics")
        for (const MetricInfo& m : builtin_metrics()) print_row(std::string(m.name), std::string(m.summary));
      if (*what == "systems") {
        print_row("variant",
                  "a speech LM whose adapter is trained here on stated pools, with metadata absent, gold or "
                  "predicted");
        print_row("text",
                  "the same decoder without audio: given the question, transcript, labels or both as words");
        print_row("majority", "the commonest training answer to each type of question");
        print_row("recorded", "answers of somebody else's system, from a JSONL file or a log");
        print_row("endpoint",
                  "a speech LLM behind an OpenAI-compatible server, given the clip or its transcript, and "
                  "metadata or none");
      }
      return ExitCode::done;
    };
  });
}

}  // namespace undertone
