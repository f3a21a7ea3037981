// Cosine of the sentence embeddings of answer and reference, mapped to 0-5. A metric-judge.
#pragma once

#include <memory>

#include "judges/judge.h"

namespace undertone {

// value = 5 x max(0, (cosine - floor) / (1 - floor)): unrelated English sentences have cosines well above 0
// or around it, depending on the encoder, so the floor is stated and is part of the identity. Throws
// Error{model} on a cosine that is not finite.
double embedding_score(double cosine, double floor);

// Fields: "floor" in [-1, 0.95], default 0. Takes context.text_encoder on first use (also for identity(),
// which holds the encoder's); both throw its Error when the encoder is missing. An empty answer scores 0; an
// empty reference is NotJudged.
std::unique_ptr<Judge> make_embedding_judge(const Json& fields, JudgeContext& context);

}  // namespace undertone
