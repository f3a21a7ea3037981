#include <fmt/format.h>

#include "reports/lookup.h"
#include "reports/report.h"
#include "reports/sentences.h"

namespace undertone {
namespace {

constexpr int kReportVersion = 3;

Json texts(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& s : list) out.push_back(s);
  return out;
}

Json system_json(const ReportSystem& s) {
  Json out = Json::object();
  out["name"] = s.name;
  out["kind"] = s.kind;
  out["summary"] = s.summary;
  out["control"] = s.control;
  out["pools"] = texts(s.pools);
  out["trains"] = s.trains;
  out["train_metadata"] = s.train_metadata;
  Json seeds = Json::array();
  for (const int seed : s.seeds) seeds.push_back(seed);
  out["seeds"] = std::move(seeds);
  out["state"] = s.state;
  out["failure"] = s.failure;
  return out;
}

// Answers by status and verdicts by kind, per system: every kind is present, so that 0 is said and not left
// out.
Json outcome_json(const ReportData& data) {
  Json out = Json::object();
  for (const ReportSystem& s : data.systems) {
    Json answers = Json::object(), verdicts = Json::object();
    for (const AnswerStatus status : {AnswerStatus::answered, AnswerStatus::refusal, AnswerStatus::truncated,
                                      AnswerStatus::model_error, AnswerStatus::not_run})
      answers[to_string(status)] = 0;
    for (const ReportItem& item : data.items)
      for (const ReportAnswer& a : item.answers) {
        if (a.system != s.name) continue;
        Json& n = answers[to_string(a.answer.status)];
        n = Json(n.as_int() + 1);
        for (const auto& [judge, verdict] : a.verdicts) {
          Json& of_judge = verdicts[judge];
          if (of_judge.is_null()) {
            of_judge = Json::object();
            for (const char* kind :
                 {"scored", "parse_failure", "refusal", "truncated", "transport_error", "not_run"})
              of_judge[kind] = 0;
          }
          Json& v = of_judge[verdict_kind(verdict)];
          v = Json(v.as_int() + 1);
        }
      }
    Json one = Json::object();
    one["answers"] = std::move(answers);
    one["verdicts"] = std::move(verdicts);
    out[s.name] = std::move(one);
  }
  return out;
}

// One estimate a line: half the bytes of one member a line, and a diff names the estimates that changed.
std::string with_estimates(std::string report, const std::vector<Estimate>& estimates) {
  const std::string place = "\n \"estimates\": null";
  std::string lines = "\n \"estimates\": [";
  for (const Estimate& e : estimates) lines += (lines.back() == '[' ? "\n  " : ",\n  ") + to_json(e).dump();
  lines += estimates.empty() ? "]" : "\n ]";
  // A line break within a text is escaped, so this is the member and nothing else.
  return report.replace(report.find(place), place.size(), lines);
}

}  // namespace

std::string report_json(const ReportData& data) {
  Json out = Json::object();
  out["schema"] = "undertone.report";
  out["version"] = kReportVersion;
  out["suite"] = data.suite;
  out["description"] = data.description;
  out["identity"] = data.identity;
  out["primary_judge"] = data.primary_judge;
  const Summary summary = summarise(data);
  Json said = Json::object();
  said["question"] = summary.question;
  said["compared"] = summary.compared;
  said["sentences"] = texts(summary.sentences);
  said["cautions"] = texts(summary.cautions);
  out["summary"] = std::move(said);
  out["notes"] = texts(data.notes);
  Json systems = Json::array();
  for (const ReportSystem& s : data.systems) systems.push_back(system_json(s));
  out["systems"] = std::move(systems);
  Json judges = Json::object();
  for (const auto& [name, words] : data.judges) judges[name] = words;
  out["judges"] = std::move(judges);
  if (!data.canaries.empty()) {
    Json canaries = Json::array();
    for (const ReportCanary& c : data.canaries) canaries.push_back(to_json(c));
    out["canaries"] = std::move(canaries);
  }
  out["estimates"] = Json();  // written below, one a line
  out["outcomes"] = outcome_json(data);
  out["recogniser"] = data.recogniser;
  out["questions"] = data.questions;
  out["mapping"] = data.mapping;
  const Counts counts = count_items(data);
  Json totals = Json::object();
  totals["questions"] = counts.questions;
  totals["clips"] = counts.clips;
  totals["answers"] = data.ledger_answers;
  totals["verdicts"] = data.ledger_verdicts;
  out["counts"] = std::move(totals);
  return with_estimates(out.dump(1), data.estimates) + "\n";
}

}  // namespace undertone
