#include "datasets/questions_render.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "datasets/synthetic_sentences.h"
#include "datasets/wordings_sentences.h"
#include "harness/text/label_mapping.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr double kHighEnergy = 0.6, kLowEnergy = 0.4;  // arousal between them is neither
constexpr double kStrong = 0.29;                       // distance of valence or arousal from the middle

std::set<std::string> genders_of(const Clip& clip) {
  std::set<std::string> genders;
  for (const Segment& segment : clip.segments) genders.insert(segment.gender);
  return genders;
}
bool one_known_gender(const Clip& clip) {
  const auto genders = genders_of(clip);
  return genders.size() == 1 && !genders.begin()->empty();
}
bool two_genders(const Clip& clip) {
  const auto genders = genders_of(clip);
  return genders.size() == 2 && !genders.contains("");
}
bool has_slots(const Segment& segment) {
  for (const char* slot : {"who", "event", "object", "time"})
    if (!segment.slots.contains(slot)) return false;
  return true;
}
const std::string& category(const Segment& segment) { return segment.emotion->category; }

std::optional<std::string> energy_of(const Segment& segment, Strictness strictness) {
  if (!segment.emotion || !segment.emotion->arousal) return std::nullopt;
  const double arousal = *segment.emotion->arousal;
  if (strictness == Strictness::lenient) return arousal >= 0.5 ? "high" : "low";
  if (arousal >= kHighEnergy) return "high";
  if (arousal <= kLowEnergy) return "low";
  return std::nullopt;
}

std::optional<std::string> strength_of(const Segment& segment, Strictness strictness) {
  if (!segment.emotion || !segment.emotion->arousal || !segment.emotion->valence) return std::nullopt;
  if (strictness == Strictness::strict && category(segment) == "neutral") return std::nullopt;
  const double distance =
      std::max(std::abs(*segment.emotion->arousal - 0.5), std::abs(*segment.emotion->valence - 0.5));
  return distance >= kStrong ? "very" : "slightly";
}

template <class Attribute>
int count_same(const Clip& clip, std::size_t of, Attribute attribute) {
  return static_cast<int>(std::count_if(
      clip.segments.begin(), clip.segments.end(),
      [&](const Segment& segment) { return attribute(segment) == attribute(clip.segments[of]); }));
}

bool about_clip(Scope scope) { return scope < Scope::utterance; }

bool clip_admits(const QuestionForm& form, const Clip& clip) {
  const std::size_t n = clip.segments.size();
  if (n == 0) return false;
  switch (form.scope) {
    case Scope::only_utterance:
      return n == 1;
    case Scope::first_utterance:
    case Scope::last_utterance:
      return n >= 2;
    case Scope::whole_clip:
      return count_speakers(clip) >= 1;
    case Scope::steady_emotion:
    case Scope::steady_clear_energy:
      return has_one_emotion(clip);
    case Scope::first_emotion:
    case Scope::last_emotion:
      return emotions_vary(clip);
    case Scope::one_speaker:
    case Scope::utterance_one_speaker:
      return count_speakers(clip) == 1 && one_known_gender(clip);
    case Scope::first_gender:
    case Scope::last_gender:
    case Scope::utterance_gender:
    case Scope::utterance_of_gender:
      return two_genders(clip);
    case Scope::fixed_sentence:
      return sentence_of(clip) == form.sentence && (form.type != QuestionType::CE || has_one_emotion(clip)) &&
             (form.type != QuestionType::CG || one_known_gender(clip));
    case Scope::next_emotion:
    case Scope::previous_emotion:
      return n >= 2 && emotions_vary(clip) && count_speakers(clip) == 1;
    case Scope::utterance_count:
      return count_speakers(clip) >= 1;
    case Scope::two_utterances:
      return n >= 2 && count_speakers(clip) >= 1;
    case Scope::utterance:
    case Scope::utterance_emotion:
    case Scope::utterance_energy:
    case Scope::utterance_strength:
      return true;
    case Scope::utterance_of_emotion:
      return emotions_vary(clip) || has_one_emotion(clip);
  }
  return false;
}

bool utterance_admits(Scope scope, const Clip& clip, std::size_t i, Strictness strictness) {
  const auto& s = clip.segments;
  if (!has_slots(s[i])) return false;
  switch (scope) {
    case Scope::utterance_emotion:
      return s[i].emotion.has_value();
    case Scope::utterance_energy:
      return energy_of(s[i], strictness).has_value();
    case Scope::utterance_strength:
      return strength_of(s[i], strictness).has_value();
    case Scope::utterance_of_emotion:
      return s[i].emotion && count_same(clip, i, category) == 1;
    case Scope::next_emotion:
      return i + 1 < s.size() && category(s[i + 1]) != category(s[i]);
    case Scope::previous_emotion:
      return i >= 1 && category(s[i - 1]) != category(s[i]);
    case Scope::utterance_of_gender:
      return count_same(clip, i, [](const Segment& segment) { return segment.gender; }) == 1;
    default:
      return true;
  }
}

