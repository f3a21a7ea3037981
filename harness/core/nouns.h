// The nouns of the domain: plain structs that stages hand to each other, and their versioned JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

// ---- What is heard
// ------------------------------------------------------------------------------------------------

enum class AnnotationSource { gold, predicted, degraded };

// Emotion of a span of speech. Valence, arousal and dominance lie in [0, 1] and are never looked up from the
// category: a corpus without dimensional annotation has none.
struct EmotionAnnotation {
  std::string category;  // e.g. "happy"
  std::optional<double> valence, arousal, dominance;
  double start_seconds = 0, end_seconds = 0;
  std::optional<double> confidence;  // [0, 1]
  AnnotationSource source = AnnotationSource::gold;
  Json extra;  // unknown fields, kept as read
};

struct Word {
  std::string text;
  double start_seconds = 0, end_seconds = 0;
  Json extra;
};

struct Segment {  // one speaker's stretch; an utterance
  double start_seconds = 0, end_seconds = 0;
  std::string speaker;
  std::string gender;  // "male", "female" or empty where unknown
  std::string transcript;
  std::vector<Word> words;
  std::optional<EmotionAnnotation> emotion;
  std::map<std::string, std::string>
      slots;  // what is said, by role: who, event, object, time (synthetic corpora)
  Json extra;
};

// What a question is about.
struct Clip {
  std::string id;
  std::string audio;  // path relative to the corpus folder
  double duration_seconds = 0;
  std::string split;  // "train", "dev" or "test"
  std::string
      unit;  // highest unit held out: the speaker, or the fixed pair of speakers; what statistics resample
  std::vector<Segment> segments;
  Json extra;  // unknown fields, kept as read
};

// ---- What is asked
// ------------------------------------------------------------------------------------------------

// C content; CE, CG, CS content with emotion, gender, speakers; DE, DG, DS direct; R response; ASR
// transcription.
enum class QuestionType { C, CE, CG, CS, DE, DG, DS, R, ASR };
enum class Provenance {
  human,
  human_checked,
  llm,
  template_
};  // written as "human", "human-checked", "llm", "template"

struct Question {
  std::string id;
  std::string clip;  // Clip::id
  QuestionType type = QuestionType::C;
  std::string text;
  std::string reference;
  // Gold label per attribute that the reference states: "emotion", "gender", "speakers" (paralinguistic),
  // "who", "event", "object", "time" (content). A question never names a slot that it scores.
  std::map<std::string, std::string> gold;
  std::string
      pool;  // training pool: "asr", "pqa", "pqa_star", "cpqa"; test questions carry "cpqa" or "pqa" too
  std::string wording;          // id of the template wording
  bool unseen_wording = false;  // this wording appears only at test
  std::string reasoning;        // "conjunctive", "binding" or "" (direct)
  bool closed_set = false;      // the content comes from a few fixed sentences
  Provenance provenance = Provenance::template_;
  Json extra;
};

bool is_paralinguistic(std::string_view attribute);  // emotion, gender, speakers, valence, arousal, dominance

// ---- What is answered
// ---------------------------------------------------------------------------------------------

enum class AnswerStatus { answered, refusal, truncated, model_error, not_run };

struct Answer {
  AnswerStatus status = AnswerStatus::not_run;
  std::string text;           // as generated; kept for truncated ones too
  std::string finish_reason;  // "stop", "length", ...
  int tokens = 0;
  std::string detail;  // why, for model_error and not_run
};

// ---- What is judged
// -----------------------------------------------------------------------------------------------

struct Scale {
  enum class Kind { discrete_0_5, continuous_0_5, binary, percent };
  Kind kind = Kind::continuous_0_5;
  double low() const { return 0; }
  double high() const;
  bool admits(double value) const;  // on the scale: finite, within bounds, whole where the kind is discrete
  std::string_view name() const;    // "0-5", "0-5 continuous", "0/1", "0-100"
};

// A verdict is one of these types; none but Scored has a number, and nothing turns another into one.
struct Scored {
  double value = 0;
  std::string rationale;
  std::map<std::string, double> parts;  // e.g. content and paralinguistic halves
  Json extra = Json();  // what else the judge kept: distribution over ratings, cuts; null: nothing
};
struct ParseFailure {
  std::string raw;
  Json extra = Json();
};
struct Refused {
  std::string raw;
  Json extra = Json();
};
struct TruncatedReply {
  std::string raw;
  Json extra = Json();
};
struct TransportError {
  int status = 0;
  int attempts = 0;
  std::string detail;
};
struct NotJudged {
  std::string reason;
};  // written "not_run"
using Verdict = std::variant<Scored, ParseFailure, Refused, TruncatedReply, TransportError, NotJudged>;
std::string_view verdict_kind(
    const Verdict&);  // scored, parse_failure, refusal, truncated, transport_error, not_run

// ---- What is measured
// ---------------------------------------------------------------------------------------------

// One number of a report, with what it rests on. Undefined is null with a reason, never 0.
struct Estimate {
  std::string tag;             // path: "cpqa/CE/judge:rubric/mean"
  std::string system;          // "" for measures of a judge or of the recogniser
  std::string baseline;        // for differences and gains
  std::string test_condition;  // metadata at test: "absent", "gold", "predicted", or ""
  std::string judge;           // "" for metrics that need none
  std::string kind;            // "value", "difference" (points) or "relative_gain" (percent of baseline)
  std::optional<double> value, low, high;
  double level = 0.95;
  std::string method;          // of the interval, e.g. "clustered t", "cluster bootstrap percentile"
  std::string unit;            // of the value: "0-5", "%", "1"
  std::string unit_resampled;  // "speaker", "clip", ...
  std::int64_t units = 0;      // how many of them
  std::int64_t n = 0;          // items the value rests on
  std::int64_t asked = 0, scored = 0;
  int seeds = 1;
  std::optional<double> p_value;      // where the row is a test
  std::optional<double> worst, best;  // bounds with all missing at the scale's ends
  std::string reason;                 // why value or interval is null, or a caveat
  bool exploratory = true;            // false: declared in the suite before the answers existed
  bool circular = false;              // judge and metric share a resource: supports no claim
};

// ---- JSON
// ---------------------------------------------------------------------------------------------------------

std::string_view to_string(QuestionType);
std::string_view to_string(AnswerStatus);
std::string_view to_string(Provenance);
std::string_view to_string(AnnotationSource);
// Each throws Error{data} listing the known names.
QuestionType question_type_from(std::string_view);
AnswerStatus answer_status_from(std::string_view);
Provenance provenance_from(std::string_view);
AnnotationSource annotation_source_from(std::string_view);

Json to_json(const EmotionAnnotation&);
Json to_json(const Clip&);
Json to_json(const Question&);
Json to_json(const Answer&);
Json to_json(const Verdict&);
Json to_json(const Estimate&);

// Throw Error{data} with file and line. Unknown fields are kept in `extra`.
Clip clip_from_json(const Json&);
Question question_from_json(const Json&);
Answer answer_from_json(const Json&);
Verdict verdict_from_json(const Json&);
Estimate estimate_from_json(const Json&);

}  // namespace undertone
