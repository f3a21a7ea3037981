// Questions over fixed sentences: corpora of acted speech whose actors all say the same few. Their content is
// a closed set, and every question about it is marked so.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/wordings.h"

namespace undertone {

struct FixedSentence {
  std::string_view code;   // as the corpus names it: "a01"
  std::string_view gloss;  // what it means in English: the transcript that text controls are shown
};
// The ten sentences of the Berlin Database of Emotional Speech (Burkhardt et al., Interspeech 2005).
std::span<const FixedSentence> emodb_sentences();
// The code of the sentence that a clip says: slot "sentence" of its only segment. Nothing for other clips.
std::optional<std::string> sentence_of(const Clip& clip);

std::vector<QuestionForm> sentence_forms();  // C, CE, CG of every fact, with scope fixed_sentence

}  // namespace undertone
