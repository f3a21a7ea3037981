#include "tests/e2e/workplace.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "harness/core/files.h"

namespace undertone::test {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> command(const std::vector<std::string>& arguments) {
  std::vector<std::string> out{program_path("undertone")};
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

std::vector<std::string> first_passages(const std::string& log) {
  std::vector<std::string> out;
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);)
    if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(line);
  return out;
}

}  // namespace

ProgramOptions Workplace::options(const Environment& environment) const {
  ProgramOptions o;
  o.folder = path();
  o.environment = {{"UNDERTONE_ROOT", tree_path()},
                   {"UNDERTONE_STORE", std::nullopt},
                   {"UNDERTONE_CRASH_AT", std::nullopt},
                   {"UNDERTONE_CRASH_LOG", std::nullopt}};
  for (const auto& [name, value] : environment) o.environment[name] = value;
  return o;
}

Ended Workplace::run(const std::vector<std::string>& arguments, const Environment& environment) const {
  return run_program(command(arguments), options(environment));
}

Ended Workplace::run_limited(const std::vector<std::string>& arguments, std::uint64_t bytes) const {
  ProgramOptions o = options({});
  o.largest_file_bytes = bytes;
  return run_program(command(arguments), o);
}

std::unique_ptr<Program> Workplace::start(const std::vector<std::string>& arguments,
                                          const Environment& environment) const {
  return std::make_unique<Program>(command(arguments), options(environment));
}

void Workplace::copy_from(const Workplace& other) const {
  fs::copy(other / "runs", *this / "runs", fs::copy_options::recursive);
}

std::string Workplace::report_bytes(const std::string& suite) const {
  return read_file(*this / ("runs/" + suite + "/report.json"));
}
Json Workplace::report(const std::string& suite) const {
  return read_json_file(*this / ("runs/" + suite + "/report.json"));
}
Json Workplace::manifest(const std::string& suite) const {
  return read_json_file(*this / ("runs/" + suite + "/manifest.json"));
}

std::map<std::string, std::string> Workplace::stage_digests(const std::string& suite) const {
  std::map<std::string, std::string> out;
  const Json m = manifest(suite);
  for (const Json& stage : m.at("stages").elements())
    out[stage.at("title").as_string()] = stage.get("digest", "");
  return out;
}

Workplace::Ledger Workplace::ledger() const {
  const Ended e = run({"store", "du"});
  std::smatch m;
  if (e.code != 0 || !std::regex_search(e.out, m, std::regex("ledger +([0-9]+) answers +([0-9]+) verdicts")))
    return {};
  return {std::stoll(m[1]), std::stoll(m[2])};
}

std::map<std::string, std::string> Workplace::system_states(const std::string& suite) const {
  std::map<std::string, std::string> out;
  const Json r = report(suite);
  for (const Json& s : r.at("systems").elements()) out[s.at("name").as_string()] = s.at("state").as_string();
  return out;
}

std::string tree_path() {
  const char* folder = std::getenv("UNDERTONE_TEST_TREE");
  return folder && *folder ? folder : UNDERTONE_SOURCE_DIR;
}

std::string program_path(const std::string& name) {
  const char* folder = std::getenv("UNDERTONE_TEST_PROGRAMS");
  return std::string(folder && *folder ? folder : UNDERTONE_BINARY_DIR) + "/" + name;
}

std::optional<std::string> no_smoke() {
  if (!fs::exists(program_path("undertone-model"))) return "built without libtorch";
  for (const char* name : {"whisper-base", "all-minilm-l6-v2"})
    if (!weights(name))
      return std::string("the weights '") + name + "' are not in the cache: run './undertone setup'";
  return std::nullopt;
}

const FinishedSmoke& finished_smoke() {
  static const FinishedSmoke* made = [] {
    auto* smoke = new FinishedSmoke;
    const std::string log = smoke->place / "points";
    smoke->ended = smoke->place.run({"run", "smoke"}, {{"UNDERTONE_CRASH_LOG", log}});
    smoke->points = first_passages(log);
    return smoke;
  }();
  return *made;
}

std::vector<int> model_processes(const std::string& folder) {
  std::vector<int> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const fs::path program = fs::read_symlink(entry.path() / "exe", ec);
    if (ec || program.filename() != "undertone-model") continue;
    if (fs::read_symlink(entry.path() / "cwd", ec) == fs::path(folder) && !ec) out.push_back(std::stoi(name));
  }
  return out;
}

}  // namespace undertone::test
