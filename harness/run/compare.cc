#include "harness/run/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "harness/core/error.h"
#include "harness/run/rerun.h"
#include "metrics/evaluation_table.h"
#include "metrics/seed_means.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMoved = 10, kLost = 5;

Json json_beside(const std::string& folder, const char* name) {
  const std::string file = folder + "/" + name;
  return fs::exists(file) ? read_json_file(file) : Json();
}

RunSide side_of(std::string given, Tape tape, const std::string& folder) {
  RunSide side;
  side.folder = folder;
  const ReportData& data = tape.inputs->data;
  side.name = {std::move(given), data.identity, data.suite, ""};
  if (Json manifest = json_beside(folder, "manifest.json");
      manifest.is_object() && manifest.get("identity", "") == data.identity) {
    side.name.when = manifest.get("finished", "");
    side.manifest = std::move(manifest);
    side.report = json_beside(folder, "report.json");
  }
  side.tape = std::move(tape);
  return side;
}

// The tape that a run's folder holds, where nothing was run in it since.
std::string fresh_tape(const std::string& folder) {
  const std::string tape = folder + "/tape.jsonl", manifest = folder + "/manifest.json";
  if (!fs::exists(tape) || !fs::exists(manifest)) return "";
  return fs::last_write_time(tape) >= fs::last_write_time(manifest) ? tape : "";
}

// The folder of a run; "" where the store knows none of this name.
std::string folder_named(const std::string& what, const std::string& store) {
  if (fs::exists(what + "/manifest.json")) return what;
  if (!fs::exists(store + "/ledger.sqlite")) return "";
  const Store open = Store::open(store, Store::Mode::read);
  if (!open.find_run(what)) return "";
  return run_folder(what, open, "manifest.json");
}

ComparedRun compared_run(const RunSide& side) {
  ComparedRun run;
  run.rows = &side.tape.inputs->rows;
  run.settings = &side.tape.inputs->settings;
  for (const TapeVerdict& v : side.tape.verdicts) run.judges[v.judge] = v.identity;
  // A judge without a verdict is known by its words: "..., identity HASH".
  for (const auto& [name, words] : side.tape.inputs->data.judges)
    if (const auto at = words.rfind("identity "); at != std::string::npos)
      run.judges.try_emplace(name, words.substr(at + 9));
  for (const JudgeInfo& j : run.settings->judges) run.judges.try_emplace(j.name, "");
  for (const ReportSystem& s : side.tape.inputs->data.systems)
    if (s.state == "failed") run.failures[s.name] = s.failure;
  return run;
}

std::string kind_of(const EvaluationRow& row, const std::string& judge) {
  if (row.answer.status != AnswerStatus::answered) return std::string(to_string(row.answer.status));
  const auto found = row.verdicts.find(judge);
  return found == row.verdicts.end() ? "not judged" : std::string(verdict_kind(found->second));
}

// Of the declared judge over the declared pool, all systems that are watched.
std::vector<MovedItem> moved_items(const std::vector<PairedRows>& pairs, const std::string& judge,
                                   const std::string& pool, const std::set<std::string>& controls) {
  std::vector<MovedItem> scored, unscored;
  for (const PairedRows& p : pairs) {
    if (controls.contains(p.system)) continue;
    for (const auto& one : p.rows) {
      const Question& q = *one.second->question;
      if (metrics::pool_of(q) != pool || q.type == QuestionType::ASR) continue;
      const auto before = score_of(*one.first, judge), after = score_of(*one.second, judge);
      if (before == after) continue;
      MovedItem m{p.system,
                  p.condition,
                  judge,
                  one.second->seed,
                  q.id,
                  q.text,
                  q.reference,
                  one.first->answer.text,
                  one.second->answer.text,
                  before,
                  after,
                  kind_of(*one.first, judge),
                  kind_of(*one.second, judge)};
      (before && after ? scored : unscored).push_back(std::move(m));
    }
  }
  std::stable_sort(scored.begin(), scored.end(), [](const MovedItem& a, const MovedItem& b) {
    return std::fabs(*a.second - *a.first) > std::fabs(*b.second - *b.first);
  });
  if (scored.size() > kMoved) scored.resize(kMoved);
  if (unscored.size() > kLost) unscored.resize(kLost);
  scored.insert(scored.end(), unscored.begin(), unscored.end());
  return scored;
}

