// JUDGE-BENCH's form as 'undertone export judge-bench' writes it, with what that form has no place for: who
// the raters are, what machines said, and what kind of failure a verdict was.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/judge_bench.h"
#include "harness/core/error.h"

namespace undertone {
namespace {

using Ends = std::pair<double, double>;

Ends ends_of(const RatingTable& t, const Rater& rater) {
  if (!rater.low || !rater.high || *rater.low >= *rater.high)
    throw Error(
        ErrorKind::data, fmt::format("the scale of '{}' is not known", rater.name), t.name,
        "JUDGE-BENCH states the worst and the best rating: give \"low\" and \"high\" with the ratings");
  return {*rater.low, *rater.high};
}

Json rater_json(const Rater& rater) {
  Json out = Json::object({{"name", rater.name}, {"kind", to_string(rater.kind)}});
  if (rater.one_person) out["one_person"] = true;
  if (!rater.resources.empty()) out["resources"] = texts_json(rater.resources);
  return out;
}

// What is rated, then what it was made from: as JUDGE-BENCH's own sets quote both.
std::string instance_text(const RatedItem& item) {
  std::string out = "### Generated\n" + item.answer;
  if (!item.question.empty() || !item.reference.empty()) out += "\n### Source\n" + item.question;
  if (!item.reference.empty()) out += "\nReference: " + item.reference;
  return out;
}

Json annotation_json(const RatingTable& t, std::size_t item, const std::vector<std::size_t>& raters) {
  Json human = Json::array(), verdicts = Json::object();
  double sum = 0;
  for (const std::size_t r : raters) {
    const auto& cell = t.at(item, r);
    if (cell.empty()) continue;
    Json& list = verdicts[t.raters[r].name] = Json::array();
    for (const Verdict& v : cell) list.push_back(to_json(v));
    // A person's further ratings of an answer are no further people's.
    const auto* first = std::get_if<Scored>(&cell.front());
    if (t.raters[r].kind != RaterKind::human || !first) continue;
    human.push_back(first->value);
    sum += first->value;
  }
  const std::size_t people = human.size();
  return Json::object({{"mean_human", people > 0 ? Json(sum / static_cast<double>(people)) : Json()},
                       {"individual_human_scores", std::move(human)},
                       {"verdicts", std::move(verdicts)}});
}

bool whole_ratings(const RatingTable& t, const std::vector<std::size_t>& raters) {
  for (std::size_t i = 0; i < t.items.size(); ++i)
    for (const std::size_t r : raters)
      for (const Verdict& v : t.at(i, r))
        if (const auto* s = std::get_if<Scored>(&v); s && s->value != std::floor(s->value)) return false;
  return true;
}

Json facts_json(const RatedItem& item) {
  Json out = Json::object({{"cluster", item.cluster},
                           {"system", item.system},
                           {"question", item.question},
                           {"reference", item.reference},
                           {"answer", item.answer},
                           {"correct", optional_json(item.correct)}});
  if (item.inclusion || item.chosen) out["inclusion"] = optional_json(item.inclusion);
  return out;
}

}  // namespace

std::string write_judge_bench(const RatingTable& t) {
  std::vector<std::pair<Ends, std::vector<std::size_t>>> scales;
  for (std::size_t r = 0; r < t.raters.size(); ++r) {
    const Ends ends = ends_of(t, t.raters[r]);
    auto at = std::find_if(scales.begin(), scales.end(), [&](const auto& s) { return s.first == ends; });
    if (at == scales.end()) at = scales.insert(scales.end(), {ends, {}});
    at->second.push_back(r);
  }
  std::vector<std::string> names;
  Json annotations = Json::array();
  for (const auto& [ends, raters] : scales) {
    const std::string what = t.criterion.empty() ? "quality" : t.criterion;
    names.push_back(scales.size() == 1 ? what : fmt::format("{} ({:g}-{:g})", what, ends.first, ends.second));
    Json list = Json::array();
    for (const std::size_t r : raters) list.push_back(rater_json(t.raters[r]));
    annotations.push_back(Json::object(
        {{"metric", names.back()},
         {"category", whole_ratings(t, raters) ? "graded" : "continuous"},
         {"prompt", fmt::format("On a scale of {:g} (worst) to {:g} (best), rate the answer to the question "
                                "against the reference. {{{{ instance }}}}",
                                ends.first, ends.second)},
         {"worst", ends.first},
         {"best", ends.second},
         {"raters", std::move(list)}}));
  }
  Json instances = Json::array();
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    Json of = Json::object();
    for (std::size_t s = 0; s < scales.size(); ++s) of[names[s]] = annotation_json(t, i, scales[s].second);
    instances.push_back(Json::object({{"id", t.items[i].id},
                                      {"instance", instance_text(t.items[i])},
                                      {"annotations", std::move(of)},
                                      {"item", facts_json(t.items[i])}}));
  }
  return Json::object({{"dataset", t.name},
                       {"dataset_url", ""},
                       {"source", t.source},
                       {"annotations", std::move(annotations)},
                       {"instances", std::move(instances)}})
             .dump(1) +
         "\n";
}

