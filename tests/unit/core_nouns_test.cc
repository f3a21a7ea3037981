#include "harness/core/nouns.h"

#include <gtest/gtest.h>
#include <limits>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr const char* kClip =
    R"({"id":"c1","audio":"a/c1.wav","duration_seconds":3.5,"split":"test","unit":"m1+f1","segments":[)"
    R"({"start_seconds":0.0,"end_seconds":1.5,"speaker":"m1","gender":"male","transcript":"it is raining",)"
    R"("words":[{"text":"it","start_seconds":0.0,"end_seconds":0.2,"phones":2}],)"
    R"("emotion":{"category":"sad","valence":0.1,"start_seconds":0.0,"end_seconds":1.5,"confidence":0.9,"source":"gold","rater":"r7"},)"
    R"("slots":{"who":"she"},"channel":1},{"start_seconds":1.5,"end_seconds":3.5}],"dialect":"north"})";

Error clip_error(const std::string& text) {
  try {
    clip_from_json(parse_json(text, "clips.jsonl"));
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "accepted: " << text;
  return Error(ErrorKind::internal, "accepted");
}

TEST(Clip, ReadsAndWritesBackByteForByteWithUnknownFields) {
  const Clip c = clip_from_json(parse_json(kClip, "f"));
  EXPECT_EQ(c.unit, "m1+f1");
  ASSERT_EQ(c.segments.size(), 2U);
  EXPECT_EQ(c.segments[0].words[0].text, "it");
  ASSERT_TRUE(c.segments[0].emotion);
  EXPECT_EQ(c.segments[0].emotion->valence, 0.1);
  EXPECT_FALSE(c.segments[0].emotion->arousal) << "never looked up from the category";
  EXPECT_EQ(c.segments[0].slots.at("who"), "she");
  EXPECT_FALSE(c.segments[1].emotion);
  EXPECT_EQ(c.extra.dump(), R"({"dialect":"north"})");
  EXPECT_EQ(to_json(c).dump(), kClip);
}

TEST(Clip, WhatIsWrongIsNamedAtItsPlace) {
  EXPECT_EQ(clip_error("{}").what_happened(), "the key \"id\" is missing");
  EXPECT_EQ(clip_error(R"({"id": ""})").what_happened(), "\"id\" is empty");
  EXPECT_EQ(clip_error("[]").what_happened(), "a clip must be an object, but is an array");
  EXPECT_EQ(clip_error(R"({"id": "c", "duration_seconds": -1})").what_happened(),
            "\"duration_seconds\" is negative");
  const Error e = clip_error(
      "{\"id\": \"c\", \"segments\": [{\"emotion\":\n {\"category\": \"sad\", \"valence\": 1.5}}]}");
  EXPECT_EQ(e.what_happened(), "\"valence\" is 1.5, outside [0, 1]");
  EXPECT_TRUE(e.place().starts_with("clips.jsonl:2:")) << e.place();
  EXPECT_EQ(
      clip_error(R"({"id": "c", "segments": [{"start_seconds": 2, "end_seconds": 1}]})").what_happened(),
      "ends at 1 s, before it starts at 2 s");
  const Error source = clip_error(R"({"id": "c", "segments": [{"emotion": {"source": "godl"}}]})");
  EXPECT_EQ(source.what_happened(), "unknown annotation source \"godl\"");
  EXPECT_EQ(source.mend(), "use one of: gold, predicted, degraded (did you mean 'gold'?)");
  EXPECT_TRUE(source.place().starts_with("clips.jsonl:1:"));
}

TEST(Question, ReadsAndWritesBack) {
  const char* text =
      R"({"id":"q","clip":"c","type":"CE","text":"how does she feel about the house?","reference":"she is sad","gold":{"emotion":"sad"},)"
      R"("pool":"cpqa","wording":"ce-7","unseen_wording":true,"reasoning":"binding","closed_set":true,"provenance":"human-checked","by":"x"})";
  const Question q = question_from_json(parse_json(text, "f"));
  EXPECT_EQ(q.type, QuestionType::CE);
  EXPECT_EQ(q.provenance, Provenance::human_checked);
  EXPECT_EQ(to_json(q).dump(), text);
  EXPECT_EQ(to_json(question_from_json(parse_json(R"({"id":"q","type":"C","text":"t"})", "f"))).dump(),
            R"({"id":"q","type":"C","text":"t","provenance":"template"})");
}

TEST(Question, UnknownTypeListsTheKnown) {
  try {
    question_from_json(parse_json(R"({"id": "q", "type": "CX", "text": ""})", "q.jsonl"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.place(), "q.jsonl:1:21");
    EXPECT_NE(e.mend().find("C, CE, CG, CS, DE, DG, DS, R, ASR"), std::string::npos);
  }
}

TEST(Names, EveryEnumReadsBack) {
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(question_type_from(to_string(static_cast<QuestionType>(i))), static_cast<QuestionType>(i));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(answer_status_from(to_string(static_cast<AnswerStatus>(i))), static_cast<AnswerStatus>(i));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(provenance_from(to_string(static_cast<Provenance>(i))), static_cast<Provenance>(i));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(annotation_source_from(to_string(static_cast<AnnotationSource>(i))),
              static_cast<AnnotationSource>(i));
  EXPECT_EQ(to_string(Provenance::template_), "template");
  EXPECT_THROW(answer_status_from("Answered"), Error);
}

TEST(Answer, RoundTrip) {
  const Answer a{AnswerStatus::model_error, "", "", 0, "out of memory"};
  EXPECT_EQ(to_json(a).dump(), R"({"status":"model_error","detail":"out of memory"})");
  EXPECT_EQ(to_json(answer_from_json(to_json(a))), to_json(a));
  EXPECT_EQ(to_json(Answer{AnswerStatus::answered, "", "stop", 1, ""}).dump(),
            R"({"status":"answered","text":"","finish_reason":"stop","tokens":1})");
  EXPECT_THROW(answer_from_json(parse_json("{}", "f")), Error);
}

TEST(Verdict, EveryKindRoundTripsAndOnlyScoredHasANumber) {
  const std::vector<Verdict> all{Scored{3.5, "why", {{"content", 2}, {"paralinguistic", 1.5}}},
                                 ParseFailure{"4?"},
                                 Refused{"no"},
                                 TruncatedReply{"the sc"},
                                 TransportError{503, 4, "busy"},
                                 NotJudged{"not answered"},
                                 Scored{1, "", {}, parse_json(R"({"distribution":{"1":0.9}})", "f")},
                                 ParseFailure{"?", parse_json(R"({"why":"none"})", "f")}};
  const std::vector<std::string> text{
      R"({"kind":"scored","value":3.5,"rationale":"why","parts":{"content":2.0,"paralinguistic":1.5}})",
      R"({"kind":"parse_failure","raw":"4?"})",
      R"({"kind":"refusal","raw":"no"})",
      R"({"kind":"truncated","raw":"the sc"})",
      R"({"kind":"transport_error","status":503,"attempts":4,"detail":"busy"})",
      R"({"kind":"not_run","reason":"not answered"})",
      R"({"kind":"scored","value":1.0,"rationale":"","parts":{},"extra":{"distribution":{"1":0.9}}})",
      R"({"kind":"parse_failure","raw":"?","extra":{"why":"none"}})"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(to_json(all[i]).dump(), text[i]);
    const Verdict back = verdict_from_json(parse_json(text[i], "f"));
    EXPECT_EQ(back.index(), all[i].index());
    EXPECT_EQ(to_json(back).dump(), text[i]);
    if (!std::holds_alternative<Scored>(back)) {
      EXPECT_FALSE(to_json(back).find("value"));
    }
  }
  EXPECT_THROW(verdict_from_json(parse_json(R"({"kind":"scored"})", "f")), Error)
      << "a missing score is not 0";
  EXPECT_THROW(verdict_from_json(parse_json(R"({"kind":"scored","value":null})", "f")), Error);
  EXPECT_THROW(verdict_from_json(parse_json(R"({"kind":"Scored","value":1})", "f")), Error);
}

TEST(Estimate, WritesEveryKeyAndNullWhereUndefined) {
  Estimate e;
  e.tag = "cpqa/CE/judge:rubric/mean";
  e.reason = "no answer was scored";
  const Json v = to_json(e);
  std::string keys;
  for (const auto& [key, value] : v.members()) keys += key + " ";
  EXPECT_EQ(keys,
            "tag system baseline test_condition judge kind value low high level method unit unit_resampled "
            "units n asked scored seeds "
            "p_value worst best reason exploratory circular ");
  for (const char* key : {"value", "low", "high", "p_value", "worst", "best"})
    EXPECT_TRUE(v.at(key).is_null()) << key;
  const Estimate back = estimate_from_json(v);
  EXPECT_FALSE(back.value) << "undefined stays undefined";
  EXPECT_EQ(to_json(back).dump(), v.dump());
  e.value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(to_json(e).dump(), Error);
}

TEST(Scale, AdmitsWhatIsOnIt) {
  const Scale discrete{Scale::Kind::discrete_0_5}, continuous{Scale::Kind::continuous_0_5},
      binary{Scale::Kind::binary}, percent{Scale::Kind::percent};
  EXPECT_TRUE(discrete.admits(5));
  EXPECT_FALSE(discrete.admits(2.5));
  EXPECT_TRUE(continuous.admits(2.5));
  EXPECT_FALSE(continuous.admits(5.01));
  EXPECT_FALSE(continuous.admits(-0.01));
  EXPECT_FALSE(continuous.admits(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(binary.admits(0.5));
  EXPECT_FALSE(binary.admits(2));
  EXPECT_TRUE(percent.admits(99.5));
  EXPECT_EQ(percent.high(), 100);
  EXPECT_EQ(discrete.name(), "0-5");
  EXPECT_EQ(continuous.name(), "0-5 continuous");
}

TEST(Attributes, Paralinguistic) {
  for (const char* a : {"emotion", "gender", "speakers", "valence", "arousal", "dominance"})
    EXPECT_TRUE(is_paralinguistic(a)) << a;
  for (const char* a : {"who", "event", "object", "time", ""}) EXPECT_FALSE(is_paralinguistic(a)) << a;
}

}  // namespace
}  // namespace undertone
