#include "harness/run/export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>

#include "harness/core/error.h"
#include "harness/run/datasheet.h"
#include "harness/run/rejudge.h"
#include "harness/run/rerun.h"
#include "metrics/evaluation_table.h"
#include "reports/latex.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

struct Source {
  Tape tape;
  std::string created;
};

// A tape does not say when its run was made: its file's own time stands for it.
std::string modified(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return utc_now();
  std::tm parts{};
  ::gmtime_r(&about.st_mtime, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Source open_source(const ExportRequest& r) {
  if (is_tape(r.what)) return {read_tape(r.what), modified(r.what)};
  const std::string folder = default_store(r.store);
  if (fs::exists(folder + "/ledger.sqlite")) {
    Store store = Store::open(folder, Store::Mode::read);
    if (const auto run = run_named(r.what, store)) {
      const StoredRun stored = open_recorded_run(*run, find_installation(), store);
      return {make_tape(*stored.pipeline, stored.execution, store),
              stored.manifest.get("finished", utc_now())};
    }
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is neither a run, a suite that ran, nor a tape", r.what),
              folder, "'undertone runs list' lists the runs");
}

[[noreturn]] void throw_unknown(const std::string& what, const std::string& name,
                                const std::set<std::string>& known) {
  throw Error(ErrorKind::usage, fmt::format("the run has no {} '{}'", what, name), "",
              fmt::format("use one of: {}", fmt::join(known, ", ")));
}

void keep_only(ReportInputs& in, const ExportRequest& r) {
  if (!r.set.empty()) {
    std::set<std::string> sets;
    for (const EvaluationRow& row : in.rows) sets.insert(metrics::pool_of(*row.question));
    if (!sets.contains(r.set)) throw_unknown("set", r.set, sets);
    std::erase_if(in.rows,
                  [&](const EvaluationRow& row) { return metrics::pool_of(*row.question) != r.set; });
  }
  if (!r.judge.empty()) {
    std::set<std::string> judges;
    for (const JudgeInfo& j : in.settings.judges) judges.insert(j.name);
    if (!judges.contains(r.judge)) throw_unknown("judge", r.judge, judges);
    std::erase_if(in.settings.judges, [&](const JudgeInfo& j) { return j.name != r.judge; });
  }
}

// The mean of the humans' ratings of each item; a person's first rating counts.
std::vector<std::optional<double>> human_means(const RatingTable& t) {
  std::vector<std::optional<double>> out(t.items.size());
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    double sum = 0;
    int n = 0;
    for (std::size_t r = 0; r < t.raters.size(); ++r) {
      if (t.raters[r].kind != RaterKind::human || t.at(i, r).empty()) continue;
      if (const auto* s = std::get_if<Scored>(&t.at(i, r).front())) sum += s->value, ++n;
    }
    if (n > 0) out[i] = sum / n;
  }
  return out;
}

void check(const ExportRequest& r) {
  const auto& known = export_formats();
  if (std::find(known.begin(), known.end(), r.format) == known.end())
    throw Error(ErrorKind::usage, fmt::format("there is no format '{}'", r.format), "",
                fmt::format("use one of: {}", fmt::join(known, ", ")));
  if (!r.humans.empty() && r.format != "csv" && r.format != "parquet" && r.format != "judge-bench")
    throw Error(ErrorKind::usage, fmt::format("{} has no place for humans' ratings", r.format), r.humans,
                "leave --humans out, or export csv, parquet or judge-bench");
  if (r.format == "latex" && !(r.set.empty() && r.judge.empty()))
    throw Error(ErrorKind::usage, "the main table is of the suite's own set and primary judge", "",
                "leave --set and --judge out");
}

}  // namespace

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> formats = {"csv",     "parquet",    "latex",      "lm-eval",
                                                   "inspect", "audiobench", "judge-bench"};
  return formats;
}

bool is_folder_format(std::string_view format) {
  return format == "lm-eval" || format == "inspect" || format == "audiobench";
}

ExportedFiles export_run(const ExportRequest& r) {
  check(r);
  Source source = open_source(r);
  if (r.format == "latex") return {{"", report_latex(finish_report(std::move(source.tape.inputs), 1))}};
  ReportInputs& in = *source.tape.inputs;
  keep_only(in, r);
  ExportedRun run{in.data, in.rows, in.settings, {}, source.created};
  if (r.format == "lm-eval") return export_lm_eval(run);
  if (r.format == "inspect") return export_inspect(run);
  if (r.format == "audiobench") return export_audiobench(run);
  RatingTable ratings = rating_table(source.tape);
  if (!r.humans.empty()) {
    add_humans(ratings, read_humans(r.humans));
    run.human = human_means(ratings);
  }
  if (r.format == "csv") return {{"", export_csv(run)}};
  if (r.format == "parquet") return {{"", write_parquet(export_table(run))}};
  return {{"", write_judge_bench(ratings)}};
}

}  // namespace undertone
