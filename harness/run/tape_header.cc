// The first line of a tape: what a report says besides its numbers, and how they are computed.
#include "harness/core/error.h"
#include "harness/core/verdict_file.h"
#include "harness/run/tape.h"

namespace undertone {
namespace {

Json system_json(const ReportSystem& s) {
  Json seeds = Json::array();
  for (int seed : s.seeds) seeds.push_back(seed);
  return Json::object({{"name", s.name},
                       {"kind", s.kind},
                       {"summary", s.summary},
                       {"trains", s.trains},
                       {"train_metadata", s.train_metadata},
                       {"pools", texts_json(s.pools)},
                       {"seeds", std::move(seeds)},
                       {"state", s.state},
                       {"failure", s.failure},
                       {"control", s.control}});
}

ReportSystem system_from(const Json& j) {
  ReportSystem s;
  s.name = j.at("name").as_string();
  s.kind = j.at("kind").as_string();
  s.summary = j.at("summary").as_string();
  s.trains = j.at("trains").as_string();
  s.train_metadata = j.at("train_metadata").as_string();
  s.pools = texts(j.at("pools"));
  for (const Json& seed : j.at("seeds").elements()) s.seeds.push_back(static_cast<int>(seed.as_int()));
  s.state = j.at("state").as_string();
  s.failure = j.at("failure").as_string();
  s.control = j.at("control").as_bool();
  return s;
}

Json judge_json(const JudgeInfo& info) {
  return Json::object({{"name", info.name},
                       {"scale", scale_label(info.scale)},
                       {"metric_judge", info.metric_judge},
                       {"resources", texts_json(info.resources)},
                       {"sample", texts_json({info.sample.begin(), info.sample.end()})},
                       {"conditions", texts_json(info.conditions)}});
}

JudgeInfo judge_from(const Json& j) {
  const auto scale = scale_from_label(j.at("scale").as_string());
  if (!scale)
    throw Error(ErrorKind::data, "the scale '" + j.at("scale").as_string() + "' is unknown", j.place().str(),
                "export the tape again");
  JudgeInfo info{j.at("name").as_string(), *scale, j.at("metric_judge").as_bool(), texts(j.at("resources"))};
  for (auto& id : texts(j.at("sample"))) info.sample.insert(std::move(id));
  if (const Json* conditions = j.find("conditions")) info.conditions = texts(*conditions);
  return info;
}

Json settings_json(const EvaluationSettings& s) {
  Json judges = Json::array(), contrasts = Json::array(), resources = Json::object();
  for (const JudgeInfo& j : s.judges) judges.push_back(judge_json(j));
  for (const Contrast& c : s.contrasts)
    contrasts.push_back(Json::object({{"name", c.name},
                                      {"system", c.system},
                                      {"baseline", c.baseline},
                                      {"system_condition", c.system_condition},
                                      {"baseline_condition", c.baseline_condition},
                                      {"declared", c.declared}}));
  for (const auto& [system, list] : s.system_resources) resources[system] = texts_json(list);
  return Json::object({{"level", s.level},
                       {"resamples", s.resamples},
                       {"method", s.method},
                       {"stream", s.stream},
                       {"unit_resampled", s.unit_resampled},
                       {"primary_judge", s.primary_judge},
                       {"judges", std::move(judges)},
                       {"system_resources", std::move(resources)},
                       {"contrasts", std::move(contrasts)},
                       {"metrics", texts_json(s.metrics)}});
}

EvaluationSettings settings_from(const Json& j) {
  EvaluationSettings s;
  s.level = j.at("level").as_double();
  s.resamples = static_cast<int>(j.at("resamples").as_int());
  s.method = j.at("method").as_string();
  s.stream = j.at("stream").as_string();
  s.unit_resampled = j.at("unit_resampled").as_string();
  s.primary_judge = j.at("primary_judge").as_string();
  for (const Json& one : j.at("judges").elements()) s.judges.push_back(judge_from(one));
  for (const auto& [system, list] : j.at("system_resources").members())
    s.system_resources[system] = texts(list);
  for (const Json& c : j.at("contrasts").elements())
    s.contrasts.push_back({c.at("name").as_string(), c.at("system").as_string(), c.at("baseline").as_string(),
                           c.at("system_condition").as_string(), c.at("baseline_condition").as_string(),
                           c.at("declared").as_bool()});
  s.metrics = texts(j.at("metrics"));
  return s;
}

}  // namespace

Json inputs_header(const ReportInputs& in) {
  const ReportData& d = in.data;
  Json systems = Json::array(), judges = Json::object();
  for (const ReportSystem& s : d.systems) systems.push_back(system_json(s));
  for (const auto& [name, words] : d.judges) judges[name] = words;
  Json given = Json::array();  // the recogniser's: what it heard is not on the tape
  for (const Estimate& e : d.estimates) given.push_back(to_json(e));
  Json report = Json::object({{"suite", d.suite},
                              {"description", d.description},
                              {"identity", d.identity},
                              {"primary_judge", d.primary_judge},
                              {"notes", texts_json(d.notes)},
                              {"systems", std::move(systems)},
                              {"judges", std::move(judges)},
                              {"recogniser", d.recogniser},
                              {"questions", d.questions},
                              {"estimates", std::move(given)},
                              {"ledger_answers", d.ledger_answers},
                              {"ledger_verdicts", d.ledger_verdicts}});
  if (!d.canaries.empty()) {
    Json canaries = Json::array();
    for (const ReportCanary& c : d.canaries) canaries.push_back(to_json(c));
    report["canaries"] = std::move(canaries);
  }
  return Json::object({{"tape", Json()},
                       {"report", std::move(report)},
                       {"settings", settings_json(in.settings)},
                       {"reported_metrics", texts_json(in.choice.metrics)}});
}

void read_inputs_header(const Json& header, ReportInputs& in) {
  const Json& report = header.at("report");
  ReportData& d = in.data;
  d.suite = report.at("suite").as_string();
  d.description = report.at("description").as_string();
  d.identity = report.at("identity").as_string();
  d.primary_judge = report.at("primary_judge").as_string();
  d.notes = texts(report.at("notes"));
  for (const Json& s : report.at("systems").elements()) d.systems.push_back(system_from(s));
  for (const auto& [name, words] : report.at("judges").members()) d.judges[name] = words.as_string();
  if (const Json* canaries = report.find("canaries"))
    for (const Json& c : canaries->elements()) {
      d.canaries.push_back(canary_from_json(c));
      conclude(d.canaries.back(), d.suite);
    }
  d.recogniser = report.at("recogniser");
  d.questions = report.at("questions");
  for (const Json& e : report.at("estimates").elements()) d.estimates.push_back(estimate_from_json(e));
  d.ledger_answers = report.at("ledger_answers").as_int();
  d.ledger_verdicts = report.at("ledger_verdicts").as_int();
  in.settings = settings_from(header.at("settings"));
  in.choice = {texts(header.at("reported_metrics")), d.primary_judge};
}

}  // namespace undertone
