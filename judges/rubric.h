// The deterministic rubric: for each gold slot that the question does not name, does the answer state it,
// contradict it, pass over it, or hedge? A content half (who, event, object, time, ...) and a paralinguistic
// half (emotion, gender, speakers, ...), 0 to 5. A metric-judge: it reads no meaning beyond words and the
// lexicon of harness/text/label_mapping.h.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "judges/judge.h"

namespace undertone {

enum class SlotFinding { stated, silent, hedged, contradicted, in_question };
std::string_view to_string(SlotFinding);

struct Rubric {
  std::string name;
  std::int64_t version = 0;
  std::map<SlotFinding, double> worth;  // of stated, silent, hedged, contradicted; in [-1, 1]
  double content_weight = 0.5, paralinguistic_weight = 0.5;
  double free_words = 12, length_factor = 3, length_cost = 0.2, length_most = 0.6;
  std::set<std::string> empty_stems;  // stems of function and frame words
  std::string digest;                 // SHA-256 of the rubric's canonical JSON
};

// Throws Error{data} naming the place of a missing or impossible value.
Rubric rubric_from_json(const Json& rubric);
const Rubric& graded_rubric();  // rubrics/graded.json, compiled in

struct SlotScore {
  std::string slot, gold;
  bool paralinguistic = false;
  SlotFinding finding = SlotFinding::silent;
  std::string why;  // the words that decided
};

// What the answer says about every gold slot, in the order of Question::gold. `values` may give further
// values per slot (the corpus's fillers): naming one of them instead of the gold is a contradiction.
std::vector<SlotScore> find_slots(const Rubric& rubric, const JudgeItem& item,
                                  const std::map<std::string, std::vector<std::string>>& values = {});

// Scored in [0, 5] with parts "content" and "paralinguistic" (each 0 to 5, only those that the question has).
// Where no slot can be scored (recorded answers without gold labels, nor a label in the reference that the
// question asks for) it falls back to the overlap of content words with the reference, part "content", and
// says so in the rationale. An empty answer scores 0. With neither slots nor a reference: NotJudged.
Verdict judge_by_rubric(const Rubric& rubric, const JudgeItem& item,
                        const std::map<std::string, std::vector<std::string>>& values = {});

std::unique_ptr<Judge> make_rubric_judge(const Json& fields);  // fields: "values"

}  // namespace undertone
