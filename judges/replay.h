// Verdicts that somebody's judge gave earlier, read from a JSONL file and given again: published logs, human
// scores.
#pragma once

#include <memory>
#include <string>

#include "judges/judge.h"

namespace undertone {

Scale scale_from_name(
    std::string_view name);  // discrete_0_5, continuous_0_5, binary, percent; throws Error{suite}

// Fields: "path" (the JSONL; relative to the working folder), "scale". A line holds
//   {"question": id, "answer": text, "verdict": {...}}                     as the ledger writes it, or
//   {"question": id or text, "answer" or "model_prediction": text, "judge_response": raw, "rate_score": x,
//   "success": 0/1}
// as AudioBench logs it, where a failed row carries a score of 0 that is no score: success 0 becomes
// ParseFailure{raw}. Verdicts are found by (question id or question text, answer text). Where several
// recorded verdicts of one such pair differ, the first in the file stands and its rationale says how many
// there were. A pair without a record is NotJudged. Throws Error{data} with file and line for a broken line,
// or a score outside the scale.
std::unique_ptr<Judge> make_replay_judge(const Json& fields);

}  // namespace undertone
