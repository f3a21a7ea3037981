// Another emotion in an answer's place for one: what asks whether a judge reads the paralinguistic half.
#pragma once

#include <optional>
#include <string>

#include "judges/judge.h"

namespace undertone {

// The answer with its emotion word replaced by one of a clearly wrong emotion, in the same form ("sadly"
// becomes "happily") and with the article that it needs; all else stays. Only of an answer that is right
// before: the question has one gold label of emotion and does not name it, the answer states it, and every
// other gold slot is stated too (find_slots of judges/rubric.h). Wrong is what nobody calls near: happy for
// what is unpleasant, sad or angry for what is pleasant or a surprise, one of the three for neutral, drawn
// from the stream "STREAM/QUESTION-ID/ANSWER". Nothing where the emotion stands in a form that has no
// counterpart ("in tears", "cries"), or where what comes out would not be read as the wrong label.
std::optional<std::string> swap_emotion(const JudgeItem& item, const std::string& stream);

}  // namespace undertone
