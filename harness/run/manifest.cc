// manifest.json: when, where and with what a run was made. Nothing here is a result.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/run/run.h"
#include "harness/run/suite_paths.h"

namespace undertone {
namespace {

// Output of a command of ours with fixed arguments, or "" when it fails.
std::string output_of(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>/dev/null").c_str(), "r"), ::pclose);
  if (!pipe) return "";
  std::string out;
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe.get()))
    out.append(chunk.data(), n);
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

std::string quoted(const std::string& path) {
  std::string out = "'";
  for (char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Json host_facts() {
  Json host = Json::object();
  utsname names{};
  ::uname(&names);
  host["system"] = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  host["cores"] = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  try {
    const std::string info = read_file("/proc/cpuinfo");
    if (const auto at = info.find("model name"); at != std::string::npos) {
      const auto colon = info.find(": ", at);
      host["processor"] = info.substr(colon + 2, info.find('\n', at) - colon - 2);
    }
  } catch (const Error&) {
    // Not every system tells.
  }
  return host;
}

// Most memory held at once, in bytes: by this program, and by the largest worker that has ended. As many
// workers as `runtime.workers` run beside it.
Json peak_memory() {
  Json out = Json::object();
  rusage used{};
  constexpr std::int64_t kibibyte = 1024;  // Linux counts in these
  if (::getrusage(RUSAGE_SELF, &used) == 0) out["program_bytes"] = kibibyte * used.ru_maxrss;
  if (::getrusage(RUSAGE_CHILDREN, &used) == 0) out["largest_worker_bytes"] = kibibyte * used.ru_maxrss;
  return out;
}

// What the plan's stages compute with, each once, by name; without a licence where none is known.
Json weights_of(const Pipeline& p) {
  std::map<std::pair<std::string, std::string>, const UsedWeights*> used;
  for (const Stage& s : p.stages)
    for (const UsedWeights& w : s.weights) used.emplace(std::pair(w.name, w.sha256), &w);
  Json out = Json::array();
  for (const auto& [key, w] : used) {
    Json one = Json::object({{"name", w->name}, {"sha256", w->sha256}});
    if (!w->licence.empty()) one["licence"] = w->licence;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Json make_manifest(const Pipeline& p, const Execution& execution, const Store& store,
                   const Counters& counters, const std::string& started) {
  Json m = Json::object();
  m["schema"] = "undertone.manifest/1";
  m["identity"] = p.identity;
  m["suite"] = p.spec.name;
  m["resolved_suite"] = with_absolute_paths(p.spec.resolved);  // so that rerun finds the data
  m["limit"] = p.limit;
  m["replicates"] = p.replicates;
  m["started"] = started;
  m["finished"] = utc_now();
  m["host"] = host_facts();
  m["peak_memory"] = peak_memory();
  Json build = Json::object();
  build["compiler"] = std::string("GCC-compatible ") + __VERSION__;
  build["model_program"] = output_of(quoted(p.installation.model_program()) + " --version");
  m["build"] = build;
  Json git = Json::object();
  const std::string in_root = "git -C " + quoted(p.installation.root) + " ";
  git["commit"] = output_of(in_root + "rev-parse HEAD");
  git["diff"] = output_of(in_root + "diff HEAD");
  m["git"] = git;
  m["weights"] = weights_of(p);
  Json counted = Json::object();
  counted["stages_run"] = counters.stages_run.load();
  counted["stages_found"] = counters.stages_found.load();
  counted["train_steps"] = counters.train_steps.load();
  counted["answers"] = counters.answers.load();
  counted["verdicts"] = counters.verdicts.load();
  m["counters"] = counted;
  Json judges = Json::array();
  for (const PlannedJudge& j : p.judges)
    judges.push_back(Json::object({{"name", j.spec.name}, {"kind", j.spec.kind}, {"identity", j.identity}}));
  m["judges"] = judges;
  if (p.anchors) {
    Json with = Json::array();
    for (const auto& [judge, canary] : p.canaries) with.push_back(judge);
    m["canary"] = Json::object({{"anchors_sha256", p.anchors->digest}, {"judges", std::move(with)}});
  }
  Json stages = Json::array();
  constexpr std::array<std::string_view, 5> states = {"done", "found", "failed", "skipped", "interrupted"};
  for (std::size_t i = 0; i < p.stages.size(); ++i) {
    const StageOutcome& o = execution.outcomes[i];
    Json s = Json::object();
    s["title"] = p.stages[i].title;
    s["kind"] = p.stages[i].kind;
    s["key"] = p.stages[i].key;
    s["state"] = std::string(states[static_cast<std::size_t>(o.state)]);
    if (!o.failure.empty()) s["failure"] = o.failure;
    s["seconds"] = o.seconds;
    if (const auto a = store.find(p.stages[i].key)) {
      s["digest"] = a->digest;
      s["bytes"] = a->bytes;
      if (const Json* facts = a->about.is_object() ? a->about.find("facts") : nullptr) s["facts"] = *facts;
    }
    stages.push_back(std::move(s));
  }
  m["stages"] = stages;
  return m;
}

}  // namespace undertone
