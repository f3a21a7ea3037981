#include "harness/text/prompt.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr MetadataCondition kConditions[] = {MetadataCondition::absent, MetadataCondition::gold,
                                             MetadataCondition::predicted, MetadataCondition::degraded};

// Half seconds keep the number of different time stamps, and so the vocabulary, small.
std::string half_seconds(double seconds) {
  const double rounded = std::max(0.0, std::round(seconds * 2) / 2);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", rounded);
  return text;
}

std::vector<const Segment*> in_time_order(const Clip& clip) {
  std::vector<const Segment*> order;
  for (const Segment& segment : clip.segments) order.push_back(&segment);
  std::stable_sort(order.begin(), order.end(),
                   [](const Segment* a, const Segment* b) { return a->start_seconds < b->start_seconds; });
  return order;
}

}  // namespace

std::string_view to_string(MetadataCondition condition) {
  switch (condition) {
    case MetadataCondition::absent:
      return "absent";
    case MetadataCondition::gold:
      return "gold";
    case MetadataCondition::predicted:
      return "predicted";
    case MetadataCondition::degraded:
      return "degraded";
  }
  throw Error(ErrorKind::internal, "a metadata condition without a name");
}

MetadataCondition metadata_condition_from(std::string_view name) {
  for (MetadataCondition condition : kConditions)
    if (to_string(condition) == name) return condition;
  throw Error(ErrorKind::suite, "unknown metadata condition '" + std::string(name) + "'", "",
              "use one of: absent, gold, predicted, degraded");
}

std::string render_metadata(const std::vector<MetadataSpan>& spans) {
  std::string out;
  for (const MetadataSpan& span : spans) {
    if (!out.empty()) out += ' ';
    out += '[' + half_seconds(span.start_seconds) + '-' + half_seconds(span.end_seconds);
    if (!span.gender.empty()) out += ' ' + span.gender;
    if (!span.category.empty()) out += ' ' + span.category;
    out += ']';
  }
  return out;
}

std::vector<MetadataSpan> gold_metadata(const Clip& clip) {
  std::vector<MetadataSpan> spans;
  for (const Segment* segment : in_time_order(clip)) {
    if (!segment->emotion) continue;
    MetadataSpan span{segment->emotion->start_seconds, segment->emotion->end_seconds, segment->gender,
                      segment->emotion->category};
    // An annotation without a span of its own holds for the whole segment.
    if (!(span.end_seconds > span.start_seconds)) {
      span.start_seconds = segment->start_seconds;
      span.end_seconds = segment->end_seconds;
    }
    spans.push_back(std::move(span));
  }
  return spans;
}

std::string render_prompt(const std::string& question, const std::string& metadata, PromptForm form) {
  if (form == PromptForm::chat)
    return metadata.empty() ? question : "Emotions: " + metadata + '\n' + question;
  std::string out;
  if (!metadata.empty()) out += "Emotions: " + metadata + ' ';
  return out + "Question: " + question + " Answer:";
}

std::string render_transcript_prefix(const std::string& transcript) {
  return transcript.empty() ? std::string() : "Speech: " + transcript;
}

std::string transcript_of(const Clip& clip) {
  std::string out;
  for (const Segment* segment : in_time_order(clip)) {
    if (segment->transcript.empty()) continue;
    if (!out.empty()) out += " . ";
    out += segment->transcript;
  }
  return out;
}

}  // namespace undertone
