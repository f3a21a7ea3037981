#include "judges/swap_emotion.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "harness/core/ascii.h"
#include "harness/core/random.h"
#include "harness/text/label_mapping.h"
#include "judges/rubric.h"

namespace undertone {
namespace {

enum class Form { adjective, adverb, noun };

struct Words {
  std::string_view adjective, adverb, noun;
  std::string_view of(Form form) const {
    return form == Form::adverb ? adverb : form == Form::noun ? noun : adjective;
  }
};

// What emotions are replaced by, in each form; all of them are words of the lexicon.
const Words& words_of(const std::string& label) {
  static const std::map<std::string, Words> words = {{"happy", {"happy", "happily", "happiness"}},
                                                     {"sad", {"sad", "sadly", "sadness"}},
                                                     {"angry", {"angry", "angrily", "anger"}}};
  return words.at(label);
}

std::vector<std::string> wrong_for(const std::string& gold) {
  if (gold == "happy" || gold == "excited" || gold == "surprised") return {"sad", "angry"};
  if (gold == "neutral") return {"happy", "sad", "angry"};
  return {"happy"};
}

// The form of a lexicon's word; nothing for phrases and verbs.
std::optional<Form> form_of(std::string_view word) {
  static const std::set<std::string_view> not_adverbs = {"lonely", "jolly"};
  static const std::set<std::string_view> nouns = {
      "anger",  "fury",    "rage",    "wrath",    "joy",    "glee",    "cheer",  "delight",   "bliss",
      "fear",   "terror",  "panic",   "dread",    "fright", "worry",   "grief",  "sorrow",    "gloom",
      "misery", "despair", "disgust", "surprise", "shock",  "boredom", "apathy", "melancholy"};
  if (word.empty() || word.find(' ') != std::string_view::npos) return std::nullopt;
  if (word.ends_with("ly") && !not_adverbs.contains(word)) return Form::adverb;
  if (nouns.contains(word)) return Form::noun;
  for (const std::string_view end : {"ness", "ment", "tion", "sion", "ity"})
    if (word.ends_with(end)) return Form::noun;
  if (word.ends_with("s")) return std::nullopt;  // "cries", "laughs"
  return Form::adjective;
}

bool upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool vowel(char c) { return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos; }

// "an angry" becomes "a happy": `out` ends before the word that follows.
void mend_article(std::string& out, char next) {
  std::size_t end = out.size();
  while (end > 0 && out[end - 1] == ' ') --end;
  if (end == out.size()) return;
  const auto begins_word = [&](std::size_t at) {
    return at == 0 || !std::isalpha(static_cast<unsigned char>(out[at - 1]));
  };
  const auto is = [&](std::string_view article) {
    if (end < article.size() || !begins_word(end - article.size())) return false;
    for (std::size_t i = 0; i < article.size(); ++i)
      if (lower(out[end - article.size() + i]) != article[i]) return false;
    return true;
  };
  if (is("an") && !vowel(next)) out.erase(end - 1, 1);
  if (is("a") && vowel(next)) out.insert(end, "n");
}

// The question's one gold label of emotion, where the answer states it and whatever else is asked.
std::optional<std::string> stated_emotion(const JudgeItem& item) {
  std::optional<std::string> label;
  for (const SlotScore& s : find_slots(graded_rubric(), item)) {
    const bool emotion = s.slot.starts_with("emotion");
    if (s.finding != SlotFinding::stated && (emotion || s.finding != SlotFinding::in_question))
      return std::nullopt;
    if (!emotion) continue;
    if (label) return std::nullopt;  // two of them: one swapped is not simply wrong
    label = map_label("emotion", s.gold).label;
  }
  return label;
}

}  // namespace

std::optional<std::string> swap_emotion(const JudgeItem& item, const std::string& stream) {
  const auto gold = stated_emotion(item);
  if (!gold) return std::nullopt;
  const std::vector<std::string> wrong = wrong_for(*gold);
  Stream draw(stream + "/" + item.question->id + "/" + item.answer);
  const std::string& target = wrong[draw.below(wrong.size())];
  std::string out;
  std::size_t at = 0;
  for (const LabelMention& m : label_mentions("emotion", item.answer)) {
    if (m.label != *gold) continue;
    const std::string_view there = std::string_view(item.answer).substr(m.begin, m.end - m.begin);
    const auto form = form_of(lower(there));
    if (!form) return std::nullopt;
    std::string word(words_of(target).of(*form));
    if (upper(there.front())) word.front() = static_cast<char>(std::toupper(word.front()));
    out += item.answer.substr(at, m.begin - at);
    mend_article(out, word.front());
    out += word;
    at = m.end;
  }
  out += item.answer.substr(at);
  if (map_label("emotion", out).label != target) return std::nullopt;
  return out;
}

}  // namespace undertone
