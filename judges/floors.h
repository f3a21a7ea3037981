// Judges that any real judge must beat: exact equality, and ones that always say the same, count words or
// draw lots. They stand as rows beside the others.
#pragma once

#include <memory>

#include "judges/judge.h"

namespace undertone {

// 1 where the words of answer and reference are the same in the same order (case, punctuation and spacing
// aside), else 0; scale 0/1. A reference without words is NotJudged.
std::unique_ptr<Judge> make_exact_judge();

// On 0-5 continuous, by the field "rule":
//   "always"   (default) the field "value" (0 to 5, default 3), without reading
//   "longest"  5 n / (n + 20) for n words: only the order matters, and it is that of the lengths
//   "overlap"  5 F1 of the words of answer and reference (as bags; SQuAD's F1 without its articles); a
//   reference without
//              words is NotJudged
//   "random"   uniform, drawn from the stream named by "seed" (field, 0), question and answer
std::unique_ptr<Judge> make_trivial_judge(const Json& fields);

}  // namespace undertone
