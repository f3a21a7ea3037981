#include "harness/run/rejudge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/core/files.h"
#include "harness/run/report_data.h"
#include "harness/run/rerun.h"
#include "harness/run/suite_paths.h"
#include "judges/judge.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

// The suite that a run's manifest holds, read from memory under a name for messages.
SuiteSpec resolved_suite(const Json& suite, const std::string& file) {
  const std::string text = suite.dump(1);
  const SuiteResult result = read_suite(file, {}, suite_kinds(), [&](const std::string&) { return text; });
  if (!result.problems.empty())
    throw Error(ErrorKind::suite, "the run's suite cannot be read: " + result.problems.front().str(), file,
                "run its suite again with this version");
  if (result.suites.size() != 1) throw Error(ErrorKind::suite, "the run's suite is several", file);
  return result.suites.front();
}

// Keys and identities as the manifest has them; what it does not know stays as this program would make it.
void take_recorded_keys(Pipeline& p, const Json& manifest) {
  std::map<std::string, std::string> keys, judges;
  for (const Json& s : manifest.at("stages").elements())
    keys[s.at("title").as_string()] = s.at("key").as_string();
  for (const Json& j : manifest.at("judges").elements())
    judges[j.at("name").as_string()] = j.at("identity").as_string();
  const auto take = [](const std::map<std::string, std::string>& from, const std::string& name,
                       std::string& to) {
    if (const auto found = from.find(name); found != from.end()) to = found->second;
  };
  for (Stage& s : p.stages) take(keys, s.title, s.key);
  for (AnswerSet& a : p.answers) take(keys, a.stage, a.stage_key);
  for (auto& [dataset, key] : p.corpus_keys) take(keys, "corpus " + dataset, key);
  for (auto& [dataset, key] : p.recogniser_keys) take(keys, "recogniser " + dataset, key);
  for (auto& [judge, canary] : p.canaries) take(keys, canary.stage, canary.stage_key);
  for (PlannedJudge& j : p.judges) take(judges, j.spec.name, j.identity);
  p.identity = manifest.at("identity").as_string();
}

// What the manifest says of the stages, where the store agrees.
Execution recorded_execution(const Pipeline& p, const Json& manifest, const Store& store) {
  std::map<std::string, std::string> failures;  // by key
  for (const Json& s : manifest.at("stages").elements())
    if (const std::string failure = s.get("failure", ""); !failure.empty())
      failures[s.at("key").as_string()] = failure;
  Execution e;
  for (const Stage& stage : p.stages) {
    StageOutcome o;
    if (store.find(stage.key)) {
      o.state = StageOutcome::State::found;
    } else if (const auto failed = failures.find(stage.key); failed != failures.end()) {
      o.state = StageOutcome::State::failed;
      o.failure = failed->second;
    } else {
      o.state = StageOutcome::State::skipped;
      o.failure = "the store no longer holds it";
    }
    e.outcomes.push_back(std::move(o));
  }
  return e;
}

// The judges' stages alone, each after its canary, waiting for nothing else.
std::vector<Stage> judge_stages(const Pipeline& p, const std::optional<AddedJudge>& added) {
  std::vector<Stage> out;
  for (const Stage& s : p.stages) {
    const bool canary = s.kind == "canary";
    if (!canary && s.kind != "judge") continue;
    if (added && s.title != s.kind + " " + added->name) continue;
    out.push_back(s);
    out.back().gathers.clear();
    if (canary) out.back().inputs.clear();
    std::erase_if(out.back().inputs, [](const std::string& i) { return !i.starts_with("canary "); });
  }
  return out;
}

}  // namespace

AddedJudge added_judge(const std::string& given) {
  AddedJudge out;
  const auto equals = given.find('=');
  const std::string what = equals == std::string::npos ? given : given.substr(equals + 1);
  if (equals != std::string::npos) out.name = given.substr(0, equals);
  const auto kinds = builtin_judges();
  if (kinds.has(what)) {
    if (out.name.empty()) out.name = what;
    out.spec["kind"] = what;
    return out;
  }
  if (!fs::exists(what))
    throw Error(ErrorKind::usage, fmt::format("'{}' is neither a kind of judge nor a file", what), "",
                "use one of: " + kinds.known() + "; or a JSON file that holds {\"kind\": ..., ...}");
  out.spec = with_absolute_paths(read_json_file(what, {.comments = true}));
  if (!out.spec.is_object() || !kinds.has(out.spec.get("kind", "")))
    throw Error(ErrorKind::usage, "the file holds no judge: its \"kind\" is none", what,
                "set \"kind\" to one of: " + kinds.known());
  if (out.name.empty()) out.name = fs::path(what).stem().string();
  return out;
}

