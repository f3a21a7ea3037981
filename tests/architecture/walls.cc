#include "tests/architecture/walls.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string_view>

namespace undertone::test {
namespace fs = std::filesystem;
namespace {

using Parts = std::set<std::string>;

Parts operator+(Parts a, const Parts& b) {
  a.insert(b.begin(), b.end());
  return a;
}

const std::vector<std::string> kTop = {"datasets", "harness", "judges", "metrics", "reports", "suites"};

// Part -> the parts that it may include besides itself. A part is a folder; a file belongs to the longest
// that fits.
const std::map<std::string, Parts>& walls() {
  static const Parts core{"harness/core"};
  static const Parts basics =
      core + Parts{"harness/text", "harness/speech", "harness/weights", "harness/net"};
  static const Parts stored = basics + Parts{"harness/store"};
  static const Parts model{"harness/core", "harness/text", "harness/weights"};
  static const Parts on_model = model + Parts{"harness/model"};
  static const Parts stages{"datasets", "judges", "metrics", "metrics/statistics", "metrics/analysis"};
  static const Parts learners{"harness/model", "harness/annotate", "harness/train", "harness/answer"};
  static const std::map<std::string, Parts> table{
      {"harness/core", {}},
      {"harness/text", core},
      {"harness/speech", core},
      {"harness/weights", core},
      {"harness/net", core},
      {"harness/parquet", core},
      {"harness/parquet/module", Parts{"harness/parquet"}},
      {"harness/store", basics},
      {"harness/model", model},
      {"harness/annotate", on_model},
      {"harness/train", on_model},
      {"harness/answer", on_model},
      {"suites", core},
      {"datasets", stored},
      // A program of its own (it links GPL code): only the plan of what to say is shared.
      {"datasets/synth", core + Parts{"harness/speech", "datasets"}},
      {"judges", stored},
      {"judges/audit", stored + stages},
      {"metrics", stored + Parts{"metrics/statistics"}},
      {"metrics/statistics", core},
      {"metrics/analysis", core + Parts{"harness/parquet", "metrics", "metrics/statistics"}},
      {"reports", stored + stages + Parts{"harness/parquet"}},
      // The parent sees every stage but those of the model program, the worker only those.
      {"harness/run",
       stored + stages + Parts{"harness/parquet", "judges/audit", "suites", "reports", "harness/run/cli"}},
      {"harness/run/cli", stored + stages + Parts{"judges/audit", "suites", "reports", "harness/run"}},
      {"harness/run/worker", basics + learners},
      {"suites/micro", stored + stages + learners + Parts{"suites", "reports"}},
  };
  return table;
}

struct ThirdParty {
  std::regex include;
  std::string name;
  Parts parts;          // where it may be included; empty: anywhere
  bool headers = true;  // whether a header may include it
};

const std::vector<ThirdParty>& third_parties() {
  static const Parts learners{"harness/model",  "harness/annotate",   "harness/train",
                              "harness/answer", "harness/run/worker", "suites/micro"};
  static const std::vector<ThirdParty> table{
      {std::regex("^(torch|ATen|c10|caffe2)/.*"), "torch", learners, true},
      {std::regex("^nlohmann/.*"), "nlohmann's JSON", {}, false},
      {std::regex("^(eigen3/|unsupported/)?(Eigen/|unsupported/Eigen/).*"), "Eigen", {}, false},
      {std::regex("^boost/.*"), "Boost", {}, false},
      {std::regex("^CLI/.*"), "CLI11", {}, false},
      {std::regex("^curl/.*"), "curl", {}, false},
      {std::regex("^(arrow|parquet)/.*"), "Arrow", {"harness/parquet/module"}, false},
      // GPL code is not linked into the main programs.
      {std::regex("^espeak(-ng)?/.*"), "espeak-ng", {"datasets/synth"}, true},
      {std::regex("^(fftw3|gsl/).*"), "a GPL library", {"datasets/synth"}, true},
  };
  return table;
}

std::string part_of(std::string_view file) {
  std::string best;
  for (const auto& [part, allowed] : walls())
    if (file.size() > part.size() && file.substr(0, part.size()) == part && file[part.size()] == '/' &&
        part.size() > best.size())
      best = part;
  return best;
}

std::string joined(const Parts& parts) {
  std::string out;
  for (const auto& p : parts) out += (out.empty() ? "" : ", ") + p;
  return out.empty() ? "nothing else" : out;
}

bool is_header(std::string_view file) { return file.size() > 2 && file.substr(file.size() - 2) == ".h"; }

std::vector<std::string> sources(const std::string& root) {
  std::vector<std::string> out;
  for (const auto& top : kTop) {
    if (!fs::exists(fs::path(root) / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && (extension == ".h" || extension == ".cc"))
        out.push_back(fs::relative(entry.path(), root).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// What one #include breaks, or "".
std::string broken_rule(const std::string& root, const std::string& file, const std::string& part,
                        const std::string& target, bool quoted) {
  if (quoted) {
    if (!fs::exists(fs::path(root) / target)) return "own headers are named from the root of the tree";
    const std::string other = part_of(target);
    if (other.empty()) return "the program includes only what is in its own parts";
    const Parts& allowed = walls().at(part);
    if (other != part && !allowed.count(other)) return part + " may include " + joined(allowed);
    return "";
  }
  for (const ThirdParty& t : third_parties()) {
    if (!std::regex_match(target, t.include)) continue;
    if (!t.parts.empty() && !t.parts.count(part)) return t.name + " stays in " + joined(t.parts);
    if (!t.headers && is_header(file)) return t.name + " stays in .cc files";
  }
  // Own headers in angle brackets would slip past the walls.
  if (!part_of(target).empty() && fs::exists(fs::path(root) / target))
    return "own headers are included in quotes";
  return "";
}

}  // namespace

std::vector<Breach> breaches(const std::string& root) {
  static const std::regex line_of(R"(^\s*#\s*(?:include|import)\s*([<"])([^>"]+)[>"].*)");
  std::vector<Breach> out;
  for (const std::string& file : sources(root)) {
    const std::string part = part_of(file);
    if (part.empty()) {
      out.push_back(
          {file, 1, "",
           "the folder belongs to no part that has a rule: give it one in tests/architecture/walls.cc"});
      continue;
    }
    std::ifstream in(fs::path(root) / file);
    std::string text;
    for (int line = 1; std::getline(in, text); ++line) {
      std::smatch m;
      if (text.find("include") == std::string::npos || !std::regex_match(text, m, line_of)) continue;
      const bool quoted = m[1] == "\"";
      const std::string rule = broken_rule(root, file, part, m[2], quoted);
      if (!rule.empty())
        out.push_back({file, line, quoted ? "\"" + m[2].str() + "\"" : "<" + m[2].str() + ">", rule});
    }
  }
  return out;
}

std::vector<std::string> headers(const std::string& root) {
  std::vector<std::string> out = sources(root);
  std::erase_if(out, [](const std::string& f) { return !is_header(f); });
  return out;
}

}  // namespace undertone::test
