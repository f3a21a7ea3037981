#include "datasets/questions_emodb.h"

#include <filesystem>
#include <regex>

#include "datasets/wordings_sentences.h"

namespace undertone {

void enter_emodb_sentence(Clip& clip) {
  static const std::regex named("[0-9]{2}([ab][0-9]{2})[A-Z][a-z]?");
  if (clip.segments.size() != 1) return;
  for (const std::string& name : {clip.id, std::filesystem::path(clip.audio).stem().string()}) {
    std::smatch match;
    if (!std::regex_match(name, match, named)) continue;
    for (const FixedSentence& sentence : emodb_sentences())
      if (sentence.code == match[1].str()) {
        clip.segments.front().slots["sentence"] = match[1].str();
        clip.segments.front().transcript = std::string(sentence.gloss);
        return;
      }
  }
}

std::map<std::string, std::map<std::string, int>> emodb_question_counts() {
  return {{"train", {{"pqa", 3}, {"pqa_star", 2}, {"cpqa", 4}}},
          {"dev", {{"pqa", 1}, {"cpqa", 2}}},
          {"test", {{"pqa", 2}, {"cpqa", 3}}}};
}

FilteredQuestions emodb_questions(const std::vector<Clip>& clips,
                                  const std::map<std::string, std::map<std::string, int>>& per_clip,
                                  const std::string& stream_name) {
  FilteredQuestions all;
  for (const auto& [split, counts] : per_clip) {
    std::vector<Clip> mine;
    for (const Clip& clip : clips)
      if (clip.split == split) mine.push_back(clip);
    FilteredQuestions made =
        generate_questions(mine, *make_template_generator(template_options_for(split, counts)), stream_name);
    for (Question& question : made.kept) all.kept.push_back(std::move(question));
    for (DroppedQuestion& dropped : made.dropped) all.dropped.push_back(std::move(dropped));
  }
  return all;
}

}  // namespace undertone
