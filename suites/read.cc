#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <tuple>

#include "harness/core/error.h"
#include "suites/fields.h"
#include "suites/resolve.h"
#include "suites/spec.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

// In the order of the files: the suite's own problems first, each once, whichever of a matrix's suites has
// it.
void tidy(std::vector<Problem>& problems, const std::string& file) {
  const auto order = [&](const Problem& p) {
    return std::tuple(p.place.file != file, p.place.file, p.place.line, p.place.column);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return order(a) < order(b); });
  std::vector<Problem> once;
  std::vector<std::string> seen;
  for (Problem& p : problems) {
    std::string text = p.str();
    if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
    seen.push_back(std::move(text));
    once.push_back(std::move(p));
  }
  problems = std::move(once);
}

// One schema per kind, told apart by "kind".
Json kinds_schema(const KindTable& table) {
  Json all = Json::array();
  for (const std::string& kind : table.known) {
    FieldReader r;
    std::string chosen;
    r.choice("kind", chosen, {kind}, "the kind of " + table.what).required();
    table.fields(kind, r);
    all.push_back(r.schema());
  }
  Json one_of = Json::object();
  one_of["oneOf"] = std::move(all);
  return one_of;
}

Json text_schema(std::string_view description) {
  Json s = Json::object();
  s["type"] = Json("string");
  s["description"] = Json(description);
  return s;
}

}  // namespace

SuiteResult read_suite(const std::string& path, const std::vector<std::string>& overrides,
                       const SuiteKinds& kinds, const SuiteLoader& load) {
  ResolvedSuites resolved = resolve_suite(path, overrides, load);
  SuiteResult out;
  for (Json& json : resolved.suites) {
    SuiteSpec suite;
    suite.file = path;
    suite.resolved = std::move(json);
    std::vector<Problem> problems;
    FieldReader reader(suite.resolved, "", problems);
    suite_fields(reader, suite, kinds);
    reader.finish();
    // What a lost ancestor may have is no problem of this suite.
    if (!resolved.whole) std::erase_if(problems, [](const Problem& p) { return p.missing; });
    check_suite(suite, problems, resolved.whole);
    out.suites.push_back(std::move(suite));
    resolved.problems.insert(resolved.problems.end(), problems.begin(), problems.end());
  }
  out.problems = std::move(resolved.problems);
  tidy(out.problems, path);
  return out;
}

Json suite_schema(const SuiteKinds& kinds) {
  FieldReader reader;
  SuiteSpec suite;
  suite_fields(reader, suite, kinds);
  Json fields = reader.schema();
  Json properties = fields.at("properties");
  properties["datasets"]["additionalProperties"] = kinds_schema(kinds.datasets);
  properties["judges"]["additionalProperties"] = kinds_schema(kinds.judges);
  properties["extends"] =
      text_schema("another suite's file, absolute or relative to this one; what stands here is laid over it");
  Json axis = Json::object();
  axis["type"] = Json("array");
  axis["minItems"] = Json(1);
  axis["uniqueItems"] = Json(true);
  Json matrix = Json::object();
  matrix["type"] = Json("object");
  matrix["description"] = Json("axes, each a path (a.b) with its values; one suite for each combination");
  matrix["minProperties"] = Json(1);
  matrix["additionalProperties"] = std::move(axis);
  properties["matrix"] = std::move(matrix);

  // A suite that extends another may leave out what that one has.
  Json extending = Json::object(), whole = Json::object(), either = Json::array();
  extending["required"] = Json(Json::Array{Json("extends")});
  whole["required"] = fields.at("required");
  either.push_back(std::move(extending));
  either.push_back(std::move(whole));
  Json out = Json::object();
  out["$schema"] = Json("https://json-schema.org/draft/2020-12/schema");
  out["title"] = Json("Undertone suite");
  out["type"] = Json("object");
  out["properties"] = std::move(properties);
  out["additionalProperties"] = Json(false);
  out["anyOf"] = std::move(either);
  return out;
}

std::string find_suite(const std::string& name_or_path, const std::string& suites_folder) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".json")) {
    if (fs::is_regular_file(name_or_path)) return name_or_path;
    throw Error(ErrorKind::suite, "there is no such suite file", name_or_path, "check the path");
  }
  const std::string path = (fs::path(suites_folder) / (name_or_path + ".json")).string();
  if (!name_or_path.empty() && fs::is_regular_file(path)) return path;
  std::vector<std::string> known;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(suites_folder, ignored))
    if (entry.path().extension() == ".json") known.push_back(entry.path().stem().string());
  std::sort(known.begin(), known.end());
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  const std::string near = nearest_of(name_or_path, known);
  throw Error(
      ErrorKind::suite,
      fmt::format("there is no suite named '{}'{}", name_or_path,
                  near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)),
      suites_folder,
      fmt::format("name one of: {}; or give the path of a suite file", list.empty() ? "(none)" : list));
}

}  // namespace undertone
