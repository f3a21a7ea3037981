// The plan of the synthetic expressive corpus: who says what in which emotion, before anything is spoken.
// Everything is drawn from streams named by seed, split and clip; only which clips have several utterances
// depends on how many there are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/llm_writer.h"
#include "datasets/synthetic_sentences.h"
#include "harness/core/fields.h"
#include "harness/core/nouns.h"

namespace undertone {

struct SyntheticSettings {
  std::map<std::string, int> clips = {{"train", 2400}, {"dev", 120}, {"test", 200}};
  std::map<std::string, double> multi_share = {
      {"train", 0.3}, {"dev", 0.5}, {"test", 0.5}};  // clips of 2-4 utterances
  double two_voice_share = 0.5;                      // of the clips with several utterances
  double steady_share = 0.15;     // of the clips with several utterances: one emotion throughout
  double gap_seconds = 0.35;      // between utterances
  int held_out_pairs = 12;        // event-object pairs that only test says, of 120
  double held_out_triples = 0.1;  // share of the remaining who-event-object triples that only test says
  std::map<std::string, std::vector<std::string>> accents = {
      {"train", {"en-us", "en-gb", "en-gb-x-rp", "en-us-nyc"}},
      {"dev", {"en-us", "en-gb"}},
      {"test", {"en-us", "en-gb", "en-gb-x-rp"}}};
  std::map<std::string, int> pairs = {{"dev", 3}, {"test", 8}};    // units of two voices
  std::map<std::string, std::map<std::string, int>> questions = {  // per clip and pool, at most
      {"train", {{"asr", 1}, {"pqa", 3}, {"pqa_star", 2}, {"cpqa", 3}}},
      {"dev", {{"pqa", 1}, {"cpqa", 2}}},
      {"test", {{"pqa", 1}, {"cpqa", 2}}}};
  GenerationSettings generation;  // who writes the CPQA
  std::int64_t seed = 1;
};
// Declares and reads the fields of kind "synthetic".
void read_synthetic_settings(FieldReader& fields, SyntheticSettings& settings);
Json to_json(const SyntheticSettings& settings);  // all of them, resolved: what is hashed

struct Prosody {  // espeak-ng's units: pitch and range 0-99, rate in words a minute, volume 0-200
  double pitch = 45, range = 40, rate = 185, volume = 100;
};
struct EmotionModel {
  std::string_view category;
  Prosody centre;
  double valence, arousal, dominance;  // offsets from 0.5 at full strength
  std::string_view effect;  // spectral effect of undertone-synth: "none", "lowpass", "drive", "tremolo"
};
std::span<const EmotionModel> emotion_models();  // neutral first

struct PlannedUtterance {
  std::string text, espeak_voice;
  int pitch = 0, range = 0, rate = 0, volume = 0;
  std::string effect;
  double strength = 0;  // k: how far the utterance goes from neutral to its emotion's centre
};
struct PlannedClip {
  Clip clip;                                 // complete but for times
  std::vector<PlannedUtterance> utterances;  // as the clip's segments
  double gap_seconds = 0;
};
std::vector<PlannedClip> plan_clips(const SyntheticSettings& settings, const std::string& split);

Json to_json(const PlannedClip& planned);  // a line of the synthesiser's plan
// Enters the times that the synthesiser tells (a line of its output) into the clip. Throws Error{data} when
// they do not belong to this plan.
Clip with_times(const PlannedClip& planned, const Json& spoken);

}  // namespace undertone