void add_person(Values& values, int speakers) {
  constexpr std::array kSubjects = {"nobody", "one person", "two people", "three people", "four people"};
  if (speakers < 1 || speakers > 4) return;
  const std::string subject = kSubjects[static_cast<std::size_t>(speakers)];
  const bool one = speakers == 1;
  // Placeholders are always written with "one person".
  values["one person speaks"] = subject + (one ? " speaks" : " speak");
  values["one person talks"] = subject + (one ? " talks" : " talk");
  for (const char* verb : {"speaks", "talks"})
    values[std::string("One person ") + verb] = capitalised(values["one person " + std::string(verb)]);
  values["gold speakers"] = std::to_string(speakers);
}

void add_gender(Values& values, const std::string& gender) {
  if (gender.empty()) return;
  values["woman"] = gender == "female" ? "woman" : "man";
  values["gold gender"] = gender;
}

void add_emotion(Values& values, const Segment& segment, Strictness strictness) {
  if (!segment.emotion) return;
  values["emotion"] = values["gold emotion"] = category(segment);
  if (const auto energy = energy_of(segment, strictness)) values["energy"] = values["gold arousal"] = *energy;
  if (const auto strength = strength_of(segment, strictness)) values["strength"] = *strength;
}

// What the placeholders of a form stand for at a place.
Values values_at(const QuestionForm& form, const Clip& clip, QuestionPlace place, Strictness strictness) {
  Values values;
  const auto& segments = clip.segments;
  if (count_speakers(clip) == 1 && one_known_gender(clip))
    values["she"] = segments[0].gender == "female" ? "she" : "he";
  if (about_clip(form.scope)) {
    const bool last = form.scope == Scope::last_utterance || form.scope == Scope::last_emotion ||
                      form.scope == Scope::last_gender;
    const Segment& segment = last ? segments.back() : segments.front();
    values["transcript"] = segment.transcript;
    const bool about_one = form.scope == Scope::first_emotion || form.scope == Scope::last_emotion;
    if (about_one || has_one_emotion(clip)) add_emotion(values, segment, strictness);
    add_gender(values, segment.gender);
    add_person(values, count_speakers(clip));
    for (const auto& [attribute, words] : form.said) values["gold " + attribute] = words;
    return values;
  }
  const auto index = static_cast<std::size_t>(place.utterance);
  const Segment& segment = segments[index];
  for (const auto& [slot, filler] : segment.slots) values[slot] = values["gold " + slot] = filler;
  values["Who"] = capitalised(values["who"]);
  add_emotion(values, segment, strictness);
  add_gender(values, segment.gender);
  if (form.scope == Scope::two_utterances) {
    const Segment& other = segments[static_cast<std::size_t>(place.other)];
    values["other"] = other.slots.at("object");
    add_person(values, segment.speaker == other.speaker ? 1 : 2);
  } else {
    add_person(values, count_speakers(clip));
  }
  if (form.scope == Scope::next_emotion)
    values["next"] = values["gold emotion"] = category(segments[index + 1]);
  if (form.scope == Scope::previous_emotion)
    values["before"] = values["gold emotion"] = category(segments[index - 1]);
  return values;
}

std::optional<std::string> fill(std::string_view text, const Values& values) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      out += text[i];
      continue;
    }
    const std::size_t close = text.find('}', i);
    const auto found = values.find(text.substr(i + 1, close - i - 1));
    if (found == values.end()) return std::nullopt;
    out += found->second;
    i = close;
  }
  return capitalised(std::move(out));
}

// The answer hangs on which label belongs to which words, where the label varies within the clip.
std::string reasoning_of(const QuestionForm& form, const Clip& clip) {
  bool binding = false;
  switch (form.type) {
    case QuestionType::CE:
      binding = emotions_vary(clip);
      break;
    case QuestionType::CG:
      binding = two_genders(clip);
      break;
    // With only two utterances the number of speakers of the whole clip answers.
    case QuestionType::CS:
      binding = form.scope == Scope::two_utterances && clip.segments.size() > 2 && count_speakers(clip) > 1;
      break;
    default:
      return "";
  }
  return binding ? "binding" : "conjunctive";
}

std::string combination_at(const Clip& clip, QuestionPlace place) {
  const Json* all = clip.extra.is_object() ? clip.extra.find("combinations") : nullptr;
  if (!all || place.utterance < 0 || static_cast<std::size_t>(place.utterance) >= all->size()) return "";
  return all->elements()[static_cast<std::size_t>(place.utterance)].as_string();
}

