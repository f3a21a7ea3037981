// AudioBench's published logs: real answers of speech LLMs with real verdicts of judges. One file per model,
// set and judge, "MODEL/SET_JUDGE_judge_score.json": {"JUDGE_judge": {judge_score, success_rate}, "details":
// [{question, reference, model_prediction, judge_response, rate_score, success}]}. The scores are of the
// whole set; "details" are its first rows. Format: AudioBench (Wang et al., NAACL 2025), evaluation logs.
// Our own export in this form ('undertone export audiobench') says more where AudioBench's log cannot: the
// scale of the ratings ("scale"), and of a row with success 0 what kind of failure it was ("verdict", typed),
// with a score of null in place of AudioBench's 0.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/answers.h"
#include "datasets/corpus.h"

namespace undertone {

struct RecordedRow {
  int index = 0;  // position in the file, from 0: the item's number within the set
  std::string question, reference;
  std::string answer;  // as the model gave it
  Verdict verdict;  // Scored only where the judge's reply has a legible rating that the log recorded as such
  // The score as logged: 0 where the verdict failed; none where the log says that it failed and gives no
  // number.
  std::optional<double> recorded;
  bool success = true;          // whether the log says that the verdict parsed
  Json extra = Json::object();  // unknown members, kept as read
  std::string response;         // the judge's reply
};

struct RecordedLog {
  std::string file, model, set, judge;
  std::optional<Scale> scale;                 // none: unknown, see scale_reason
  std::string scale_reason;                   // how the scale was inferred, or why it could not be
  std::optional<double> judge_score;          // of the whole set, 0..100, as published
  std::optional<double> success_rate;         // share of the whole set whose verdict parsed, as published
  std::map<std::string, double> task_scores;  // of parts of the set, 0..1, as published (MMAU's three)
  std::vector<RecordedRow> rows;
  std::vector<std::string> warnings;  // "file: row N: ..."
};

// Throws Error{data} with file and place: not such a log, a missing member, a judge other than the file's
// name says, a typed verdict that contradicts the row. `model`, `set` and `judge` come from the path. A row
// with success 0 is its typed verdict, else ParseFailure{judge_response}, although the log records a score of
// 0 for it, and so is a row whose reply has no legible rating, or another than was recorded.
RecordedLog read_audiobench_log(const std::string& path);
RecordedLog parse_audiobench_log(std::string_view text, const std::string& path);

// The number after the last "Rating" in a judge's reply ("Rating: 4", "**Rating**: [[3.5]]"), or none.
std::optional<double> legible_rating(std::string_view judge_response);

struct InferredScale {
  std::optional<Scale> scale;
  std::string reason;
};
// Which scale the ratings are on, from the ratings themselves and the score of the whole set. A rating above
// 1 decides. Where all are 0 or 1, the scale is 0/1 with judge_score = 100 x mean, or 0-5 with judge_score =
// 20 x mean and none of these rows rated above 1. The likelihood of the rows under the first is compared with
// the largest one that any distribution on 0..5 with the published mean can give them (the rows taken as a
// sample of the set); a ratio of 10 either way decides, a smaller one leaves the scale unknown.
InferredScale infer_scale(std::span<const double> ratings, std::optional<double> judge_score);

// The logs of one set as one corpus without audio (clip ""), and what each model answered and each judge
// said.
struct RecordedSet {
  Corpus corpus;  // ids "SET-0007-1a2b3c4d": index, and a hash of question and reference, which differ
                  // between logs of some sets
  struct System {
    std::string model;
    std::vector<RecordedAnswer> answers;  // one per question that this model was asked
  };
  std::vector<System> systems;  // by name
  struct Judged {
    std::string judge, model, question, answer;
    Verdict verdict;
  };
  struct Judge {
    std::string name;
    std::optional<Scale> scale;  // verdicts on different scales are never put together
    std::string scale_reason;    // of the first log
    std::vector<Judged> verdicts;
  };
  std::vector<Judge> judges;  // by name and scale
};
// Throws Error{data} for logs of different sets. Where a model's logs (of two judges) hold different answers
// to one item, the answers are kept under seed 0, 1, ... in the order of the logs, with a warning in
// corpus.warnings.
RecordedSet recorded_set(std::span<const RecordedLog> logs);

// Every log below `folder` ("MODEL/SET_..."), sorted by path; `set` "" means all sets.
std::vector<std::string> find_audiobench_logs(const std::string& folder, std::string_view set);
// These, read; throws Error{data} where there are none.
std::vector<RecordedLog> read_audiobench_logs(const std::string& folder, std::string_view set);

// The dataset kind "audiobench": fields "folder" (of the logs) and "set". Makes corpus.json, clips.jsonl
// (empty), questions.jsonl; answers/MODEL.jsonl (for systems of kind "recorded"); verdicts/JUDGE.SCALE.jsonl
// (for the replay judge).
DatasetRegistry::Entry audiobench_dataset();

}  // namespace undertone
