// judges: the datasheet of judges.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/datasheet.h"
#include "harness/run/run.h"

namespace undertone {
namespace {

struct JudgesArguments {
  DatasheetSource source;
  std::string only, page;
  bool json = false;
};

ExitCode judges(const JudgesArguments& a) {
  std::vector<Datasheet> sheets = datasheets(a.source);
  if (!a.only.empty())
    std::erase_if(sheets, [&](const Datasheet& s) { return s.name != a.only && s.criterion != a.only; });
  if (sheets.empty())
    throw Error(ErrorKind::usage, fmt::format("no table is called '{}'", a.only), a.source.what,
                "leave out --table to see them all");
  if (!a.page.empty()) {
    if (const auto folder = std::filesystem::path(a.page).parent_path(); !folder.empty())
      std::filesystem::create_directories(folder);
    write_file_atomically(a.page, datasheet_html(sheets, find_installation().report_assets()));
    fmt::print(stderr, "undertone: page: {}\n", a.page);
  }
  if (a.json)
    fmt::print("{}\n", datasheet_json(sheets).dump(1));
  else
    fmt::print("{}", datasheet_text(sheets));
  return ExitCode::done;
}

}  // namespace

void add_judges_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<JudgesArguments>();
  CLI::App* v = app.add_subcommand(
      "judges", "the datasheet: what can be said for and against each judge, beside humans and floors");
  v->add_option("WHAT", a->source.what,
                "a run (folder, tag, hash prefix), a suite (its latest run), a tape, a file of ratings, or a "
                "folder of "
                "AudioBench logs")
      ->required();
  v->add_option("--humans", a->source.humans, "ratings of humans to put beside a run's judges");
  v->add_option("--table", a->only, "only the tables of this name or criterion");
  v->add_option("--page", a->page, "write a page too");
  v->add_option("--probes", a->source.probes,
                "ask each of a run's judges again about so many answers a probe: padded, formatted, swapped "
                "emotion, injections, ... (kept in the store, and asked once)")
      ->check(CLI::Range(1, 1000000));
  v->add_flag("--json", a->json, "as JSON");
  store_option(v, a->source.store);
  v->callback([a, &action] { action = [a] { return judges(*a); }; });
}

}  // namespace undertone
