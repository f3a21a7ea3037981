// export: a run in the forms that others' tools read.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/export.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

struct ExportArguments {
  ExportRequest request;
  std::string out;
};

ExitCode write(const ExportArguments& a) {
  const bool folder = is_folder_format(a.request.format);
  if (folder && a.out.empty())
    throw Error(ErrorKind::usage, fmt::format("{} is a folder of files", a.request.format), "",
                "say where with --out FOLDER");
  if (a.request.format == "parquet" && a.out.empty())
    throw Error(ErrorKind::usage, "a Parquet file is no text", "", "say where with --out FILE");
  const ExportedFiles files = export_run(a.request);
  if (a.out.empty()) {
    fmt::print("{}", files.begin()->second);
    return ExitCode::done;
  }
  for (const auto& [name, bytes] : files) {
    const fs::path path = name.empty() ? fs::path(a.out) : fs::path(a.out) / name;
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    write_file_atomically(path.string(), bytes);
    fmt::print("{}\n", path.string());
  }
  return ExitCode::done;
}

}  // namespace

void add_export_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<ExportArguments>();
  CLI::App* v =
      app.add_subcommand("export", "a run's answers and verdicts in the forms that others' tools read");
  v->add_option("FORMAT", a->request.format, fmt::format("{}", fmt::join(export_formats(), ", ")))
      ->required();
  v->add_option("RUN", a->request.what,
                "folder, tag or hash prefix of a run, a suite (its latest run), or a tape")
      ->required();
  v->add_option(
      "--out", a->out,
      "file (csv, latex, judge-bench: default stdout; parquet) or folder (lm-eval, inspect, audiobench)");
  v->add_option("--set", a->request.set, "only the questions of this set (\"cpqa\")");
  v->add_option("--judge", a->request.judge, "only this judge's verdicts");
  v->add_option("--humans", a->request.humans,
                "ratings of people to put beside the verdicts (csv, parquet: a column; judge-bench: raters)");
  store_option(v, a->request.store);
  v->callback([a, &action] { action = [a] { return write(*a); }; });
}

}  // namespace undertone
