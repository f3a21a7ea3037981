#include "harness/text/prompt.h"

#include <gtest/gtest.h>

#include "harness/core/error.h"

namespace undertone {
namespace {

Segment said(double start, double end, const std::string& gender, const std::string& emotion,
             const std::string& text) {
  Segment segment;
  segment.start_seconds = start;
  segment.end_seconds = end;
  segment.gender = gender;
  segment.transcript = text;
  if (!emotion.empty()) {
    segment.emotion.emplace();
    segment.emotion->category = emotion;
    segment.emotion->start_seconds = start;
    segment.emotion->end_seconds = end;
  }
  return segment;
}

TEST(Prompt, MetadataIsRoundedToHalfSeconds) {
  EXPECT_EQ(render_metadata({{0.1, 1.6, "female", "sad"}, {1.8, 3.1, "male", "happy"}}),
            "[0.0-1.5 female sad] [2.0-3.0 male happy]");
  EXPECT_EQ(render_metadata({{0.0, 12.3, "", "angry"}}), "[0.0-12.5 angry]");
  EXPECT_EQ(render_metadata({}), "");
}

TEST(Prompt, MetadataStandsBeforeTheQuestionOnlyWhenThereIsSome) {
  EXPECT_EQ(render_prompt("How many people speak?", ""), "Question: How many people speak? Answer:");
  EXPECT_EQ(render_prompt("Why?", "[0.0-1.0 sad]"), "Emotions: [0.0-1.0 sad] Question: Why? Answer:");
}

TEST(Prompt, GoldMetadataAndTranscriptFollowTime) {
  Clip clip;
  clip.segments = {said(2.0, 3.0, "male", "happy", "Second"), said(0.0, 1.5, "female", "sad", "First"),
                   said(4.0, 5.0, "male", "", "Third")};
  EXPECT_EQ(render_metadata(gold_metadata(clip)), "[0.0-1.5 female sad] [2.0-3.0 male happy]");
  EXPECT_EQ(transcript_of(clip), "First . Second . Third");
  EXPECT_EQ(render_transcript_prefix(transcript_of(clip)), "Speech: First . Second . Third");
  EXPECT_EQ(render_transcript_prefix(""), "");
}

TEST(Prompt, AnAnnotationWithoutSpanHoldsForItsSegment) {
  Clip clip;
  clip.segments = {said(1.0, 2.0, "", "sad", "x")};
  clip.segments[0].emotion->start_seconds = clip.segments[0].emotion->end_seconds = 0;
  EXPECT_EQ(render_metadata(gold_metadata(clip)), "[1.0-2.0 sad]");
}

TEST(Prompt, ConditionsHaveNamesAndUnknownOnesAreRefused) {
  for (auto condition : {MetadataCondition::absent, MetadataCondition::gold, MetadataCondition::predicted,
                         MetadataCondition::degraded})
    EXPECT_EQ(metadata_condition_from(to_string(condition)), condition);
  try {
    metadata_condition_from("golden");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::suite);
    EXPECT_NE(error.mend().find("predicted"), std::string::npos);
  }
}

}  // namespace
}  // namespace undertone