// A judge's mean as reports have it: over all the pool's rows of one run.
std::optional<double> full_mean(const ComparedRun& run, const PairedRows& p, const std::string& judge,
                                const std::string& pool) {
  SeedMeans means;
  for (const EvaluationRow& r : *run.rows) {
    if (r.system != p.system || r.condition != p.condition || metrics::pool_of(*r.question) != pool ||
        r.question->type == QuestionType::ASR)
      continue;
    means.add(r.seed, score_of(r, judge));
  }
  return means.mean();
}

// What the run's own program reported of it.
std::optional<double> reported_mean(const RunSide& side, const PairedRows& p, const std::string& judge,
                                    const std::string& pool) {
  if (!side.report.is_object()) return std::nullopt;
  const std::string tag = fmt::format("{}/all/judge:{}/mean", pool, judge);
  for (const Json& e : side.report.at("estimates").elements())
    if (e.get("tag", "") == tag && e.get("system", "") == p.system &&
        e.get("test_condition", "") == p.condition && e.at("value").is_number())
      return e.at("value").as_double();
  return std::nullopt;
}

void add_share(Attribution& a, const std::string& stage, double change) {
  constexpr double kRounding = 1e-9;
  if (std::fabs(change) < kRounding) return;
  for (StageShare& s : a.shares)
    if (s.stage == stage) {
      s.change += change;
      return;
    }
  a.shares.push_back({stage, change});
}

// The change of the mean that the reports show: swaps on what both runs asked; "items" also has what
// questions that only one run asked move, and "metric" what this program makes of the runs' answers and their
// own did not.
std::optional<AttributedChange> attributed(const RunSide& first, const RunSide& second, const ComparedRun& a,
                                           const ComparedRun& b, const PairedRows& p,
                                           const std::string& judge, const std::string& pool,
                                           VerdictSwaps& swaps) {
  AttributedChange out;
  out.measure = fmt::format("{}/all/judge:{}/mean", pool, judge);
  out.system = p.system;
  out.condition = p.condition;
  const auto full_first = full_mean(a, p, judge, pool), full_second = full_mean(b, p, judge, pool);
  if (!full_first || !full_second) return std::nullopt;
  out.first = reported_mean(first, p, judge, pool).value_or(*full_first);
  out.second = reported_mean(second, p, judge, pool).value_or(*full_second);
  out.attribution = attribute_change(swaps.swaps(p, judge, pool));
  Attribution& at = out.attribution;
  if (at.first_mean && at.second_mean)
    add_share(at, "items", (*at.first_mean - *full_first) + (*full_second - *at.second_mean));
  add_share(at, "metric", (*full_first - *out.first) + (*out.second - *full_second));
  if (at.shares.empty() && at.reason.empty()) return std::nullopt;  // nothing differs
  return out;
}

}  // namespace

RunSide open_side(const std::string& what, const Installation& installation, const std::string& store) {
  if (fs::is_regular_file(what)) {
    const fs::path folder = fs::path(what).parent_path();
    return side_of(what, read_tape(what), folder.empty() ? "." : folder.string());
  }
  const std::string folder = folder_named(what, store);
  if (folder.empty())
    throw Error(
        ErrorKind::usage, fmt::format("'{}' is neither a run nor a tape", what), store,
        "'undertone runs list' lists the runs; a folder that holds manifest.json, or a tape, will do too");
  if (const std::string tape = fresh_tape(folder); !tape.empty())
    return side_of(what, read_tape(tape), folder);
  if (!fs::exists(store + "/ledger.sqlite"))
    throw Error(
        ErrorKind::store, "there is no store that holds this run's answers, and no tape in its folder",
        folder,
        "name its store with --store, or make a tape where the store is: 'undertone tape export RUN'");
  Store open = Store::open(store, Store::Mode::read);
  const StoredRun run = open_recorded_run(folder, installation, open);
  Tape tape = make_tape(*run.pipeline, run.execution, open);
  if (tape.inputs->rows.empty())
    throw Error(ErrorKind::store, "the store holds no answers of this run, and its folder no tape", folder,
                "name the run's store with --store, or run its suite again");
  return side_of(what, std::move(tape), folder);
}