std::vector<Rater> judge_bench_raters(const Json& annotation, double low, double high) {
  std::vector<Rater> out;
  const Json* listed = annotation.find("raters");
  if (!listed) return out;
  for (const Json& one : listed->elements()) {
    Rater rater{one.at("name").as_string(),
                rater_kind_from(one.at("kind").as_string()),
                low,
                high,
                one.get("one_person", false),
                {}};
    if (const Json* resources = one.find("resources"))
      for (const Json& r : resources->elements()) rater.resources.push_back(r.as_string());
    out.push_back(std::move(rater));
  }
  return out;
}

std::vector<std::vector<Verdict>> judge_bench_cells(const Json* annotation,
                                                    const std::vector<Rater>& raters) {
  std::vector<std::vector<Verdict>> out(raters.size());
  const Json* verdicts = annotation ? annotation->find("verdicts") : nullptr;
  if (!verdicts) return out;
  std::size_t read = 0;
  for (std::size_t r = 0; r < raters.size(); ++r) {
    const Json* list = verdicts->find(raters[r].name);
    if (!list) continue;
    ++read;
    for (const Json& one : list->elements()) {
      Verdict verdict = verdict_from_json(one);
      if (const auto* s = std::get_if<Scored>(&verdict);
          s && (s->value < *raters[r].low || s->value > *raters[r].high))
        throw Error(ErrorKind::data,
                    fmt::format("a rating of {} outside {}..{}", s->value, *raters[r].low, *raters[r].high),
                    one.place().str(), "mend the rating, or the ends of the scale");
      out[r].push_back(std::move(verdict));
    }
  }
  std::vector<double> people;
  for (std::size_t r = 0; r < raters.size(); ++r)
    if (raters[r].kind == RaterKind::human && !out[r].empty())
      if (const auto* s = std::get_if<Scored>(&out[r].front())) people.push_back(s->value);
  std::vector<double> listed;
  if (const Json* scores = annotation->find("individual_human_scores"))
    for (const Json& one : scores->elements()) listed.push_back(one.as_double());
  if (listed != people)
    throw Error(ErrorKind::data, "\"individual_human_scores\" are not the humans' ratings under \"verdicts\"",
                annotation->place().str(), "mend one of them, or leave \"raters\" and \"verdicts\" out");
  if (read != verdicts->size())
    throw Error(ErrorKind::data, "a verdict is of a rater that the annotation does not list",
                verdicts->place().str(), "list every rater under \"raters\"");
  return out;
}

void read_item_facts(const Json& instance, RatedItem& item) {
  const Json* facts = instance.find("item");
  if (!facts) return;
  item.cluster = facts->get("cluster", "");
  item.system = facts->get("system", "");
  item.question = facts->get("question", "");
  item.reference = facts->get("reference", "");
  item.answer = facts->get("answer", "");
  if (const Json* correct = facts->find("correct"); correct && !correct->is_null())
    item.correct = correct->as_double();
  if (const Json* inclusion = facts->find("inclusion")) {
    item.chosen = inclusion->is_null();
    if (!item.chosen) item.inclusion = inclusion->as_double();
  }
}

}  // namespace undertone
