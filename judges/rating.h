// Reads the one rating of a judge's reply. Only the reply is read, never the prompt or the answer.
#pragma once

#include <optional>
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

// The same for a reply that was asked for as a JSON object: its member named LABEL (letters in any case) is
// the rating, a whole number, and stands once; other members may be texts only. A text around the object,
// NaN, a fraction or a number in quotes is a ParseFailure.
Verdict parse_rating_object(std::string_view reply, std::string_view label, const Scale& scale);

// A reply without the reasoning that a model wrote before it ("<think> ... </think>" at the beginning);
// nothing where the reasoning does not end, so that no rating is read out of it.
std::optional<std::string_view> without_reasoning(std::string_view reply);

}  // namespace undertone