std::map<std::string, std::string> recordings_of(const std::vector<const RunSide*>& sides,
                                                 const Installation& installation, const std::string& store) {
  std::map<std::string, std::string> path_of;  // by question
  const auto add = [&](const ReportData& data) {
    for (const ReportItem& item : data.items)
      if (!item.audio_path.empty() && fs::exists(item.audio_path))
        path_of.emplace(item.question.id, item.audio_path);
  };
  const bool stored = fs::exists(store + "/ledger.sqlite");
  for (const RunSide* side : sides) {
    add(side->tape.inputs->data);
    if (!path_of.empty() || !stored || !side->manifest.is_object()) continue;
    // A tape names no files; the run that it was made of may still be in the store.
    try {
      Store open = Store::open(store, Store::Mode::read);
      const StoredRun run = open_recorded_run(side->folder, installation, open);
      add(make_tape(*run.pipeline, run.execution, open).inputs->data);
    } catch (const Error&) {
      continue;  // then there is nothing to hear
    }
  }
  return path_of;
}

std::set<std::string> retrained_systems(const RunSide& first, const RunSide& second) {
  std::set<std::string> out;
  const auto training = [](const Json& manifest) {
    std::map<std::string, std::string> stages;
    for (const Json& s : manifest.at("stages").elements())
      if (s.get("kind", "") == "train") stages[s.at("title").as_string()] = s.get("digest", s.get("key", ""));
    return stages;
  };
  const bool known = first.manifest.is_object() && second.manifest.is_object();
  std::set<std::string> differ;
  if (known) {
    const auto a = training(first.manifest), b = training(second.manifest);
    for (const auto* one : {&a, &b})
      for (const auto& [title, made] : *one)
        if (!a.contains(title) || !b.contains(title) || a.at(title) != b.at(title)) differ.insert(title);
  }
  const auto trains = [](const ReportSystem& s) {
    return s.kind == "variant" || (s.kind == "text" && s.trains != "nothing");
  };
  for (const ReportSystem& s : second.tape.inputs->data.systems) {
    if (!trains(s)) continue;
    bool anew = !known;
    for (const std::string& title : differ)
      anew |= title == "train base" || title.find(" " + s.name + " ") != std::string::npos ||
              (s.kind == "text" && title.find("text controls") != std::string::npos);
    if (anew) out.insert(s.name);
  }
  return out;
}

RunsCompared compare_runs(const RunSide& first, const RunSide& second, const Installation& installation,
                          const Store* store, const ComparisonSettings& settings) {
  RunsCompared out;
  out.first = first.name;
  out.second = second.name;
  if (first.manifest.is_object() && second.manifest.is_object())
    out.made_otherwise = made_otherwise(first.manifest, second.manifest);
  else
    out.notes.push_back(
        "A tape without a manifest beside it: what weights, data and code were used is not known, and "
        "systems "
        "that train count as trained anew.");
  const ComparedRun a = compared_run(first), b = compared_run(second);
  const auto pairs = pair_runs(a, b);
  MeasureOptions options;
  options.retrained = retrained_systems(first, second);
  for (const ReportSystem& s : second.tape.inputs->data.systems)
    if (s.control) options.controls.insert(s.name);
  VerdictSwaps swaps(first, second, installation, store);
  options.second_judge = [&](const std::string& judge, const EvaluationRow& row) {
    return swaps.second_judge(judge, row);
  };
  std::vector<JudgeAnchors> anchors;
  for (const auto& [judge, identity] : b.judges) {
    const auto before = a.judges.find(judge);
    if (before == a.judges.end() || before->second != identity)
      continue;  // another judge, not the same adrift
    JudgeAnchors one{judge, {}, {}, false};
    one.items = judged_by_both(first.tape, second.tape, judge, one.noise);
    anchors.push_back(std::move(one));
  }
  for (const ReportCanary& canary : second.tape.inputs->data.canaries) {
    // What the first run's judge said of them, where it was the same judge; else what it said at first.
    const ReportCanary* before = nullptr;
    for (const ReportCanary& c : first.tape.inputs->data.canaries)
      if (c.judge == canary.judge && c.identity == canary.identity) before = &c;
    JudgeAnchors one{canary.judge, {}, {}, true};
    one.items = twice_judged(canary, one.noise, before);
    anchors.push_back(std::move(one));
  }
  out.comparison = compare_measures(measures_of(a, b, pairs, options), anchors, settings);

  const std::string judge = b.settings->primary_judge, pool = compared_pool(a, b);
  const bool judged = a.judges.contains(judge) && b.judges.contains(judge);
  for (const PairedRows& p : pairs)
    if (judged && p.missing.empty() && !options.controls.contains(p.system))
      if (auto change = attributed(first, second, a, b, p, judge, pool, swaps))
        out.attributed.push_back(std::move(*change));
  if (judged) out.moved = moved_items(pairs, judge, pool, options.controls);
  return out;
}

}  // namespace undertone
