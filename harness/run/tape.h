// The tape of a run: one JSONL with everything its tables are computed from, every verdict with its key and
// the judge's raw reply. Anyone rebuilds the tables from it offline, to the same bytes, and compares two
// tapes of a judge.
//
// Lines, in this order (keys sorted by what comes first in the run):
//   {"tape": "undertone.tape/1", "report": {...}, "settings": {...}}        what the report says besides, how
//   it is computed
//   {"item": {"question", "clip" | null, "metadata_gold", "metadata_predicted"}}          one a question
//   {"verdict": KEY, "judge": NAME, "identity", "question": ID, "answer": TEXT, "replicate": K, "heard":
//   SHA-256 of the audio where the judge heard it, "outcome": {...}, "about"}
//   {"answer": {...}, "system", "condition", "seed", "question": ID, "verdicts": {NAME: KEY | {"kind":
//   "not_run", ...}}}
//   {"end": SHA-256 of all lines before}
// Audio is not in it, nor is what a page plays.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/report_data.h"
#include "harness/store/store.h"
#include "metrics/judge_drift.h"

namespace undertone {

struct TapeVerdict {
  std::string key, judge, identity;
  std::string question, answer;  // Question::id; the text that was judged
  int replicate = 0;
  Verdict outcome;
  Json about = Json::object();
  std::string heard = {};  // SHA-256 of the audio, where the judge heard it
};

struct Tape {
  std::unique_ptr<ReportInputs> inputs;
  std::vector<TapeVerdict> verdicts;  // by judge, question, answer, replicate
};

// Of a run's answers whose stages are done, with every replicate that the ledger holds.
Tape make_tape(const Pipeline& pipeline, const Execution& execution, Store& store);
std::string write_tape(const Tape& tape);

// Throws Error{data} at file:line for a line that is broken or out of order, a key that is not that of its
// verdict's judge, question, clip and answer, an answer that names a verdict or question that is not there,
// and a tape without its end or whose end says something else.
Tape read_tape(const std::string& path);
// Whether the file's first line says that it is a tape; false where there is no such file.
bool is_tape(const std::string& path);
Tape parse_tape(std::string_view text, const std::string& file);

// Of the inputs of a tape, in the header line.
Json inputs_header(const ReportInputs& inputs);
void read_inputs_header(const Json& header, ReportInputs& inputs);

// Into the ledger, so that a run that asks the same judge the same buys nothing again. Returns how many were
// new.
std::int64_t import_verdicts(const Tape& tape, Store& store);

// ---- How a judge drifted: verdicts of two tapes on the same question, reference, gold labels, clip and
// answer.

struct JudgeDrift : DriftResult {  // clusters are questions
  std::string first, second;       // names of the judges
  std::string first_identity, second_identity;
  std::vector<std::string> first_models, second_models;  // as servers named themselves, where recorded
  std::int64_t first_verdicts = 0, second_verdicts = 0;  // replicate 0
  OwnNoise noise;                                        // of its replicates, over both tapes
  struct Change {
    std::string question, answer;
    double first = 0, second = 0;
  };
  std::vector<Change> largest;  // up to ten
};
// Judges of one name in both tapes; or of the two names given. Throws Error{usage} naming the judges there
// are.
std::vector<JudgeDrift> tape_diff(const Tape& first, const Tape& second, const std::string& first_judge = "",
                                  const std::string& second_judge = "");
// What both tapes let a judge read, and the judge's own noise on both; empty where one has no such judge.
std::vector<TwiceJudged> judged_by_both(const Tape& first, const Tape& second, const std::string& judge,
                                        OwnNoise& noise);
Json to_json(const JudgeDrift& drift);
std::string to_text(const JudgeDrift& drift);

}  // namespace undertone