// Words of a filler that give it away: "the teacher" by "teacher", "on Monday" by "monday".
bool names_filler(const std::vector<std::string>& question, const std::string& filler) {
  static const std::set<std::string> light = {"the", "a",    "an",   "my",  "our",    "on",   "at",
                                              "in",  "this", "last", "ago", "before", "with", "to",
                                              "of",  "it",   "she",  "he",  "they",   "i"};
  for (const std::string& word : word_tokens(filler))
    if (!light.contains(word) && std::find(question.begin(), question.end(), word) != question.end())
      return true;
  return false;
}

}  // namespace

bool emotions_vary(const Clip& clip) {
  std::set<std::string> categories;
  for (const Segment& segment : clip.segments) {
    if (!segment.emotion) return false;
    categories.insert(category(segment));
  }
  return categories.size() >= 2;
}

bool has_one_emotion(const Clip& clip) {
  if (clip.segments.empty()) return false;
  for (const Segment& segment : clip.segments)
    if (!segment.emotion || category(segment) != category(clip.segments.front())) return false;
  return true;
}

int count_speakers(const Clip& clip) {
  std::set<std::string> speakers;
  for (const Segment& segment : clip.segments) {
    if (segment.speaker.empty()) return 0;
    speakers.insert(segment.speaker);
  }
  return static_cast<int>(speakers.size());
}

std::vector<QuestionPlace> places_for(const QuestionForm& form, const Clip& clip) {
  std::vector<QuestionPlace> places;
  if (!clip_admits(form, clip)) return places;
  if (about_clip(form.scope)) {
    if (form.scope == Scope::steady_clear_energy && !energy_of(clip.segments.front(), Strictness::strict))
      return places;
    return {{}};
  }
  for (std::size_t i = 0; i < clip.segments.size(); ++i) {
    if (!utterance_admits(form.scope, clip, i, Strictness::strict)) continue;
    if (form.scope != Scope::two_utterances) {
      places.push_back({static_cast<int>(i), -1});
      continue;
    }
    for (std::size_t j = i + 1; j < clip.segments.size(); ++j)
      if (has_slots(clip.segments[j])) places.push_back({static_cast<int>(i), static_cast<int>(j)});
  }
  return places;
}

std::optional<Question> render_question(const QuestionForm& form, std::size_t wording, const Clip& clip,
                                        QuestionPlace place, Strictness strictness) {
  if (!clip_admits(form, clip)) return std::nullopt;
  if (!about_clip(form.scope) &&
      !utterance_admits(form.scope, clip, static_cast<std::size_t>(place.utterance), strictness))
    return std::nullopt;
  const Values values = values_at(form, clip, place, strictness);
  const auto text = fill(form.wordings.at(wording), values);
  const auto reference = fill(form.reference, values);
  if (!text || !reference) return std::nullopt;
  Question question;
  question.id = clip.id + '-' + form.id;
  if (place.utterance >= 0) question.id += '-' + std::to_string(place.utterance);
  if (place.other >= 0) question.id += '-' + std::to_string(place.other);
  question.clip = clip.id;
  question.type = form.type;
  question.text = *text;
  question.reference = *reference;
  for (const std::string& attribute : form.gold) {
    const auto found = values.find("gold " + attribute);
    if (found == values.end()) return std::nullopt;
    question.gold[attribute] = found->second;
  }
  question.pool = form.pool;
  question.wording = wording_id(form, wording);
  question.unseen_wording = is_unseen_wording(form, wording);
  question.reasoning = reasoning_of(form, clip);
  question.closed_set = !form.sentence.empty();
  question.provenance = Provenance::template_;
  question.extra = Json::object();
  question.extra["utterance"] = place.utterance;
  if (place.other >= 0) question.extra["other_utterance"] = place.other;
  if (std::string combination = combination_at(clip, place); !combination.empty())
    question.extra["combination"] = std::move(combination);
  return question;
}

std::optional<Question> render_again(const Question& question, const Clip& clip) {
  const std::size_t slash = question.wording.rfind('/');
  const QuestionForm& form = question_form(question.wording.substr(0, slash));
  const QuestionPlace place{static_cast<int>(question.extra.get("utterance", -1)),
                            static_cast<int>(question.extra.get("other_utterance", -1))};
  auto again =
      render_question(form, std::stoul(question.wording.substr(slash + 1)), clip, place, Strictness::lenient);
  if (again) {  // what the generator set afterwards stays
    again->id = question.id;
    again->pool = question.pool;
  }
  return again;
}

std::optional<std::string> named_slot(const Question& question) {
  const std::vector<std::string> words = word_tokens(question.text);
  for (const auto& [attribute, value] : question.gold) {
    if (!labels_of(attribute).empty()) {
      // Any mention of the label counts, denied or weak (a pronoun) too.
      for (const LabelMention& mention : label_mentions(attribute, question.text))
        if (mention.label == value) return attribute;
    } else if (names_filler(words, value)) {
      return attribute;
    }
  }
  return std::nullopt;
}

}  // namespace undertone
