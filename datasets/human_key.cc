#include "datasets/human_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/core/verdict_file.h"

namespace undertone {
namespace {

constexpr const char* kFormat = "undertone.human.key/1";
constexpr std::array<std::string_view, 3> kTasks = {"ratings", "pairs", "qa"};

Json variant_json(const HumanVariant& v) {
  return Json::object({{"system", v.system}, {"condition", v.condition}});
}
HumanVariant variant_from(const Json& json) {
  return {json.at("system").as_string(), json.at("condition").as_string()};
}

Json item_json(const HumanKeyItem& i) {
  Json rows = Json::array();
  for (const auto& of_answer : i.rows) rows.push_back(texts_json(of_answer));
  return Json::object({{"id", i.id},
                       {"question", i.question},
                       {"cluster", i.cluster},
                       {"text", i.text},
                       {"reference", i.reference},
                       {"answers", texts_json(i.answers)},
                       {"rows", std::move(rows)},
                       {"first_is_b", i.first_is_b},
                       {"inclusion", optional_json(i.inclusion)}});
}

std::vector<std::string> texts_from(const Json& list) {
  std::vector<std::string> out;
  for (const Json& one : list.elements()) out.push_back(one.as_string());
  return out;
}

HumanKeyItem item_from(const Json& json) {
  HumanKeyItem i;
  i.id = json.at("id").as_string();
  i.question = json.at("question").as_string();
  i.cluster = json.at("cluster").as_string();
  i.text = json.at("text").as_string();
  i.reference = json.at("reference").as_string();
  i.answers = texts_from(json.at("answers"));
  for (const Json& of_answer : json.at("rows").elements()) i.rows.push_back(texts_from(of_answer));
  i.first_is_b = json.at("first_is_b").as_bool();
  if (const Json& chance = json.at("inclusion"); !chance.is_null()) i.inclusion = chance.as_double();
  return i;
}

Json body_json(const HumanKey& key) {
  Json items = Json::array(), raters = Json::array();
  for (const HumanKeyItem& i : key.items) items.push_back(item_json(i));
  for (const auto& turns : key.raters) {
    Json dealt = Json::array();
    for (const HumanTurn& t : turns)
      dealt.push_back(Json::object({{"item", t.item}, {"swapped", t.swapped}}));
    raters.push_back(std::move(dealt));
  }
  return Json::object({{"format", kFormat},
                       {"run", key.run},
                       {"suite", key.suite},
                       {"task", to_string(key.task)},
                       {"stream", key.stream},
                       {"rubric", key.rubric},
                       {"scale", scale_label(key.scale)},
                       {"first", variant_json(key.first)},
                       {"second", variant_json(key.second)},
                       {"population", key.population},
                       {"identical", key.identical},
                       {"chosen", key.chosen},
                       {"items", std::move(items)},
                       {"raters", std::move(raters)}});
}

}  // namespace

std::string_view to_string(HumanTask task) { return kTasks[static_cast<std::size_t>(task)]; }

HumanTask human_task_from(std::string_view name) {
  const auto at = std::find(kTasks.begin(), kTasks.end(), name);
  if (at == kTasks.end())
    throw Error(ErrorKind::data, fmt::format("there is no rating task '{}'", name), "",
                fmt::format("use one of: {}", fmt::join(kTasks, ", ")));
  return static_cast<HumanTask>(at - kTasks.begin());
}

std::vector<HumanCriterion> human_criteria(HumanTask task, const std::string& rubric, const Scale& scale) {
  if (task == HumanTask::ratings)
    return {{rubric,
             "How good is the answer?",
             static_cast<int>(scale.low()),
             static_cast<int>(scale.high()),
             {}}};
  if (task == HumanTask::pairs)
    return {{"preference", "Which answer is better, given what you hear?", 0, 0, {"a", "tie", "b"}}};
  const std::vector<std::string> yes_no = {"yes", "no"};
  return {{"answerable", "Can the question be answered from the recording?", 0, 0, yes_no},
          {"supported", "Does the recording bear out the reference answer?", 0, 0, yes_no},
          {"needs_voice", "Must one hear the voice: would a transcript not be enough?", 0, 0, yes_no},
          {"natural", "Is it a question that a person might ask?", 0, 0, yes_no}};
}

void name_key(HumanKey& key) { key.id = sha256_hex(body_json(key).canonical()).substr(0, 12); }

Json to_json(const HumanKey& key) {
  Json out = body_json(key);
  out["id"] = key.id;
  return out;
}

HumanKey human_key_from_json(const Json& json) {
  const auto broken = [&](const std::string& what) -> Error {
    return Error(ErrorKind::data, what, json.place().str(), "export a page again: the key was changed");
  };
  if (!json.is_object() || json.get("format", "") != kFormat) throw broken("this is no key of a rating page");
  HumanKey key;
  key.run = json.at("run").as_string();
  key.suite = json.at("suite").as_string();
  key.task = human_task_from(json.at("task").as_string());
  key.stream = json.at("stream").as_string();
  key.rubric = json.at("rubric").as_string();
  const auto scale = scale_from_label(json.at("scale").as_string());
  if (!scale) throw broken("the key's scale is unknown");
  key.scale = *scale;
  key.first = variant_from(json.at("first"));
  key.second = variant_from(json.at("second"));
  key.population = json.at("population").as_int();
  key.identical = json.at("identical").as_int();
  key.chosen = json.at("chosen").as_bool();
  for (const Json& i : json.at("items").elements()) key.items.push_back(item_from(i));
  for (const Json& dealt : json.at("raters").elements()) {
    auto& turns = key.raters.emplace_back();
    for (const Json& t : dealt.elements())
      turns.push_back({t.at("item").as_int(), t.at("swapped").as_bool()});
  }
  name_key(key);
  if (key.id != json.at("id").as_string()) throw broken("the key's id is not that of what it holds");
  for (const auto& turns : key.raters)
    for (const HumanTurn& t : turns)
      if (t.item < 0 || t.item >= static_cast<std::int64_t>(key.items.size()))
        throw broken("the key deals an item that it does not hold");
  return key;
}

}  // namespace undertone
