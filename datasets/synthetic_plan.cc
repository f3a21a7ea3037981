#include "datasets/synthetic_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "datasets/synthetic_voices.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

constexpr std::array kEmotions = {
    EmotionModel{"neutral", {45, 40, 185, 100}, 0, 0, 0, "none"},
    EmotionModel{"happy", {66, 82, 212, 130}, 0.38, 0.22, 0.15, "none"},
    EmotionModel{"sad", {34, 12, 142, 60}, -0.32, -0.32, -0.25, "lowpass"},
    EmotionModel{"angry", {40, 75, 230, 175}, -0.35, 0.36, 0.32, "drive"},
    EmotionModel{"afraid", {80, 18, 235, 70}, -0.34, 0.30, -0.34, "tremolo"},
    EmotionModel{"surprised", {88, 95, 168, 125}, 0.12, 0.38, 0.02, "none"},
};
constexpr double kLowestStrength = 0.65, kHighestStrength = 1.1;
constexpr double kDimensionNoise = 0.05;

int clamped(double value, double low, double high) {
  return static_cast<int>(std::lround(std::clamp(value, low, high)));
}

// A share met exactly over a split, in an order that is not: 30 % of 10 clips are three of them.
std::vector<bool> spread(int count, double share, Stream& stream) {
  std::vector<bool> chosen(static_cast<std::size_t>(count), false);
  std::vector<int> order;
  for (int i = 0; i < count; ++i) order.push_back(i);
  stream.shuffle(order);
  const int take = static_cast<int>(std::lround(share * count));
  for (int i = 0; i < take; ++i) chosen[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
  return chosen;
}

std::vector<const EmotionModel*> draw_emotions(int utterances, bool steady, int turn, Stream& stream) {
  // The first emotion walks through all six, so that a split has equally many of each.
  std::vector<const EmotionModel*> all;
  for (const EmotionModel& emotion : kEmotions) all.push_back(&emotion);
  std::rotate(all.begin(), all.begin() + turn % static_cast<int>(all.size()), all.end());
  std::vector<const EmotionModel*> rest(all.begin() + 1, all.end());
  stream.shuffle(rest);
  std::vector<const EmotionModel*> drawn = {all[0]};
  for (int i = 1; i < utterances; ++i)
    drawn.push_back(steady ? all[0] : rest[static_cast<std::size_t>(i - 1)]);
  if (!steady) stream.shuffle(drawn);
  return drawn;
}

EmotionAnnotation annotate(const EmotionModel& emotion, double strength, Stream& stream) {
  auto dimension = [&](double offset) {
    return std::clamp(0.5 + strength * offset + kDimensionNoise * stream.normal(), 0.0, 1.0);
  };
  EmotionAnnotation annotation;
  annotation.category = std::string(emotion.category);
  annotation.valence = dimension(emotion.valence);
  annotation.arousal = dimension(emotion.arousal);
  annotation.dominance = dimension(emotion.dominance);
  return annotation;
}

PlannedUtterance speak(const EmotionModel& emotion, double strength, Stream& stream) {
  const Prosody& from = kEmotions[0].centre;
  const Prosody& to = emotion.centre;
  PlannedUtterance spoken;
  spoken.pitch = clamped(from.pitch + strength * (to.pitch - from.pitch) + 5 * stream.normal(), 0, 99);
  spoken.range = clamped(from.range + strength * (to.range - from.range) + 8 * stream.normal(), 0, 99);
  spoken.rate = clamped(from.rate + strength * (to.rate - from.rate) + 9 * stream.normal(), 80, 400);
  spoken.volume = clamped(from.volume + strength * (to.volume - from.volume) + 9 * stream.normal(), 20, 200);
  spoken.effect = std::string(emotion.effect);
  spoken.strength = strength;
  return spoken;
}

// Which of the clip's voices says each utterance: all of them speak, in a random order.
std::vector<std::size_t> draw_turns(int utterances, std::size_t voices, Stream& stream) {
  std::vector<std::size_t> turns;
  for (int i = 0; i < utterances; ++i)
    turns.push_back(static_cast<std::size_t>(i) < voices ? static_cast<std::size_t>(i)
                                                         : stream.below(voices));
  stream.shuffle(turns);
  return turns;
}

std::string clip_id(const std::string& split, int index) {
  char number[16];
  std::snprintf(number, sizeof number, "%05d", index);
  return "syn-" + split + "-" + number;
}

// Units of each gender in turn, since a split has more men than women; within a gender one after the other.
struct SoloTurns {
  std::vector<const VoicePlan::Unit*> women, men;
  std::size_t next_woman = 0, next_man = 0;
  const VoicePlan::Unit& next(bool woman) {
    if (women.empty() || (!woman && !men.empty())) return *men[next_man++ % men.size()];
    return *women[next_woman++ % women.size()];
  }
};

}  // namespace

std::span<const EmotionModel> emotion_models() { return kEmotions; }

