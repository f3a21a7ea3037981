// The JSON of the nouns: written in one fixed order, read strictly, with places.
#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "harness/core/error.h"
#include "harness/core/nouns.h"

namespace undertone {
namespace {

[[noreturn]] void bad(const Json& at, const std::string& what, const std::string& mend = {}) {
  throw Error(ErrorKind::data, what, at.place().str(), mend);
}

void need_object(const Json& v, std::string_view what) {
  if (!v.is_object()) bad(v, fmt::format("{} must be an object, but is {}", what, v.type_name()));
}

// An enum's name, so that a wrong one is reported at its own place.
template <class Parse>
auto named_at(const Json& v, Parse parse) {
  try {
    return parse(v.as_string());
  } catch (const Error& e) {
    if (!e.place().empty()) throw;
    throw Error(e.kind(), e.what_happened(), v.place().str(), e.mend());
  }
}

std::string required_text(const Json& v, std::string_view key, bool may_be_empty = false) {
  const Json& member = v.at(key);
  if (!may_be_empty && member.as_string().empty()) bad(member, fmt::format("\"{}\" is empty", key));
  return member.as_string();
}

// A member that must not be negative; absent: 0.
double seconds(const Json& v, std::string_view key) {
  const Json* m = v.find(key);
  if (!m) return 0;
  if (m->as_double() < 0) bad(*m, fmt::format("\"{}\" is negative", key));
  return m->as_double();
}

void span(const Json& v, double& start, double& end) {
  start = seconds(v, "start_seconds");
  end = seconds(v, "end_seconds");
  if (end < start) bad(v, fmt::format("ends at {} s, before it starts at {} s", end, start));
}

std::optional<double> fraction(const Json& v, std::string_view key) {
  const Json* m = v.find(key);
  if (!m || m->is_null()) return std::nullopt;
  const double x = m->as_double();
  if (!(x >= 0 && x <= 1)) bad(*m, fmt::format("\"{}\" is {}, outside [0, 1]", key, x));
  return x;
}

std::map<std::string, std::string> text_map(const Json& v, std::string_view key) {
  std::map<std::string, std::string> out;
  if (const Json* m = v.find(key))
    for (const auto& [name, value] : m->members()) out[name] = value.as_string();
  return out;
}

template <std::size_t N>
Json unknown_fields(const Json& v, const std::array<std::string_view, N>& known) {
  Json extra;
  for (const auto& [key, value] : v.members())
    if (std::find(known.begin(), known.end(), key) == known.end()) extra[key] = value;
  return extra;
}

// ---- Writing ----

void put_text(Json& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = Json(text);
}
void put_number(Json& out, std::string_view key, std::optional<double> v) {
  if (v) out[key] = Json(*v);
}
void put_map(Json& out, std::string_view key, const std::map<std::string, std::string>& m) {
  if (m.empty()) return;
  Json values = Json::object();
  for (const auto& [name, value] : m) values[name] = Json(value);
  out[key] = std::move(values);
}
void put_extra(Json& out, const Json& extra) {
  if (!extra.is_object()) return;
  for (const auto& [key, value] : extra.members())
    if (!out.find(key)) out[key] = value;
}
Json number_or_null(std::optional<double> v) { return v ? Json(*v) : Json(); }

constexpr std::array<std::string_view, 8> kEmotionKeys{
    "category", "valence", "arousal", "dominance", "start_seconds", "end_seconds", "confidence", "source"};
constexpr std::array<std::string_view, 3> kWordKeys{"text", "start_seconds", "end_seconds"};
constexpr std::array<std::string_view, 8> kSegmentKeys{"start_seconds", "end_seconds", "speaker", "gender",
                                                       "transcript",    "words",       "emotion", "slots"};
constexpr std::array<std::string_view, 6> kClipKeys{"id",    "audio", "duration_seconds",
                                                    "split", "unit",  "segments"};
constexpr std::array<std::string_view, 12> kQuestionKeys{
    "id",   "clip",    "type",           "text",      "reference",  "gold",
    "pool", "wording", "unseen_wording", "reasoning", "closed_set", "provenance"};

Json to_json(const Word& w) {
  Json out = Json::object();
  out["text"] = Json(w.text);
  out["start_seconds"] = Json(w.start_seconds);
  out["end_seconds"] = Json(w.end_seconds);
  put_extra(out, w.extra);
  return out;
}

Json to_json(const Segment& s) {
  Json out = Json::object();
  out["start_seconds"] = Json(s.start_seconds);
  out["end_seconds"] = Json(s.end_seconds);
  put_text(out, "speaker", s.speaker);
  put_text(out, "gender", s.gender);
  put_text(out, "transcript", s.transcript);
  if (!s.words.empty()) {
    Json words = Json::array();
    for (const Word& w : s.words) words.push_back(to_json(w));
    out["words"] = std::move(words);
  }
  if (s.emotion) out["emotion"] = undertone::to_json(*s.emotion);
  put_map(out, "slots", s.slots);
  put_extra(out, s.extra);
  return out;
}

Word word_from_json(const Json& v) {
  need_object(v, "a word");
  Word w;
  w.text = v.at("text").as_string();
  span(v, w.start_seconds, w.end_seconds);
  w.extra = unknown_fields(v, kWordKeys);
  return w;
}

EmotionAnnotation emotion_from_json(const Json& v) {
  need_object(v, "an emotion");
  EmotionAnnotation e;
  e.category = v.get("category", "");
  e.valence = fraction(v, "valence");
  e.arousal = fraction(v, "arousal");
  e.dominance = fraction(v, "dominance");
  span(v, e.start_seconds, e.end_seconds);
  e.confidence = fraction(v, "confidence");
  if (const Json* s = v.find("source")) e.source = named_at(*s, annotation_source_from);
  e.extra = unknown_fields(v, kEmotionKeys);
  return e;
}

Segment segment_from_json(const Json& v) {
  need_object(v, "a segment");
  Segment s;
  span(v, s.start_seconds, s.end_seconds);
  s.speaker = v.get("speaker", "");
  s.gender = v.get("gender", "");
  s.transcript = v.get("transcript", "");
  if (const Json* words = v.find("words"))
    for (const Json& w : words->elements()) s.words.push_back(word_from_json(w));
  if (const Json* e = v.find("emotion"); e && !e->is_null()) s.emotion = emotion_from_json(*e);
  s.slots = text_map(v, "slots");
  s.extra = unknown_fields(v, kSegmentKeys);
  return s;
}

}  // namespace

Json to_json(const EmotionAnnotation& e) {
  Json out = Json::object();
  put_text(out, "category", e.category);
  put_number(out, "valence", e.valence);
  put_number(out, "arousal", e.arousal);
  put_number(out, "dominance", e.dominance);
  out["start_seconds"] = Json(e.start_seconds);
  out["end_seconds"] = Json(e.end_seconds);
  put_number(out, "confidence", e.confidence);
  out["source"] = Json(to_string(e.source));
  put_extra(out, e.extra);
  return out;
}

Json to_json(const Clip& c) {
  Json out = Json::object();
  out["id"] = Json(c.id);
  put_text(out, "audio", c.audio);
  out["duration_seconds"] = Json(c.duration_seconds);
  put_text(out, "split", c.split);
  put_text(out, "unit", c.unit);
  Json segments = Json::array();
  for (const Segment& s : c.segments) segments.push_back(to_json(s));
  out["segments"] = std::move(segments);
  put_extra(out, c.extra);
  return out;
}

Json to_json(const Question& q) {
  Json out = Json::object();
  out["id"] = Json(q.id);
  put_text(out, "clip", q.clip);
  out["type"] = Json(to_string(q.type));
  out["text"] = Json(q.text);
  put_text(out, "reference", q.reference);
  put_map(out, "gold", q.gold);
  put_text(out, "pool", q.pool);
  put_text(out, "wording", q.wording);
  if (q.unseen_wording) out["unseen_wording"] = Json(true);
  put_text(out, "reasoning", q.reasoning);
  if (q.closed_set) out["closed_set"] = Json(true);
  out["provenance"] = Json(to_string(q.provenance));
  put_extra(out, q.extra);
  return out;
}

Json to_json(const Answer& a) {
  Json out = Json::object();
  out["status"] = Json(to_string(a.status));
  if (!a.text.empty() || a.status == AnswerStatus::answered) out["text"] = Json(a.text);
  put_text(out, "finish_reason", a.finish_reason);
  if (a.tokens != 0) out["tokens"] = Json(a.tokens);
  put_text(out, "detail", a.detail);
  return out;
}

Json to_json(const Verdict& verdict) {
  Json out = Json::object();
  out["kind"] = Json(verdict_kind(verdict));
  struct Write {
    Json& out;
    void operator()(const Scored& v) const {
      out["value"] = Json(v.value);
      out["rationale"] = Json(v.rationale);
      Json parts = Json::object();
      for (const auto& [name, part] : v.parts) parts[name] = Json(part);
      out["parts"] = std::move(parts);
      keep(v.extra);
    }
    void operator()(const ParseFailure& v) const { reply(v.raw, v.extra); }
    void operator()(const Refused& v) const { reply(v.raw, v.extra); }
    void operator()(const TruncatedReply& v) const { reply(v.raw, v.extra); }
    void reply(const std::string& raw, const Json& extra) const {
      out["raw"] = Json(raw);
      keep(extra);
    }
    void keep(const Json& extra) const {
      if (!extra.is_null()) out["extra"] = extra;
    }
    void operator()(const TransportError& v) const {
      out["status"] = Json(v.status);
      out["attempts"] = Json(v.attempts);
      out["detail"] = Json(v.detail);
    }
    void operator()(const NotJudged& v) const { out["reason"] = Json(v.reason); }
  };
  std::visit(Write{out}, verdict);
  return out;
}

Json to_json(const Estimate& e) {
  Json out = Json::object();
  out["tag"] = Json(e.tag);
  out["system"] = Json(e.system);
  out["baseline"] = Json(e.baseline);
  out["test_condition"] = Json(e.test_condition);
  out["judge"] = Json(e.judge);
  out["kind"] = Json(e.kind);
  out["value"] = number_or_null(e.value);
  out["low"] = number_or_null(e.low);
  out["high"] = number_or_null(e.high);
  out["level"] = Json(e.level);
  out["method"] = Json(e.method);
  out["unit"] = Json(e.unit);
  out["unit_resampled"] = Json(e.unit_resampled);
  out["units"] = Json(e.units);
  out["n"] = Json(e.n);
  out["asked"] = Json(e.asked);
  out["scored"] = Json(e.scored);
  out["seeds"] = Json(e.seeds);
  out["p_value"] = number_or_null(e.p_value);
  out["worst"] = number_or_null(e.worst);
  out["best"] = number_or_null(e.best);
  out["reason"] = Json(e.reason);
  out["exploratory"] = Json(e.exploratory);
  out["circular"] = Json(e.circular);
  return out;
}

Clip clip_from_json(const Json& v) {
  need_object(v, "a clip");
  Clip c;
  c.id = required_text(v, "id");
  c.audio = v.get("audio", "");
  c.duration_seconds = seconds(v, "duration_seconds");
  c.split = v.get("split", "");
  c.unit = v.get("unit", "");
  if (const Json* segments = v.find("segments"))
    for (const Json& s : segments->elements()) c.segments.push_back(segment_from_json(s));
  c.extra = unknown_fields(v, kClipKeys);
  return c;
}

Question question_from_json(const Json& v) {
  need_object(v, "a question");
  Question q;
  q.id = required_text(v, "id");
  q.clip = v.get("clip", "");
  q.type = named_at(v.at("type"), question_type_from);
  q.text = required_text(v, "text", true);  // a transcription asks nothing
  q.reference = v.get("reference", "");
  q.gold = text_map(v, "gold");
  q.pool = v.get("pool", "");
  q.wording = v.get("wording", "");
  q.unseen_wording = v.get("unseen_wording", false);
  q.reasoning = v.get("reasoning", "");
  q.closed_set = v.get("closed_set", false);
  // Absent: the weakest claim, so that nothing is headed "human-annotated" by default.
  if (const Json* p = v.find("provenance")) q.provenance = named_at(*p, provenance_from);
  q.extra = unknown_fields(v, kQuestionKeys);
  return q;
}

Answer answer_from_json(const Json& v) {
  need_object(v, "an answer");
  Answer a;
  a.status = named_at(v.at("status"), answer_status_from);
  a.text = v.get("text", "");
  a.finish_reason = v.get("finish_reason", "");
  a.tokens = static_cast<int>(v.get("tokens", 0));
  a.detail = v.get("detail", "");
  return a;
}

Verdict verdict_from_json(const Json& v) {
  need_object(v, "a verdict");
  const Json& kind_value = v.at("kind");
  const std::string& kind = kind_value.as_string();
  const Json* kept = v.find("extra");
  const Json extra = kept ? *kept : Json();
  if (kind == "scored") {
    Scored s;
    s.value = v.at("value").as_double();
    s.rationale = v.get("rationale", "");
    if (const Json* parts = v.find("parts"))
      for (const auto& [name, part] : parts->members()) s.parts[name] = part.as_double();
    s.extra = extra;
    return s;
  }
  if (kind == "parse_failure") return ParseFailure{v.get("raw", ""), extra};
  if (kind == "refusal") return Refused{v.get("raw", ""), extra};
  if (kind == "truncated") return TruncatedReply{v.get("raw", ""), extra};
  if (kind == "transport_error")
    return TransportError{static_cast<int>(v.get("status", 0)), static_cast<int>(v.get("attempts", 0)),
                          v.get("detail", "")};
  if (kind == "not_run") return NotJudged{v.get("reason", "")};
  bad(kind_value, fmt::format("unknown verdict kind \"{}\"", kind),
      "use one of: scored, parse_failure, refusal, truncated, transport_error, not_run");
}

Estimate estimate_from_json(const Json& v) {
  need_object(v, "an estimate");
  const auto number = [&](std::string_view key) -> std::optional<double> {
    const Json* m = v.find(key);
    if (!m || m->is_null()) return std::nullopt;
    return m->as_double();
  };
  Estimate e;
  e.tag = required_text(v, "tag");
  e.system = v.get("system", "");
  e.baseline = v.get("baseline", "");
  e.test_condition = v.get("test_condition", "");
  e.judge = v.get("judge", "");
  e.kind = v.get("kind", "");
  e.value = number("value");
  e.low = number("low");
  e.high = number("high");
  e.level = v.get("level", e.level);
  e.method = v.get("method", "");
  e.unit = v.get("unit", "");
  e.unit_resampled = v.get("unit_resampled", "");
  e.units = v.get("units", 0);
  e.n = v.get("n", 0);
  e.asked = v.get("asked", 0);
  e.scored = v.get("scored", 0);
  e.seeds = static_cast<int>(v.get("seeds", e.seeds));
  e.p_value = number("p_value");
  e.worst = number("worst");
  e.best = number("best");
  e.reason = v.get("reason", "");
  e.exploratory = v.get("exploratory", e.exploratory);
  e.circular = v.get("circular", e.circular);
  return e;
}

}  // namespace undertone
