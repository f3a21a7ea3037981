#include "datasets/postfilter.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "datasets/questions_render.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {

constexpr std::array<std::string_view, 11> kVisibleTranscript = {
    "transcript", "transcripts", "transcription", "transcribed", "text",    "texts",
    "written",    "subtitle",    "subtitles",     "caption",     "captions"};
constexpr std::array<std::string_view, 8> kFeel = {"feel",  "feels",  "feeling", "felt",
                                                   "sound", "sounds", "emotion", "mood"};

template <std::size_t N>
bool any_of_words(const std::vector<std::string>& words, const std::array<std::string_view, N>& keywords) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
  });
}

bool asks_why_one_feels(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "why") != words.end() && any_of_words(words, kFeel);
}

}  // namespace

Json to_json(const DroppedQuestion& dropped) {
  Json json = Json::object();
  json["id"] = dropped.id;
  json["rule"] = dropped.rule;
  json["text"] = dropped.text;
  return json;
}

FilteredQuestions filter_questions(std::vector<Question> questions) {
  FilteredQuestions result;
  std::set<std::string> why_asked;  // clips
  for (Question& question : questions) {
    const std::vector<std::string> words = word_tokens(question.text);
    std::string rule;
    if (const auto slot = named_slot(question))
      rule = "names a scored slot: " + *slot;
    else if (any_of_words(words, kVisibleTranscript))
      rule = "assumes a visible transcript";
    else if (asks_why_one_feels(words) && !why_asked.insert(question.clip).second)
      rule = "repeated why-feel";
    if (rule.empty())
      result.kept.push_back(std::move(question));
    else
      result.dropped.push_back({question.id, std::move(rule), question.text});
  }
  return result;
}

}  // namespace undertone
