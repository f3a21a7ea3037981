// From a form, a clip and a place in it to a question with reference and gold labels. Everything that
// templates ask goes through render_question(), and everything that anybody generates through named_slot().
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "datasets/wordings.h"
#include "harness/core/nouns.h"

namespace undertone {

// Where in the clip a form is asked: indices into Clip::segments; -1 where the form is about the whole clip.
struct QuestionPlace {
  int utterance = -1;
  int other = -1;
};

// How to treat values that the form would rather not be asked about (an arousal in the middle, the strength
// of "neutral"). `lenient` names the nearer side: only for asking the same question of permuted emotions.
enum class Strictness { strict, lenient };

// Every place of the clip where the form may be asked.
std::vector<QuestionPlace> places_for(const QuestionForm& form, const Clip& clip);

// Nothing when the form does not apply there or a placeholder of the wording has no value (a pronoun where
// the gender is unknown). The id is CLIP-FORM-UTTERANCE(-OTHER).
std::optional<Question> render_question(const QuestionForm& form, std::size_t wording, const Clip& clip,
                                        QuestionPlace place, Strictness strictness = Strictness::strict);
// The same question (form, wording, place) asked of another annotation of its clip.
std::optional<Question> render_again(const Question& question, const Clip& clip);

// The scored attribute that the question's own words give away, or nothing. Such a question is refused,
// whoever wrote it.
std::optional<std::string> named_slot(const Question& question);

bool emotions_vary(const Clip& clip);    // every segment annotated, with at least two categories
bool has_one_emotion(const Clip& clip);  // every segment annotated, all alike
int count_speakers(const Clip& clip);    // 0 when any segment's speaker is unknown

}  // namespace undertone
