#include "harness/run/nightly.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kFewestNights = 3, kShownNights = 7;

// Rounding that makes no night better than another.
constexpr double kSame = 1e-9;

std::optional<double> level_of(const NightRow& night) { return optional_number(night.result, "level"); }

// The level of each different outcome in a history.
std::map<std::string, double> levels_of(const std::vector<NightRow>& nights, std::size_t count) {
  std::map<std::string, double> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto level = level_of(nights[i])) out[nights[i].result.get("tape", "")] = *level;
  }
  return out;
}

// Whether it is the best of the first `count` nights, which are enough to choose among.
bool best_of(const std::string& tape, const std::vector<NightRow>& nights, std::size_t count) {
  if (count < kFewestNights) return false;
  const auto levels = levels_of(nights, count);
  const auto own = levels.find(tape);
  if (own == levels.end() || levels.size() < 2) return false;
  return std::all_of(levels.begin(), levels.end(), [&](const auto& other) {
    return other.first == tape || other.second < own->second - kSame;
  });
}

Json compact(Json manifest) {
  Json& git = manifest["git"];
  if (const std::string diff = git.get("diff", ""); !diff.empty()) git["diff"] = sha256_hex(diff);
  return manifest;
}

NightContext context_of(const NightlyOptions& options, const std::vector<NightRow>& before,
                        const Json& manifest, std::vector<std::string> failed) {
  NightContext night;
  night.false_alarms_a_year = options.false_alarms;
  night.nights_a_year = options.nights;
  night.nights_before = static_cast<std::int64_t>(before.size());
  night.failed = std::move(failed);
  const std::size_t first = before.size() > kShownNights ? before.size() - kShownNights : 0;
  for (std::size_t i = first; i < before.size(); ++i)
    night.earlier.push_back(
        {before[i].ended, before[i].run, before[i].result.get("summary", ""), level_of(before[i])});
  if (!before.empty())
    if (const Json* last = before.back().result.find("manifest");
        last && last->is_object() && manifest.is_object())
      night.since_last_night = made_otherwise(*last, compact(manifest));
  return night;
}

std::string written(const std::string& format, const RunsCompared& compared, const NightContext& night) {
  if (format == "json") return comparison_json(compared, &night).dump(1) + "\n";
  if (format == "junit") return comparison_junit(compared, night);
  if (format == "github") return comparison_github(compared, night);
  if (format == "markdown") return comparison_markdown(compared, &night);
  return comparison_text(compared, &night);
}

SuiteSpec one_suite(const Installation& here, const NightlyOptions& options) {
  const auto suites = load_suites(here, options.suite, options.run.overrides);
  if (suites.size() != 1)
    throw Error(ErrorKind::usage, fmt::format("the suite is {}: a night compares one", suites.size()),
                options.suite, "pin its matrix with overrides, or run a night for each");
  return suites.front();
}

// Of tonight's run: from the store that it was made in, so that what is compared is what was just made.
RunSide tonight(const Installation& here, const RunOutcome& ran, const std::string& store_folder) {
  Store store = Store::open(store_folder, Store::Mode::read);
  const StoredRun run = open_recorded_run(ran.folder, here, store);
  const Tape tape = make_tape(*run.pipeline, run.execution, store);
  write_file_atomically(ran.folder + "/tape.jsonl", write_tape(tape));
  return open_side(ran.folder + "/tape.jsonl", here, store_folder);
}

}  // namespace

double alpha_of_a_night(double false_alarms, double nights) { return std::min(0.5, false_alarms / nights); }

std::string why_best_night(const std::string& tape, const std::vector<NightRow>& nights) {
  if (!best_of(tape, nights, nights.size())) return "";
  for (std::size_t i = 0; i < nights.size(); ++i)
    if (nights[i].result.get("baseline_tape", "") == tape && !best_of(tape, nights, i))
      return "";  // fixed before it was the best
  return fmt::format(
      "the baseline is the best of {} nights: what chance gave it would make every other night look worse",
      nights.size());
}

