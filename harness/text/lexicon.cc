#include "harness/text/lexicon.h"

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/text/lexicon_text.h"

namespace undertone::lexicon {
namespace {

std::vector<std::string> strings(const Json& array) {
  std::vector<std::string> out;
  for (const Json& v : array.elements()) out.push_back(v.as_string());
  return out;
}

std::map<std::string, std::vector<std::string>> lists(const Json& object) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [key, value] : object.members()) out[key] = strings(value);
  return out;
}

Json parsed(std::string_view name) {
  return parse_json(source(name), "lexicons/" + std::string(name) + ".json");
}

Lexicon read(std::string_view attribute) {
  const Json json = parsed(attribute);
  Lexicon out;
  out.labels = strings(json.at("labels"));
  if (const Json* merged = json.find("merged")) out.merged = lists(*merged);
  out.sentence = json.at("sentence").as_string();
  for (const Json& row : json.at("entries").elements())
    out.rows.push_back({row.at("label").as_string(), strings(row.at("words")), row.get("weak", false)});
  return out;
}

}  // namespace

std::span<const std::string_view> attributes() {
  static const std::string_view names[] = {"emotion",   "gender",  "speakers",
                                           "sentiment", "valence", "arousal"};
  return names;
}

const Lexicon* find(std::string_view attribute) {
  static const std::map<std::string, Lexicon, std::less<>> all = [] {
    std::map<std::string, Lexicon, std::less<>> made;
    for (std::string_view name : attributes()) made.emplace(name, read(name));
    return made;
  }();
  const auto found = all.find(attribute);
  return found == all.end() ? nullptr : &found->second;
}

const Grammar& grammar() {
  static const Grammar all = [] {
    const Json json = parsed("grammar");
    return Grammar{strings(json.at("negators")),     strings(json.at("false_negators")),
                   strings(json.at("clause_words")), strings(json.at("hedges")),
                   lists(json.at("numbers")),        strings(json.at("counted_nouns"))};
  }();
  return all;
}

std::string_view source(std::string_view name) {
  for (const Source& s : sources())
    if (s.name == name) return s.text;
  throw Error(ErrorKind::internal, "no lexicon is called '" + std::string(name) + "'", "lexicon");
}

}  // namespace undertone::lexicon
