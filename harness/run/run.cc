#include "harness/run/run.h"

#include <fmt/format.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/run/report_data.h"

namespace undertone {
namespace fs = std::filesystem;

std::atomic<bool> g_interrupted{false};

namespace {

void on_signal(int) {
  // A second Ctrl-C does not wait.
  if (g_interrupted.exchange(true)) ::_exit(static_cast<int>(ExitCode::interrupted));
}

// Whether a folder holds no run, or this one.
bool is_free_for(const std::string& folder, const std::string& identity) {
  const std::string manifest = folder + "/manifest.json";
  if (!fs::exists(manifest)) return true;
  try {
    return read_json_file(manifest).get("identity", "") == identity;
  } catch (const Error&) {
    return false;  // unreadable: it is not ours to overwrite
  }
}

// runs/NAME, or runs/NAME-HASH when that folder holds a run of another identity: nothing is overwritten. A
// folder that was named is the one that its reader will look into, so that another run in it is an error.
std::string report_folder(const RunOptions& options, const Pipeline& p) {
  if (!options.out.empty()) {
    if (is_free_for(options.out, p.identity)) return options.out;
    throw Error(ErrorKind::usage, "the folder holds the report of another run", options.out,
                "name another folder with --out, or remove this one if it is not needed");
  }
  const std::string plain = "runs/" + p.spec.name;
  return is_free_for(plain, p.identity) ? plain : plain + "-" + p.identity.substr(0, 8);
}

// What earlier attempts of this run took and made, oldest first: a run that finds everything in place must
// not wipe out when and in what memory it was made.
Json earlier_attempts(const std::string& manifest) {
  constexpr std::size_t kMost = 50;
  if (!fs::exists(manifest)) return Json::array();
  const Json before = read_json_file(manifest);
  std::vector<Json> all;
  if (const Json* list = before.find("earlier_attempts"))
    for (const Json& one : list->elements()) all.push_back(one);
  Json last = Json::object();
  for (const char* name : {"started", "finished", "counters", "peak_memory"})
    if (const Json* value = before.find(name)) last[name] = *value;
  all.push_back(std::move(last));
  Json out = Json::array();
  for (std::size_t i = all.size() > kMost ? all.size() - kMost : 0; i < all.size(); ++i)
    out.push_back(all[i]);
  return out;
}

}  // namespace

void install_interrupt_handler() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string default_store(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* set = std::getenv("UNDERTONE_STORE"); set && *set) return set;
  return "runs/store";
}

void throw_problems(const std::vector<Problem>& problems, const std::string& what, const std::string& more) {
  if (problems.empty()) return;
  std::string all;
  for (const Problem& p : problems) all += "\n  " + p.str();
  throw Error(
      ErrorKind::suite,
      fmt::format("{} problem{} in {}:{}", problems.size(), problems.size() == 1 ? "" : "s", what, all), "",
      "change the places named above" + more);
}

std::vector<SuiteSpec> load_suites(const Installation& installation, const std::string& suite,
                                   const std::vector<std::string>& overrides) {
  SuiteResult result = read_suite(find_suite(suite, installation.suites()), overrides, suite_kinds());
  throw_problems(result.problems, "the suite", "; './undertone validate' checks again without running");
  return std::move(result.suites);
}

void write_reports(const ReportData& data, const Installation& installation, const std::string& folder) {
  fs::create_directories(folder);
  write_file_atomically(folder + "/report.json", report_json(data));
  write_file_atomically(folder + "/report.md", report_markdown(data));
  HtmlOptions html;
  html.assets_folder = installation.report_assets();
  write_file_atomically(folder + "/report.html", report_html(data, html));
}

ExitCode run_suite(const Installation& installation, const SuiteSpec& spec, const RunOptions& options) {
  return run_suite_to_report(installation, spec, options).code;
}

RunOutcome run_suite_to_report(const Installation& installation, const SuiteSpec& spec,
                               const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const std::string started = utc_now();
  const std::unique_ptr<Pipeline> pipeline = make_pipeline(spec, installation, options.pipeline);
  const Pipeline& p = *pipeline;
  Store store = Store::open(default_store(options.store), Store::Mode::write);
  clean_work(store);
  const std::string folder = report_folder(options, p);
  RunOutcome out{ExitCode::done, p.identity, folder, {}};
  RunRow row{p.identity, spec.name, fs::absolute(folder).string(), "started", started, Json::object(), {}};
  store.put_run(row);
  // Noted before anything is made: what an unfinished run has, gc leaves to its resumption.
  std::vector<std::string> keys;
  for (const Stage& s : p.stages) keys.push_back(s.key);
  store.note_uses(p.identity, keys);

  Progress progress(options.quiet ? Progress::Style::quiet : Progress::Style::automatic);
  Counters counters;
  const int slots = static_cast<int>(spec.runtime.get("workers", 2));
  const Execution execution =
      execute(p.stages, store, installation.model_program(), slots, progress, counters, g_interrupted);

  if (execution.interrupted) {
    row.state = "interrupted";
    store.put_run(row);
    progress.error("interrupted: run the same command again and it resumes where it was");
    out.code = ExitCode::interrupted;
    return out;
  }
  for (std::size_t i = 0; i < p.stages.size(); ++i)
    if (execution.outcomes[i].state == StageOutcome::State::failed ||
        execution.outcomes[i].state == StageOutcome::State::skipped)
      out.failed.push_back(fmt::format("{}: {}", p.stages[i].title, execution.outcomes[i].failure));
  if (!out.failed.empty()) out.code = ExitCode::failed;

  if (options.pipeline.until.empty()) {
    const std::string key = report_key(p, execution);
    if (!store.find(key)) {
      progress.begin("report", 0);
      const ReportData data = gather_report(p, execution, store, slots);
      const std::string temporary = store.begin_artefact(key);
      write_reports(data, installation, temporary);
      store.commit_artefact(temporary, key, "report", Json::object({{"identity", p.identity}}));
      progress.end("report", "done");
    }
    store.note_use(p.identity, key);
    fs::create_directories(folder);
    const Artefact report = *store.find(key);
    for (const char* name : {"report.json", "report.md", "report.html"})
      write_file_atomically(folder + "/" + name, read_file(report.path + "/" + name));
    Json manifest = make_manifest(p, execution, store, counters, started);
    manifest["earlier_attempts"] = earlier_attempts(folder + "/manifest.json");
    write_file_atomically(folder + "/manifest.json", manifest.dump(1) + "\n");
  }
  row.state = out.failed.empty() ? "done" : "failed";
  store.put_run(row);

  for (std::size_t i = 0; i < p.stages.size(); ++i)
    if (execution.outcomes[i].state == StageOutcome::State::failed)
      progress.error(fmt::format("failed: {}: {}", p.stages[i].title, execution.outcomes[i].failure));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::FILE* to = options.summary_on_stderr ? stderr : stdout;
  fmt::print(to, "{} {}: {} stages run, {} found; {} training steps, {} answers, {} verdicts; {:.1f} s\n",
             spec.name, out.failed.empty() ? "done" : "failed in part", counters.stages_run.load(),
             counters.stages_found.load(), counters.train_steps.load(), counters.answers.load(),
             counters.verdicts.load(), seconds);
  if (options.pipeline.until.empty()) fmt::print(to, "report: {}/report.html\n", folder);
  return out;
}

}  // namespace undertone