Json night_result(const RunsCompared& compared, const Json& manifest, const NightTapes& tapes,
                  ExitCode code) {
  Json measures = Json::array();
  double level = 0, n = 0;
  for (const MeasureChange& c : compared.comparison.measures) {
    if (!c.measure.declared) continue;
    measures.push_back(Json::object({{"measure", c.measure.name},
                                     {"system", c.measure.system},
                                     {"condition", c.measure.condition},
                                     {"verdict", to_string(c.change)},
                                     {"value", optional_json(c.second_mean)},
                                     {"difference", optional_json(c.difference)},
                                     {"low", optional_json(c.interval.low)},
                                     {"high", optional_json(c.interval.high)},
                                     {"p_adjusted", optional_json(c.p_adjusted)}}));
    if (c.second_mean) level += (*c.second_mean - c.measure.low) / (c.measure.high - c.measure.low), n += 1;
  }
  return Json::object({{"summary", comparison_summary(compared)},
                       {"code", static_cast<int>(code)},
                       {"tape", tapes.night},
                       {"baseline_tape", tapes.baseline},
                       {"alpha", compared.comparison.settings.alpha},
                       {"level", n > 0 ? Json(level / n) : Json()},
                       {"measures", std::move(measures)},
                       {"manifest", compact(manifest)}});
}

ExitCode night_code(const RunsCompared& compared, const std::vector<std::string>& failed) {
  if (compared.comparison.any(Change::worse)) return ExitCode::gate_failed;
  const bool untold = compared.comparison.any(Change::judge_drift) ||
                      compared.comparison.any(Change::not_comparable) || compared.comparison.declared == 0;
  return untold || !failed.empty() ? ExitCode::failed : ExitCode::done;
}

ExitCode nightly(const Installation& here, const NightlyOptions& options) {
  const SuiteSpec spec = one_suite(here, options);
  const std::string history = default_store(options.run.store);
  // The baseline first: a night that cannot be compared is not worth running.
  const RunSide first = open_side(options.baseline, here, history);
  NightTapes tapes;
  tapes.baseline = sha256_hex(write_tape(first.tape));
  std::vector<NightRow> before;
  if (fs::exists(history + "/ledger.sqlite"))
    before = Store::open(history, Store::Mode::read).nights(spec.name);
  if (const std::string why = why_best_night(tapes.baseline, before); !why.empty())
    throw Error(
        ErrorKind::usage, why, options.baseline,
        "name the run that was there before the nights were looked at, or a night chosen by its date");

  RunOptions run = options.run;
  run.summary_on_stderr = true;
  if (options.fresh) {
    if (run.out.empty()) {
      std::string stamp = utc_now();
      std::erase(stamp, ':');
      run.out = fmt::format("runs/{}-{}", spec.name, stamp);
    }
    run.store = run.out + "/store";
  }
  const RunOutcome ran = run_suite_to_report(here, spec, run);
  if (ran.code == ExitCode::interrupted) return ran.code;

  RunSide second = tonight(here, ran, default_store(run.store));
  second.name.given = "tonight";
  tapes.night = sha256_hex(write_tape(second.tape));
  std::optional<Store> store;
  if (fs::exists(history + "/ledger.sqlite") && !options.fresh)
    store.emplace(Store::open(history, Store::Mode::read));
  ComparisonSettings settings = options.settings;
  settings.alpha = alpha_of_a_night(options.false_alarms, options.nights);
  settings.stream = "nightly/" + spec.name;
  const RunsCompared compared = compare_runs(first, second, here, store ? &*store : nullptr, settings);
  store.reset();

  const ExitCode code = night_code(compared, ran.failed);
  const std::string now = utc_now();
  const Json result = night_result(compared, second.manifest, tapes, code);
  NightContext night = context_of(options, before, second.manifest, ran.failed);
  night.trends = night_trends(before, result, now, settings.stream);
  fmt::print("{}", written(options.format, compared, night));
  Store::open(history, Store::Mode::write)
      .put_night({0, spec.name, ran.identity, now, first.name.identity, result});
  if (!options.page.empty()) {
    const auto recordings = recordings_of({&second, &first}, here, default_store(run.store));
    const std::string again =
        fmt::format("undertone nightly {} --baseline {}", options.suite, options.baseline);
    write_file_atomically(options.page,
                          comparison_html(compared, &night, recordings, again, {here.report_assets()}));
    fmt::print(stderr, "page: {}\n", options.page);
  }
  return code;
}

}  // namespace undertone
