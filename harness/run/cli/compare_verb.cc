// compare: two runs, item by item.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/compare.h"

namespace undertone {
namespace {

struct CompareArguments {
  std::string first, second, store, format = "terminal", page;
  ComparisonSettings settings;
};

ExitCode compare(const CompareArguments& a) {
  const Installation here = find_installation();
  const std::string folder = default_store(a.store);
  const RunSide first = open_side(a.first, here, folder), second = open_side(a.second, here, folder);
  std::optional<Store> store;
  if (std::filesystem::exists(folder + "/ledger.sqlite"))
    store.emplace(Store::open(folder, Store::Mode::read));
  const RunsCompared compared = compare_runs(first, second, here, store ? &*store : nullptr, a.settings);
  if (a.format == "json")
    fmt::print("{}\n", comparison_json(compared).dump(1));
  else
    fmt::print("{}", a.format == "markdown" ? comparison_markdown(compared) : comparison_text(compared));
  if (!a.page.empty()) {
    const auto recordings = recordings_of({&second, &first}, here, folder);
    const std::string again = fmt::format("undertone compare {} {}", a.first, a.second);
    write_file_atomically(a.page,
                          comparison_html(compared, nullptr, recordings, again, {here.report_assets()}));
    fmt::print(stderr, "page: {}\n", a.page);
  }
  return ExitCode::done;
}

}  // namespace

void comparison_options(CLI::App* verb, ComparisonSettings& settings) {
  verb->add_option(
          "--tolerance", settings.tolerance,
          "changes up to this share of a measure's scale do not matter: 'no change' where a larger one "
          "would have been found, else 'too noisy'")
      ->capture_default_str()
      ->check(CLI::Range(0.0001, 1.0));
  verb->add_option("--power", settings.power, "with which it would have been found")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 0.999));
}

void add_compare_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<CompareArguments>();
  CLI::App* v = app.add_subcommand(
      "compare",
      "compare two runs item by item: what changed, which stage it came from, and which items moved most");
  v->add_option("FIRST", a->first, "the earlier run (folder, tag, hash prefix) or tape")->required();
  v->add_option("SECOND", a->second, "the later one")->required();
  v->add_option("--format", a->format, "of what is printed")
      ->capture_default_str()
      ->check(CLI::IsMember({"terminal", "markdown", "json"}));
  v->add_option("--page", a->page,
                "write a page to this file, too: with plots, and audio of the items that moved");
  v->add_option("--alpha", a->settings.alpha, "chance of any false alarm among the declared measures")
      ->capture_default_str()
      ->check(CLI::Range(1e-6, 0.5));
  comparison_options(v, a->settings);
  store_option(v, a->store);
  v->callback([a, &action] { action = [a] { return compare(*a); }; });
}

}  // namespace undertone
