// Verdicts that somebody's judge gave earlier, read from JSON lines and given again: published logs, human
// scores.
#pragma once

#include <memory>

#include "judges/judge.h"

namespace undertone {

// Fields: either "path" (the JSONL) with "scale", or "dataset" and "recorded": verdicts/RECORDED.SCALE.jsonl
// of that dataset (JudgeContext::verdict_files), where "scale" chooses among several, or states the one that
// the dataset does not know ("unknown_scale"). A line holds
//   {"question": id, "answer": text, "verdict": {...}}                     as the ledger writes it, or
//   {"question": id or text, "answer" or "model_prediction": text, "judge_response": raw, "rate_score": x,
//   "success": 0/1}
// as AudioBench logs it, where a failed row carries a score of 0 that is no score: success 0 becomes
// ParseFailure{raw}. Verdicts are found by question id, else question text, and answer text; a line that has
// a "reference" stands for the questions with that reference only. Where several recorded verdicts of one
// such pair differ, the first in the file stands and its rationale says how many there were. A pair without a
// record is NotJudged. The identity is that of the file's bytes and the scale. Throws Error{data} with file
// and line for a broken line or a score outside the scale, Error{suite} for verdicts that the dataset does
// not bring.
std::unique_ptr<Judge> make_replay_judge(const Json& fields, const JudgeContext& context);
void replay_judge_fields(FieldReader& reader);

}  // namespace undertone
