// Whatever can be made can be written, read back and written again to the same bytes.
#include <gtest/gtest.h>

#include "harness/core/nouns.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

std::string text(Stream& s, std::string out = "") {
  static const std::vector<std::string> parts{
      "", "a", "\"", "\\", "\n", "\t", "\x01", "\x7f", "ä", "\xF0\x9F\x98\x80", "/", "~", " ", "{}"};
  for (std::uint64_t i = s.below(6); i > 0; --i) out += parts[s.below(parts.size())];
  return out;
}

bool coin(Stream& s) { return s.below(2) == 0; }

std::map<std::string, std::string> labels(Stream& s) {
  std::map<std::string, std::string> out;
  for (std::uint64_t i = s.below(3); i > 0; --i) out[text(s)] = text(s);
  return out;
}

Json extra(Stream& s) {
  Json out;  // null: nothing unknown
  for (std::uint64_t i = s.below(3); i > 0; --i)
    out[text(s, "x-")] =
        coin(s) ? Json(text(s))
                : Json(Json::Array{Json(s.normal()), Json(static_cast<std::int64_t>(s.next_u32())), Json()});
  return out;
}

void span(Stream& s, double& start, double& end) {
  start = s.uniform(0, 10);
  end = start + s.uniform(0, 10);
}

Clip clip(Stream& s) {
  Clip c;
  c.id = text(s, "c");
  c.audio = text(s);
  c.duration_seconds = s.uniform(0, 30);
  c.split = text(s);
  c.unit = text(s);
  for (std::uint64_t i = s.below(4); i > 0; --i) {
    Segment g;
    span(s, g.start_seconds, g.end_seconds);
    g.speaker = text(s);
    g.transcript = text(s);
    g.slots = labels(s);
    for (std::uint64_t w = s.below(3); w > 0; --w) {
      Word word;
      word.text = text(s);
      span(s, word.start_seconds, word.end_seconds);
      g.words.push_back(word);
    }
    if (coin(s)) {
      EmotionAnnotation e;
      e.category = text(s);
      if (coin(s)) e.valence = s.uniform();
      if (coin(s)) e.dominance = s.uniform();
      if (coin(s)) e.confidence = s.uniform();
      span(s, e.start_seconds, e.end_seconds);
      e.source = static_cast<AnnotationSource>(s.below(3));
      e.extra = extra(s);
      g.emotion = e;
    }
    g.extra = extra(s);
    c.segments.push_back(g);
  }
  c.extra = extra(s);
  return c;
}

template <class T, class Read>
void same(const T& value, Read read, std::uint64_t i) {
  const std::string written = to_json(value).dump();
  EXPECT_EQ(to_json(read(parse_json(written, "f"))).dump(), written) << "replicate " << i;
}

TEST(NounsProperty, ClipsRoundTrip) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    Stream s("property/clip", i);
    same(clip(s), clip_from_json, i);
  }
}

TEST(NounsProperty, QuestionsRoundTrip) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    Stream s("property/question", i);
    Question q;
    q.id = text(s, "q");
    q.clip = text(s);
    q.type = static_cast<QuestionType>(s.below(9));
    q.text = text(s);
    q.reference = text(s);
    q.gold = labels(s);
    q.pool = text(s);
    q.unseen_wording = coin(s);
    q.closed_set = coin(s);
    q.provenance = static_cast<Provenance>(s.below(4));
    q.extra = extra(s);
    same(q, question_from_json, i);
  }
}

TEST(NounsProperty, EstimatesRoundTrip) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    Stream s("property/estimate", i);
    Estimate e;
    e.tag = text(s, "t");
    e.system = text(s);
    e.kind = "difference";
    if (coin(s)) e.value = s.normal() * 1e6;
    if (coin(s)) e.low = s.normal() * 1e-9;
    if (coin(s)) e.p_value = s.uniform();
    e.units = static_cast<std::int64_t>(s.below(1U << 30));
    e.n = static_cast<std::int64_t>(s.next_u64() >> 1);
    e.reason = text(s);
    e.exploratory = coin(s);
    e.circular = coin(s);
    same(e, estimate_from_json, i);
  }
}

TEST(NounsProperty, JsonCanonicalFormIgnoresOrder) {
  for (std::uint64_t i = 0; i < 200; ++i) {
    Stream s("property/canonical", i);
    Json a = to_json(clip(s));
    Json b = a;
    s.shuffle(b.members());
    EXPECT_EQ(a.canonical(), b.canonical());
    EXPECT_EQ(parse_json(a.canonical(), "f").canonical(), a.canonical());
  }
}

}  // namespace
}  // namespace undertone