StoredRun open_stored_run(const std::string& run, const Installation& installation, Store& store,
                          const std::optional<AddedJudge>& added, int replicates) {
  StoredRun out;
  out.folder = run_folder(run, store, "manifest.json");
  const std::string file = out.folder + "/manifest.json";
  out.manifest = read_json_file(file);
  Json suite = out.manifest.at("resolved_suite");
  if (added) {
    if (suite.at("judges").find(added->name))
      throw Error(ErrorKind::usage, fmt::format("the run has a judge '{}' already", added->name), file,
                  fmt::format("name yours otherwise: --judge NAME={}", added->name));
    suite["judges"][added->name] = added->spec;
  }
  PipelineOptions options;
  options.limit = out.manifest.get("limit", 0);
  const int recorded = static_cast<int>(out.manifest.get("replicates", 1));
  options.replicates = std::max(replicates, recorded);
  out.pipeline = make_pipeline(resolved_suite(suite, file), installation, options);
  if (!added && options.replicates == recorded &&
      out.pipeline->identity != out.manifest.at("identity").as_string())
    throw Error(
        ErrorKind::store,
        "the run's suite no longer means what it did: data, weights or this program's stages have changed",
        file, "run its suite again, then export that run");
  out.execution = recorded_execution(*out.pipeline, out.manifest, store);
  return out;
}

StoredRun open_recorded_run(const std::string& run, const Installation& installation, Store& store) {
  StoredRun out;
  out.folder = run_folder(run, store, "manifest.json");
  const std::string file = out.folder + "/manifest.json";
  out.manifest = read_json_file(file);
  PipelineOptions options;
  options.limit = out.manifest.get("limit", 0);
  options.replicates = static_cast<int>(out.manifest.get("replicates", 1));
  options.recorded = true;
  out.pipeline =
      make_pipeline(resolved_suite(out.manifest.at("resolved_suite"), file), installation, options);
  if (out.pipeline->identity != out.manifest.at("identity").as_string())
    take_recorded_keys(*out.pipeline, out.manifest);
  // Other anchors by now: what was said of those that it asked cannot be looked up.
  const Json* asked = out.manifest.find("canary");
  if (Pipeline& p = *out.pipeline;
      p.anchors && (!asked || asked->get("anchors_sha256", "") != p.anchors->digest))
    p.canaries.clear();
  out.execution = recorded_execution(*out.pipeline, out.manifest, store);
  return out;
}

ExitCode rejudge(const std::string& run, const Installation& installation, const std::string& store_folder,
                 const std::optional<AddedJudge>& added, int replicates, const std::string& out, bool quiet) {
  Store store = Store::open(store_folder, Store::Mode::write);
  StoredRun stored = open_stored_run(run, installation, store, added, replicates);
  const Pipeline& p = *stored.pipeline;
  std::string missing;
  std::size_t held = 0;
  for (const AnswerSet& set : p.answers) {
    if (store.find(set.stage_key))
      ++held;
    else
      missing += (missing.empty() ? "" : ", ") + set.stage;
  }
  if (held == 0)
    throw Error(ErrorKind::store, "the store holds no answers of this run: " + missing, store_folder,
                "name the run's store with --store, or run its suite again");
  Progress progress(quiet ? Progress::Style::quiet : Progress::Style::automatic);
  Counters counters;
  const int slots = static_cast<int>(p.spec.runtime.get("workers", 2));
  const std::vector<Stage> stages = judge_stages(p, added);
  const Execution judged =
      execute(stages, store, installation.model_program(), slots, progress, counters, g_interrupted);
  if (judged.interrupted) {
    progress.message("interrupted: run the same command again and it resumes where it was");
    return ExitCode::interrupted;
  }
  bool failed = false;
  for (std::size_t i = 0; i < p.stages.size(); ++i)
    if (const StageOutcome* o = judged.find(stages, p.stages[i].title)) {
      stored.execution.outcomes[i] = *o;
      if (o->state == StageOutcome::State::failed) {
        failed = true;
        fmt::print(stderr, "undertone: {}: {}\n", p.stages[i].title, o->failure);
      }
    }
  const std::string folder =
      !out.empty() ? out
                   : fmt::format("{}/judge-{}", stored.folder, added ? added->name : std::string("again"));
  write_reports(gather_report(p, stored.execution, store, slots), installation, folder);
  write_file_atomically(folder + "/manifest.json",
                        make_manifest(p, stored.execution, store, counters, utc_now()).dump(1) + "\n");
  // The same run, judged again where verdicts were missing, keeps its row, which names its own folder.
  if (p.identity != stored.manifest.at("identity").as_string())
    store.put_run({p.identity,
                   p.spec.name,
                   fs::absolute(folder).string(),
                   failed ? "failed" : "done",
                   utc_now(),
                   Json::object(),
                   {}});
  std::vector<std::string> keys;
  for (const Stage& s : p.stages) keys.push_back(s.key);
  store.note_uses(p.identity, keys);
  fmt::print("{} judged: {} verdicts{}\nreport: {}/report.html\n", p.spec.name, counters.verdicts.load(),
             missing.empty() ? "" : "; not judged, for the store lacks them: " + missing, folder);
  return failed ? ExitCode::failed : ExitCode::done;
}

}  // namespace undertone
