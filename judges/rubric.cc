#include "judges/rubric.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/text/label_mapping.h"
#include "judges/rubric_text.h"
#include "judges/words.h"

namespace undertone {
namespace {

// Raise it whenever a verdict may come out differently for the same rubric.
constexpr int kCodeVersion = 2;

double bounded(const Json& object, std::string_view key, double low, double high) {
  const Json& value = object.at(key);
  const double v = value.as_double();
  if (!(v >= low && v <= high))
    throw Error(ErrorKind::data, fmt::format("\"{}\" is {}, outside [{}, {}]", key, v, low, high),
                value.place().str(), "correct the rubric");
  return v;
}

// The share of the reference that the answer's content words cover, weighing recall twice (van Rijsbergen's F
// with beta 2): a long true answer to a short reference is no fault here, the length cost looks at that.
double overlap(const std::set<std::string>& reference, const std::set<std::string>& answer) {
  const auto shared = static_cast<double>(
      std::count_if(reference.begin(), reference.end(), [&](const auto& s) { return answer.contains(s); }));
  if (shared == 0) return 0;
  const double precision = shared / static_cast<double>(answer.size());
  const double recall = shared / static_cast<double>(reference.size());
  return 5 * precision * recall / (4 * precision + recall);
}

// "yes" or "no" where the text begins with it.
std::string polarity(std::string_view text) {
  const auto words = judge_words(text);
  return !words.empty() && (words[0] == "yes" || words[0] == "no") ? words[0] : "";
}

// The fraction that an overlong answer loses.
double length_loss(const Rubric& rubric, const JudgeItem& item) {
  const auto words = static_cast<double>(judge_words(item.answer).size());
  const auto reference = static_cast<double>(judge_words(item.question->reference).size());
  const double allowed = std::max(rubric.free_words, rubric.length_factor * reference);
  return std::min(rubric.length_most, rubric.length_cost * std::max(0.0, words / allowed - 1));
}

Verdict judge_by_overlap(const Rubric& rubric, const JudgeItem& item, std::string rationale) {
  const Question& question = *item.question;
  std::set<std::string> without = rubric.empty_stems;
  without.merge(content_stems(question.text, {}));
  std::set<std::string> reference = content_stems(question.reference, without);
  std::set<std::string> answer = content_stems(item.answer, without);
  if (reference.empty()) {  // the reference only repeats the question, or is "yes": compare whole words
    reference = content_stems(question.reference, {});
    answer = content_stems(item.answer, {});
  }
  if (reference.empty()) return NotJudged{"the question has neither gold labels nor a reference"};
  const std::string said = polarity(item.answer), wanted = polarity(question.reference);
  const bool denied = !said.empty() && !wanted.empty() && said != wanted;
  const double content = denied ? 0 : overlap(reference, answer);
  const double loss = length_loss(rubric, item);
  rationale += fmt::format("; overlap of content words with the reference {:.2f}", content);
  if (denied) rationale += fmt::format(" (says \"{}\" where the reference says \"{}\")", said, wanted);
  if (loss > 0) rationale += fmt::format("; length costs {:.0f} %", 100 * loss);
  return Scored{5 * content * (1 - loss), rationale, {{"content", 5 * content}}};
}

// Whether a question asks for a label of the attribute: by its type, or by offering several to choose from
// ("happy, sad or angry?"), whose words the comparison of content words would strike out. "the man and the
// woman" offers nothing.
bool asks_for(const Question& question, const std::string& attribute) {
  if (question.type == QuestionType::DE) return attribute == "emotion";
  if (question.type == QuestionType::DG) return attribute == "gender";
  if (question.type == QuestionType::DS) return attribute == "speakers";
  const std::vector<std::string> words = judge_words(question.text);
  const auto says = [&](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (attribute == "gender") return says("gender") || (says("male") && says("female"));
  if (attribute != "emotion") return false;
  std::set<std::string> offered;
  for (const LabelMention& m : label_mentions(attribute, question.text))
    if (!m.weak && !m.label.empty()) offered.insert(m.label);
  return offered.size() > 1;
}

// Gold labels of a question that has none, where its reference states the label that it asks for beyond
// doubt.
std::map<std::string, std::string> labels_in_reference(const Question& question) {
  std::map<std::string, std::string> gold;
  for (const std::string attribute : {"emotion", "gender", "speakers"}) {
    if (!asks_for(question, attribute)) continue;
    const MappedLabel stated = map_label(attribute, question.reference);
    if (stated.label && !stated.rule.starts_with("weak")) gold[attribute] = *stated.label;
  }
  return gold;
}

class RubricJudge final : public Judge {
 public:
  RubricJudge(const Rubric& rubric, std::map<std::string, std::vector<std::string>> values)
      : rubric_(rubric), values_(std::move(values)) {
    Json made_of = Json::object();
    made_of["judge"] = "rubric";
    made_of["code"] = kCodeVersion;
    made_of["rubric"] = rubric_.digest;
    for (const char* attribute : {"emotion", "gender", "speakers"})
      made_of[fmt::format("lexicon:{}", attribute)] = lexicon_digest(attribute);
    Json values_json = Json::object();
    for (const auto& [slot, list] : values_) {
      Json::Array names(list.begin(), list.end());
      values_json[slot] = std::move(names);
    }
    made_of["values"] = std::move(values_json);
    identity_ = sha256_hex(made_of.canonical());
  }
  std::string identity() const override { return identity_; }
  Scale scale() const override { return {Scale::Kind::continuous_0_5}; }
  bool is_metric_judge() const override { return true; }
  std::vector<std::string> resources() const override {
    return {"lexicon:emotion", "lexicon:gender", "lexicon:speakers"};
  }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts;
    verdicts.reserve(items.size());
    for (const JudgeItem& item : items) verdicts.push_back(judge_by_rubric(rubric_, item, values_));
    return verdicts;
  }

 private:
  const Rubric& rubric_;
  std::map<std::string, std::vector<std::string>> values_;
  std::string identity_;
};

}  // namespace

std::string_view to_string(SlotFinding finding) {
  switch (finding) {
    case SlotFinding::stated:
      return "stated";
    case SlotFinding::silent:
      return "silent";
    case SlotFinding::hedged:
      return "hedged";
    case SlotFinding::contradicted:
      return "contradicted";
    case SlotFinding::in_question:
      return "in the question";
  }
  return "silent";
}

Rubric rubric_from_json(const Json& json) {
  Rubric r;
  r.name = json.at("name").as_string();
  r.version = json.at("version").as_int();
  const Json& slots = json.at("slots");
  for (const SlotFinding f :
       {SlotFinding::stated, SlotFinding::silent, SlotFinding::hedged, SlotFinding::contradicted})
    r.worth[f] = bounded(slots, to_string(f), -1, 1);
  if (!(r.worth[SlotFinding::contradicted] < r.worth[SlotFinding::silent] &&
        r.worth[SlotFinding::hedged] < r.worth[SlotFinding::stated]))
    throw Error(ErrorKind::data,
                "a contradiction must be worth less than silence, and hedging less than stating",
                slots.place().str(), "correct the rubric");
  r.content_weight = bounded(json.at("weights"), "content", 0.01, 1);
  r.paralinguistic_weight = bounded(json.at("weights"), "paralinguistic", 0.01, 1);
  r.free_words = bounded(json.at("length"), "free", 1, 1000);
  r.length_factor = bounded(json.at("length"), "factor", 1, 100);
  r.length_cost = bounded(json.at("length"), "cost", 0, 1);
  r.length_most = bounded(json.at("length"), "most", 0, 1);
  for (const char* list : {"function_words", "frame_words"})
    for (const Json& word : json.at(list).elements()) r.empty_stems.insert(judge_stem(word.as_string()));
  r.digest = sha256_hex(json.canonical());
  return r;
}

const Rubric& graded_rubric() {
  static const Rubric rubric =
      rubric_from_json(parse_json(kGradedRubricText, "judges/rubrics/graded.json", {.comments = true}));
  return rubric;
}

Verdict judge_by_rubric(const Rubric& rubric, const JudgeItem& item,
                        const std::map<std::string, std::vector<std::string>>& values) {
  if (judge_words(item.answer).empty()) return Scored{0, "empty answer", {}};
  if (item.question->gold.empty()) {
    Question labelled = *item.question;
    labelled.gold = labels_in_reference(labelled);
    if (!labelled.gold.empty()) {
      Verdict verdict = judge_by_rubric(rubric, {&labelled, item.clip, item.answer}, values);
      if (auto* scored = std::get_if<Scored>(&verdict))
        scored->rationale = "no gold labels, read from the reference: " + scored->rationale;
      return verdict;
    }
  }
  const std::vector<SlotScore> slots = find_slots(rubric, item, values);
  double sum[2] = {0, 0};
  int count[2] = {0, 0};
  std::string rationale;
  for (const SlotScore& s : slots) {
    rationale += fmt::format("{}{} ({}): {}{}", rationale.empty() ? "" : "; ", s.slot, s.gold,
                             to_string(s.finding), s.why.empty() ? "" : ", " + s.why);
    if (s.finding == SlotFinding::in_question) continue;
    sum[s.paralinguistic] += rubric.worth.at(s.finding);
    ++count[s.paralinguistic];
  }
  if (count[0] + count[1] == 0)
    return judge_by_overlap(rubric, item,
                            rationale.empty() ? "no gold labels" : rationale + "; no slot is left to score");
  const double weights[2] = {count[0] ? rubric.content_weight : 0,
                             count[1] ? rubric.paralinguistic_weight : 0};
  Scored scored;
  double mean = 0;
  for (int half = 0; half < 2; ++half) {
    if (!count[half]) continue;
    const double share = std::clamp(sum[half] / count[half], 0.0, 1.0);
    scored.parts[half ? "paralinguistic" : "content"] = 5 * share;
    mean += share * weights[half] / (weights[0] + weights[1]);
  }
  const double loss = length_loss(rubric, item);
  if (loss > 0) rationale += fmt::format("; length costs {:.0f} %", 100 * loss);
  scored.value = std::clamp(5 * mean * (1 - loss), 0.0, 5.0);
  scored.rationale = std::move(rationale);
  return scored;
}

std::unique_ptr<Judge> make_rubric_judge(const Json& fields) {
  std::map<std::string, std::vector<std::string>> values;
  if (const Json* given = fields.find("values"))
    for (const auto& [slot, list] : given->members())
      for (const Json& value : list.elements()) values[slot].push_back(value.as_string());
  return std::make_unique<RubricJudge>(graded_rubric(), std::move(values));
}

}  // namespace undertone
