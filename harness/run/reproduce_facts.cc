// What a comparison with a paper reads of report.json and manifest.json.
#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/run/reproduce.h"

namespace undertone {
namespace {

// Where a resolved suite names a part of the model.
std::string part_name(const Json* part) {
  if (!part || !part->is_object()) return "";
  if (part->find("weights")) return part->get("weights", "");
  if (part->find("path")) return "weights of " + part->get("path", "");
  return part->find("random") ? "a random start" : "";
}

// "rubric (metric judge), scale 0-5 continuous, identity ..." as a report has it.
std::string scale_in(const std::string& words) {
  const std::string mark = "scale ";
  const auto at = words.rfind(mark, words.rfind(", identity "));
  if (at == std::string::npos) return "";
  const auto end = words.find(", identity ", at);
  return words.substr(at + mark.size(), end == std::string::npos ? end : end - at - mark.size());
}

const Json& member(const Json& json, const char* key) {
  static const Json nothing = Json::object();
  const Json* found = json.find(key);
  return found && found->is_object() ? *found : nothing;
}

}  // namespace

const RunFacts::System* RunFacts::system(const std::string& name) const {
  const auto at =
      std::find_if(systems.begin(), systems.end(), [&](const System& s) { return s.name == name; });
  return at == systems.end() ? nullptr : &*at;
}
const RunFacts::JudgeFact* RunFacts::judge(const std::string& name) const {
  const auto at =
      std::find_if(judges.begin(), judges.end(), [&](const JudgeFact& j) { return j.name == name; });
  return at == judges.end() ? nullptr : &*at;
}

RunFacts run_facts(const Json& report, const Json& manifest) {
  if (report.get("schema", "") != "undertone.report")
    throw Error(ErrorKind::data, "this is no report of a run", report.place().str(),
                "name a folder with the report.json and manifest.json of 'undertone run'");
  RunFacts out;
  out.suite = report.get("suite", "");
  out.identity = report.get("identity", "");
  if (manifest.get("identity", "") != out.identity)
    throw Error(ErrorKind::data, "report.json and manifest.json are of different runs",
                manifest.place().str(), "put those of one run into one folder, or run the suite again");
  out.description = report.get("description", "");
  out.primary_judge = report.get("primary_judge", "");
  out.limit = manifest.get("limit", 0);
  for (const Json& e : report.at("estimates").elements()) out.estimates.push_back(estimate_from_json(e));
  for (const Json& s : report.at("systems").elements()) {
    RunFacts::System one{s.at("name").as_string(), s.get("kind", ""), s.get("train_metadata", ""), {}};
    if (const Json* pools = s.find("pools"))
      for (const Json& p : pools->elements()) one.pools.push_back(p.as_string());
    out.systems.push_back(std::move(one));
  }
  const Json& suite = member(manifest, "resolved_suite");
  const Json& judges = member(suite, "judges");
  for (const auto& [name, words] : member(report, "judges").members()) {
    const Json& fields = member(judges, name.c_str());
    const std::string model = fields.get("model", "");  // a replayed judge is who gave the verdicts
    out.judges.push_back({name, fields.get("kind", ""), model.empty() ? fields.get("recorded", "") : model,
                          scale_in(words.as_string())});
  }
  const Json& model = member(suite, "model");
  out.encoder = part_name(model.find("encoder"));
  out.decoder = part_name(model.find("decoder"));

  const Json& evaluation = member(suite, "evaluation");
  std::vector<std::string> evaluated;
  if (const Json* several = evaluation.find("datasets"))
    for (const Json& d : several->elements()) evaluated.push_back(d.as_string());
  else if (evaluation.find("dataset"))
    evaluated.push_back(evaluation.get("dataset", ""));
  const Json& written = member(member(report, "questions"), "written by");
  for (const auto& [name, fields] : member(suite, "datasets").members()) {
    if (!evaluated.empty() && std::find(evaluated.begin(), evaluated.end(), name) == evaluated.end())
      continue;
    RunFacts::Dataset d{name, fields.get("kind", ""), written.get(name, ""), ""};
    for (const Json& stage : manifest.at("stages").elements())
      if (stage.get("title", "") == "corpus " + name) d.digest = stage.get("digest", "");
    out.datasets.push_back(std::move(d));
  }
  for (const Estimate& e : out.estimates)
    if (!e.unit_resampled.empty() && e.tag.ends_with("/mean")) {
      out.unit = e.unit_resampled;
      break;
    }
  out.clips = member(report, "counts").get("clips", 0);
  if (const Json* notes = report.find("notes"))
    for (const Json& n : notes->elements()) out.notes.push_back(n.as_string());
  return out;
}

}  // namespace undertone