std::vector<PlannedClip> plan_clips(const SyntheticSettings& settings, const std::string& split) {
  const std::string root = "synthetic/seed=" + std::to_string(settings.seed);
  const int count = settings.clips.at(split);
  const auto pairs = settings.pairs.find(split);
  const VoicePlan voices =
      plan_voices(split, settings.accents.at(split), pairs == settings.pairs.end() ? 0 : pairs->second);
  const HeldOutCombinations held_out(root + "/held-out", settings.held_out_pairs, settings.held_out_triples);

  Stream shape(root + "/shape/" + split);
  const std::vector<bool> multi = spread(count, settings.multi_share.at(split), shape);
  SoloTurns solo;
  for (const VoicePlan::Unit& unit : voices.solo)
    (unit.speakers[0][0].gender == "female" ? solo.women : solo.men).push_back(&unit);

  std::vector<PlannedClip> clips;
  int solo_clips = 0, pair_clips = 0, utterance_count = 0;
  for (int index = 0; index < count; ++index) {
    PlannedClip planned;
    Clip& clip = planned.clip;
    clip.id = clip_id(split, index);
    clip.split = split;
    clip.audio = "audio/" + clip.id + ".wav";
    clip.extra = Json::object();
    planned.gap_seconds = settings.gap_seconds;
    Stream stream(root + "/clip/" + clip.id);

    const bool several = multi[static_cast<std::size_t>(index)];
    constexpr double kLengths[] = {0.55, 0.28, 0.17};  // two, three, four utterances
    const int utterances = several ? 2 + static_cast<int>(stream.weighted(kLengths)) : 1;
    const bool together = several && !voices.pairs.empty() && stream.uniform() < settings.two_voice_share;
    const bool steady = several && stream.uniform() < settings.steady_share;
    const VoicePlan::Unit& unit =
        together ? voices.pairs[static_cast<std::size_t>(pair_clips++) % voices.pairs.size()]
                 : solo.next(solo_clips++ % 2 == 0);
    clip.unit = unit.name;
    std::vector<Voice> speakers;
    for (const auto& choices : unit.speakers) speakers.push_back(choices[stream.below(choices.size())]);
    const auto turns = draw_turns(utterances, speakers.size(), stream);
    const auto emotions = draw_emotions(utterances, steady, index, stream);

    std::vector<Sentence> said;
    Json combinations = Json::array();
    for (std::size_t i = 0; i < static_cast<std::size_t>(utterances); ++i) {
      // At test half of the utterances are combinations that training never said.
      constexpr std::string_view kTestTurns[] = {"seen", "pair", "seen", "triple"};
      std::string_view wanted = split == "test" ? kTestTurns[utterance_count % 4] : "seen";
      if (wanted == "pair" && settings.held_out_pairs == 0) wanted = "seen";
      if (wanted == "triple" && settings.held_out_triples <= 0) wanted = "seen";
      ++utterance_count;
      said.push_back(draw_sentence(stream, held_out, wanted, said));
      combinations.push_back(said.back().combination);
      const double strength = stream.uniform(kLowestStrength, kHighestStrength);
      const Voice& voice = speakers[turns[i]];
      Segment segment;
      segment.speaker = voice.name;
      segment.gender = voice.gender;
      segment.transcript = sentence_text(said.back());
      segment.slots = said.back().slots;
      segment.emotion = annotate(*emotions[i], strength, stream);
      PlannedUtterance spoken = speak(*emotions[i], strength, stream);
      spoken.text = segment.transcript + '.';
      spoken.espeak_voice = voice.espeak;
      clip.segments.push_back(std::move(segment));
      planned.utterances.push_back(std::move(spoken));
    }
    clip.extra["combinations"] = std::move(combinations);
    clips.push_back(std::move(planned));
  }
  return clips;
}

Json to_json(const PlannedClip& planned) {
  Json utterances = Json::array();
  for (const PlannedUtterance& spoken : planned.utterances) {
    Json u = Json::object();
    u["text"] = spoken.text;
    u["voice"] = spoken.espeak_voice;
    u["pitch"] = spoken.pitch;
    u["range"] = spoken.range;
    u["rate"] = spoken.rate;
    u["volume"] = spoken.volume;
    u["effect"] = spoken.effect;
    u["strength"] = spoken.strength;
    utterances.push_back(std::move(u));
  }
  Json line = Json::object();
  line["clip"] = planned.clip.id;
  line["path"] = planned.clip.audio;
  line["utterances"] = std::move(utterances);
  line["gap_seconds"] = planned.gap_seconds;
  return line;
}

Clip with_times(const PlannedClip& planned, const Json& spoken) {
  Clip clip = planned.clip;
  const auto& utterances = spoken.at("utterances").elements();
  if (spoken.at("clip").as_string() != clip.id || utterances.size() != clip.segments.size())
    throw Error(ErrorKind::data, "undertone-synth answered for another plan than that of " + clip.id,
                spoken.place().str(), "build undertone and undertone-synth from the same sources");
  clip.duration_seconds = spoken.at("duration_seconds").as_double();
  for (std::size_t i = 0; i < utterances.size(); ++i) {
    Segment& segment = clip.segments[i];
    segment.start_seconds = utterances[i].at("start_seconds").as_double();
    segment.end_seconds = utterances[i].at("end_seconds").as_double();
    segment.emotion->start_seconds = segment.start_seconds;
    segment.emotion->end_seconds = segment.end_seconds;
    for (const Json& word : utterances[i].at("words").elements()) {
      Word timed;
      timed.text = word.at("text").as_string();
      timed.start_seconds = word.at("start_seconds").as_double();
      timed.end_seconds = word.at("end_seconds").as_double();
      segment.words.push_back(std::move(timed));
    }
  }
  return clip;
}

}  // namespace undertone
