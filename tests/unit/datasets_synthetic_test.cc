#include "datasets/synthetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "datasets/synthetic_voices.h"
#include "harness/core/error.h"

namespace undertone {
namespace {

using ::testing::AnyOf;

SyntheticSettings small() {
  SyntheticSettings settings;
  settings.clips = {{"train", 300}, {"dev", 60}, {"test", 200}};
  return settings;
}

const std::map<std::string, std::vector<PlannedClip>>& plans() {
  static const auto made = [] {
    std::map<std::string, std::vector<PlannedClip>> all;
    for (const char* split : {"train", "dev", "test"}) all[split] = plan_clips(small(), split);
    return all;
  }();
  return made;
}

TEST(Sentences, SixWordOrders) {
  Sentence sentence;
  sentence.slots = {{"who", "my friend"}, {"event", "sold"}, {"object", "house"}, {"time", "on Monday"}};
  const std::vector<std::string> expected = {"My friend sold the house on Monday",
                                             "On Monday my friend sold the house",
                                             "It was my friend who sold the house on Monday",
                                             "The house was sold by my friend on Monday",
                                             "On Monday the house was sold by my friend",
                                             "It was the house that my friend sold on Monday"};
  for (int order = 0; order < kWordOrders; ++order) {
    sentence.order = order;
    EXPECT_EQ(sentence_text(sentence), expected[static_cast<std::size_t>(order)]);
  }
  EXPECT_EQ(sentence_fillers("who").size(), 10u);
  EXPECT_EQ(sentence_fillers("event").size(), 10u);
  EXPECT_EQ(sentence_fillers("object").size(), 12u);
  EXPECT_EQ(sentence_fillers("time").size(), 8u);
}

TEST(SyntheticPlan, CountsAndSharesAreMet) {
  for (const auto& [split, clips] : plans()) {
    EXPECT_EQ(static_cast<int>(clips.size()), small().clips.at(split));
    const auto multi = std::count_if(clips.begin(), clips.end(),
                                     [](const PlannedClip& p) { return p.utterances.size() > 1; });
    EXPECT_EQ(multi, std::lround(small().multi_share.at(split) * static_cast<double>(clips.size()))) << split;
    for (const PlannedClip& planned : clips) {
      EXPECT_GE(planned.utterances.size(), 1u);
      EXPECT_LE(planned.utterances.size(), 4u);
      EXPECT_EQ(planned.utterances.size(), planned.clip.segments.size());
      EXPECT_EQ(planned.clip.split, split);
    }
  }
}

TEST(SyntheticPlan, NoVoiceCrossesSplitsAndNoTestVoiceIsInTwoUnits) {
  std::map<std::string, std::string> split_of, unit_of;
  std::set<std::string> test_units;
  for (const auto& [split, clips] : plans())
    for (const PlannedClip& planned : clips) {
      if (split == "test") test_units.insert(planned.clip.unit);
      for (const Segment& segment : planned.clip.segments) {
        const std::string variant = segment.speaker.substr(0, segment.speaker.find('/'));
        EXPECT_EQ(split_of.emplace(variant, split).first->second, split) << variant;
        // In train the unit holds for the variant in every accent, elsewhere for the voice.
        const std::string& who = split == "train" ? variant : segment.speaker;
        EXPECT_EQ(unit_of.emplace(who, planned.clip.unit).first->second, planned.clip.unit) << who;
      }
    }
  EXPECT_GE(test_units.size(), 20u);
  std::set<std::string> test_variants;
  for (const auto& [variant, split] : split_of)
    if (split == "test") test_variants.insert(variant);
  EXPECT_GE(test_variants.size(), 10u);
}

TEST(SyntheticPlan, TwoVoicesAreTwoVariants) {
  int together = 0, mixed = 0;
  for (const auto& [split, clips] : plans())
    for (const PlannedClip& planned : clips) {
      std::set<std::string> variants, speakers, genders;
      for (const Segment& segment : planned.clip.segments) {
        variants.insert(segment.speaker.substr(0, segment.speaker.find('/')));
        speakers.insert(segment.speaker);
        genders.insert(segment.gender);
      }
      EXPECT_EQ(variants.size(), speakers.size()) << planned.clip.id;
      EXPECT_LE(speakers.size(), 2u);
      together += speakers.size() == 2;
      mixed += genders.size() == 2;
    }
  EXPECT_GT(together, 20);
  EXPECT_GT(mixed, together / 2);
}

TEST(SyntheticPlan, HeldOutCombinationsAreSaidAtTestOnly) {
  std::set<std::string> pairs, triples;  // of train and dev
  for (const char* split : {"train", "dev"})
    for (const PlannedClip& planned : plans().at(split))
      for (const Segment& s : planned.clip.segments) {
        pairs.insert(s.slots.at("event") + "|" + s.slots.at("object"));
        triples.insert(s.slots.at("who") + "|" + s.slots.at("event") + "|" + s.slots.at("object"));
      }
  std::map<std::string, int> seen;
  for (const PlannedClip& planned : plans().at("test")) {
    const Json& combinations = planned.clip.extra.at("combinations");
    for (std::size_t i = 0; i < planned.clip.segments.size(); ++i) {
      const auto& slots = planned.clip.segments[i].slots;
      const std::string pair = slots.at("event") + "|" + slots.at("object");
      const std::string combination = combinations.elements()[i].as_string();
      ++seen[combination];
      if (combination == "pair") {
        EXPECT_FALSE(pairs.contains(pair)) << pair;
      } else if (combination == "triple") {
        EXPECT_FALSE(triples.contains(slots.at("who") + "|" + pair)) << pair;
      } else {
        EXPECT_EQ(combination, "seen");
      }
    }
  }
  EXPECT_GT(seen["pair"], 50);
  EXPECT_GT(seen["triple"], 50);
  EXPECT_GT(seen["seen"], 100);
}

TEST(SyntheticPlan, UtterancesOfAClipShareNoFiller) {
  for (const auto& [split, clips] : plans())
    for (const PlannedClip& planned : clips)
      for (const char* slot : {"who", "event", "object", "time"}) {
        std::set<std::string> fillers;
        for (const Segment& s : planned.clip.segments) fillers.insert(s.slots.at(slot));
        EXPECT_EQ(fillers.size(), planned.clip.segments.size()) << planned.clip.id << ' ' << slot;
      }
}

TEST(SyntheticPlan, EmotionsChangeOrStayAndAreBalanced) {
  std::map<std::string, int> first;
  int varies = 0, steady = 0;
  for (const PlannedClip& planned : plans().at("train")) {
    std::set<std::string> emotions;
    for (const Segment& s : planned.clip.segments) emotions.insert(s.emotion->category);
    if (planned.clip.segments.size() == 1) {
      ++first[*emotions.begin()];
    } else {
      EXPECT_THAT(emotions.size(), AnyOf(1u, planned.clip.segments.size())) << planned.clip.id;
      (emotions.size() == 1 ? steady : varies)++;
    }
  }
  EXPECT_EQ(first.size(), 6u);
  for (const auto& [emotion, count] : first) EXPECT_NEAR(count, 35, 12) << emotion;
  EXPECT_GT(varies, 2 * steady);
  EXPECT_GT(steady, 0);
}

// The prosody of many utterances, averaged, lies where the model puts it: neutral + E[k] (centre - neutral).
TEST(SyntheticPlan, ProsodyFollowsTheEmotion) {
  std::map<std::string, std::vector<double>> pitch, rate, arousal;
  for (const PlannedClip& planned : plan_clips(SyntheticSettings{}, "train"))
    for (std::size_t i = 0; i < planned.utterances.size(); ++i) {
      const auto& emotion = *planned.clip.segments[i].emotion;
      pitch[emotion.category].push_back(planned.utterances[i].pitch);
      rate[emotion.category].push_back(planned.utterances[i].rate);
      arousal[emotion.category].push_back(*emotion.arousal);
      EXPECT_GE(*emotion.valence, 0);
      EXPECT_LE(*emotion.valence, 1);
    }
  auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (double x : v) sum += x;
    return sum / static_cast<double>(v.size());
  };
  const double k = (0.65 + 1.1) / 2;
  for (const EmotionModel& emotion : emotion_models()) {
    const std::string name(emotion.category);
    ASSERT_GT(pitch[name].size(), 400u) << name;
    EXPECT_NEAR(mean(rate[name]), 185 + k * (emotion.centre.rate - 185), 2) << name;
    EXPECT_NEAR(mean(arousal[name]), 0.5 + k * emotion.arousal, 0.01) << name;
    if (name != "surprised") {  // clipped at 99
      EXPECT_NEAR(mean(pitch[name]), 45 + k * (emotion.centre.pitch - 45), 1) << name;
    }
  }
}

TEST(SyntheticPlan, IsTheSameForTheSameSeedAndDoesNotDependOnHowManyClipsThereAre) {
  SyntheticSettings more = small();
  more.multi_share["test"] = 0;
  SyntheticSettings fewer = more;
  fewer.clips["test"] = 100;
  const auto a = plan_clips(more, "test"), b = plan_clips(more, "test"), c = plan_clips(fewer, "test");
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(to_json(a[i]).dump(), to_json(b[i]).dump());
  for (std::size_t i = 0; i < c.size(); ++i) EXPECT_EQ(to_json(a[i]).dump(), to_json(c[i]).dump());
  more.seed = 2;
  EXPECT_NE(to_json(plan_clips(more, "test")[0]).dump(), to_json(a[0]).dump());
}

TEST(SyntheticPlan, TakesTimesFromTheSynthesiserAndRefusesThoseOfAnother) {
  const PlannedClip& planned = plans().at("train")[0];
  Json spoken = Json::object();
  spoken["clip"] = planned.clip.id;
  spoken["duration_seconds"] = 9.5;
  Json utterances = Json::array();
  for (std::size_t i = 0; i < planned.utterances.size(); ++i)
    utterances.push_back(parse_json(R"({"start_seconds": 1.5, "end_seconds": 2.5,
        "words": [{"text": "Anna", "start_seconds": 1.5, "end_seconds": 1.9}]})",
                                    "synth"));
  spoken["utterances"] = utterances;
  const Clip clip = with_times(planned, spoken);
  EXPECT_EQ(clip.duration_seconds, 9.5);
  EXPECT_EQ(clip.segments[0].emotion->end_seconds, 2.5);
  EXPECT_EQ(clip.segments[0].words.at(0).text, "Anna");
  spoken["clip"] = "another";
  EXPECT_THROW(with_times(planned, spoken), Error);
}

TEST(SyntheticDataset, ReadsFieldsAndItsKeyFollowsThem) {
  const DatasetRegistry registry = builtin_datasets();
  const auto& entry = registry.at("synthetic");
  auto key = [&](const std::string& fields) { return entry.make(parse_json(fields, "suite"), {}).key(); };
  EXPECT_EQ(key("{}"), key(R"({"seed": 1})"));
  EXPECT_NE(key("{}"), key(R"({"seed": 2})"));
  EXPECT_NE(key("{}"), key(R"({"clips": {"train": 10}})"));
  EXPECT_NE(key("{}"), key(R"({"questions": {"test": {"cpqa": 9}}})"));
  EXPECT_THROW(key(R"({"clips": {"train": -1}})"), Error);
  EXPECT_THROW(key(R"({"accents": {"test": ["en-mars"]}})"), Error);
  FieldReader describe;
  entry.fields(describe);
  EXPECT_NE(describe.schema().dump().find("two_voice_share"), std::string::npos);
}

}  // namespace
}  // namespace undertone
