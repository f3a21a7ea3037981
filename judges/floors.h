// Judges that any real judge must beat: exact equality, and one that always says the same. They stand as rows
// beside the others.
#pragma once

#include <memory>

#include "judges/judge.h"

namespace undertone {

// 1 where the words of answer and reference are the same in the same order (case, punctuation and spacing
// aside), else 0; scale 0/1. A reference without words is NotJudged.
std::unique_ptr<Judge> make_exact_judge();

// Scores every answer "value" (field, 0 to 5, default 3) on 0-5 continuous, without reading it.
std::unique_ptr<Judge> make_trivial_judge(const Json& fields);

}  // namespace undertone
