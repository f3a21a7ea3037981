// The Berlin Database of Emotional Speech (Burkhardt et al., Interspeech 2005): ten actors speak ten German
// sentences. The file name tells all: 03a01Wa is speaker 03, sentence a01, emotion W (Wut), take a.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/corpus.h"
#include "datasets/questions_emodb.h"

namespace undertone {

struct EmodbName {
  std::string speaker;  // "03"
  std::string gender;   // "male" or "female"
  int age = 0;
  std::string sentence;  // "a01"
  std::string emotion;   // "angry"
  std::string take;      // "a"
};
// From a file name without folder and ending. Throws Error{data} for another pattern, speaker, sentence or
// emotion.
EmodbName parse_emodb_name(std::string_view stem);

// What the actors said, in German; the English meaning is the gloss of wordings_sentences.h. "" for an
// unknown code.
std::string_view emodb_german(std::string_view sentence);

// Ratings of 20 listeners, per recording, in [0, 1].
struct EmodbRating {
  double recognised = 0;  // share who named the intended emotion
  double natural = 0;     // share who found it natural
};
// Reads erkennung.txt: Latin-1, tabs, decimal commas, non-breaking spaces. By file stem. Throws Error{data}
// with the line.
std::map<std::string, EmodbRating> parse_emodb_ratings(std::string_view text, const std::string& file);

struct EmodbSettings {
  std::string root;
  int fold = 1;  // 1 or 2: whose speakers are the test speakers
  std::map<std::string, std::map<std::string, int>> questions =
      emodb_question_counts();  // split, pool: per clip, at most
};
// Every second speaker (in the order of their numbers) is tested in fold 1, the others in fold 2: five and
// five.
bool tested_in_fold(std::string_view speaker, int fold);

// One clip per recording below `root` (Emotion/NAME.wav or any other folders), without audio or duration yet:
// `audio` is the path below root. Emotions without a label in our lexicon are left out with a warning. Clips
// carry the English meaning as transcript, the German in extra, the recognition rate as confidence of the
// emotion, no valence, arousal or dominance.
Corpus list_emodb(const EmodbSettings& settings);

// The kind "emodb". Its audio becomes 16 kHz WAV inside the corpus; content questions are marked closed_set.
DatasetRegistry::Entry emodb_dataset();

}  // namespace undertone
