// Reads the one rating of a judge's reply. Only the reply is read, never the prompt or the answer.
#pragma once

#include <string_view>

#include "harness/core/nouns.h"

namespace undertone {

// Grammar, letters in any case (LABEL is the rubric's word, HIGH the scale's upper end):
//   reply  = blank* number blank*  |  lines of which exactly one is a rating
//   rating = blank* LABEL blank* ":" blank* number [blank* "/" blank* HIGH] ["."] blank*
//   number = one or two digits, a rating of the scale
// LABEL and a colon (or "=") anywhere else is a second rating. Gives Scored with the reply as rationale;
// ParseFailure{reply, {"why": ...}} when there is no rating or more than one, even where they agree; Refused
// when there is none and the reply begins like a refusal ("I cannot", "I'm sorry", "As an AI").
Verdict parse_rating(std::string_view reply, std::string_view label, const Scale& scale);

}  // namespace undertone
