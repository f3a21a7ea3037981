// analyze: what a file of scores says, without any suite.
#include <fmt/format.h>
#include <algorithm>
#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "harness/core/files.h"
#include "harness/run/cli/verbs.h"
#include "harness/run/installation.h"
#include "metrics/analysis/analyze.h"
#include "reports/analysis.h"

namespace undertone {
namespace {

using analysis::Role;

struct Arguments {
  std::string file, html, unit, scale;
  std::map<Role, std::string> columns;
  analysis::AnalysisSettings settings;
  bool check = false, json = false, repeats = false;
  std::string again() const;  // the command that gives the same numbers
};

std::string quoted(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,=+-") ==
          std::string::npos)
    return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string Arguments::again() const {
  std::string out = "undertone analyze " + quoted(file);
  for (const auto& [role, name] : columns) out += fmt::format(" --{} {}", to_string(role), quoted(name));
  if (!unit.empty()) out += " --unit " + unit;
  if (!scale.empty()) out += " --scale " + scale;
  if (repeats) out += " --repeats";
  if (!settings.baseline.empty()) out += " --baseline " + quoted(settings.baseline);
  if (settings.lower_is_better) out += " --lower-is-better";
  if (settings.level != 0.95) out += fmt::format(" --level {}", settings.level);
  if (settings.resamples != 10000) out += fmt::format(" --resamples {}", settings.resamples);
  if (settings.stream != "analyze") out += " --stream " + quoted(settings.stream);
  return out;
}

std::optional<analysis::Scale> scale_from(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto comma = text.find(',');
  const auto low = analysis::number_of(text.substr(0, comma));
  const auto high = comma == std::string::npos ? std::nullopt : analysis::number_of(text.substr(comma + 1));
  if (!low || !high || !(*low < *high) || !(*high - *low < 1e300))
    throw Error(ErrorKind::usage, fmt::format("--scale '{}' is no scale", text), "",
                "give its ends as LOW,HIGH, e.g. --scale 0,5");
  return analysis::Scale{*low, *high, false};
}

ExitCode analyze_file(const Arguments& a) {
  analysis::ScoreOptions options;
  options.scale = scale_from(a.scale);
  options.unit = a.unit;
  options.repeats = a.repeats;
  const analysis::TextTable table = analysis::read_table(a.file);
  const analysis::Columns columns = analysis::understand(table, a.columns);
  const analysis::Scores scores = analysis::read_scores(table, columns, options);
  if (a.check) {
    fmt::print("{}", a.json ? check_json(table, columns, scores) : check_text(table, columns, scores));
    return ExitCode::done;
  }
  const analysis::Analysis result = analysis::analyze(scores, a.settings);
  if (!a.html.empty())
    write_file_atomically(a.html,
                          analysis_html(scores, result, a.again(), {find_installation().report_assets(), 0}));
  fmt::print("{}", a.json ? analysis_json(scores, result) : analysis_text(scores, result));
  if (!a.json) fmt::print("\nAgain: {}\n", a.again());
  if (!a.html.empty()) fmt::print(stderr, "the page is {}\n", a.html);
  return ExitCode::done;
}

}  // namespace

void add_analyze_verb(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  a->settings.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  CLI::App* v = app.add_subcommand("analyze",
                                   "means, paired differences, ranks, seed noise and judge against human, "
                                   "from a CSV, JSONL or Parquet of scores");
  v->add_option("FILE", a->file, "CSV, TSV, JSON Lines or Parquet: one score a row")->required();
  for (const Role role : analysis::kRoles)
    v->add_option("--" + std::string(to_string(role)), a->columns[role],
                  fmt::format("column that holds {} ('none': not there); else by its name: {}", summary(role),
                              fmt::join(synonyms(role), ", ")));
  v->add_flag("--check", a->check,
              "say what was understood and what this file can and cannot support; compute nothing");
  v->add_flag("--json", a->json, "as JSON on stdout");
  v->add_option("--html", a->html, "write one self-contained page to this file");
  v->add_option("--baseline", a->settings.baseline,
                "compare every system with this one only (default: all pairs)");
  v->add_option("--unit", a->unit, "what is resampled (default: the highest that the file knows)")
      ->check(CLI::IsMember({"speaker", "clip", "item"}));
  v->add_option("--scale", a->scale, "ends of the scale as LOW,HIGH; a score outside is an error");
  v->add_flag("--repeats", a->repeats, "rows that nothing tells apart are runs of one system");
  v->add_flag("--lower-is-better", a->settings.lower_is_better, "for ranks");
  v->add_option("--level", a->settings.level, "of intervals (default 0.95)")->check(CLI::Range(0.5, 0.9999));
  v->add_option("--resamples", a->settings.resamples, "draws of units and sign patterns (default 10000)")
      ->check(CLI::Range(100, 1000000));
  v->add_option("--stream", a->settings.stream, "name of the random streams: another name, other draws");
  v->add_option("--threads", a->settings.threads, "changes no byte of the result")->check(CLI::Range(1, 256));
  v->callback([a, &action] {
    action = [a] {
      Arguments given = *a;
      std::erase_if(given.columns, [](const auto& c) { return c.second.empty(); });
      return analyze_file(given);
    };
  });
}

}  // namespace undertone
