// The paper's keyword post-filter for generated questions (Wang et al. 2025, section on data): it removes
// repeated "why does the speaker feel" questions and questions that assume a visible transcript. The keywords
// are ours; the paper does not list its own.
#pragma once

#include <string>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

struct DroppedQuestion {
  std::string id;
  std::string rule;  // "names a scored slot: ATTRIBUTE", "assumes a visible transcript", "repeated why-feel"
  std::string text;
};
Json to_json(const DroppedQuestion& dropped);

struct FilteredQuestions {
  std::vector<Question> kept;  // in the order given
  std::vector<DroppedQuestion> dropped;
};
// "Repeated": every why-feel question of a clip after its first. Questions that name a slot scored in their
// reference are refused here too, so that no generator can let one through.
FilteredQuestions filter_questions(std::vector<Question> questions);

}  // namespace undertone
