// The one place that talks to espeak-ng. Its engine keeps hidden state: what it spoke before changes the next
// utterance's samples and even its length, and neither choosing the voice and every parameter anew nor
// seeding rand() undoes that (espeak_Terminate does not return in synchronous mode). So the engine is started
// once and never speaks itself: each utterance is spoken by a forked copy of the fresh engine. See
// "Synthesis" in datasets/README.md for what it costs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datasets/synth/plan.h"

namespace undertone {

struct EngineWord {
  int text_offset = 0;  // of its first character in the text, in characters
  int sample = 0;       // where it starts, at the engine's rate
};

struct EngineSpeech {
  std::vector<float> samples;  // at the engine's rate, in [-1, 1)
  std::vector<EngineWord> words;
};

struct EngineVariant {
  std::string name;
  std::string gender;  // "male", "female" or "" where the voice file names none
  int age = 0;         // years; 0: not given
};

class Engine {
 public:
  // Starts espeak-ng; at most one Engine per process. Throws Error{data} when its voices are not installed.
  Engine();
  int rate_hz() const { return rate_hz_; }
  std::string version() const;
  std::vector<EngineVariant> variants() const;  // by name
  std::vector<std::string> accents() const;     // English ones, by name
  // Throws Error{data} naming the voice when accent or variant is unknown: espeak would quietly speak with
  // another. Returns the name that espeak finds the voice by.
  std::string check_voice(const std::string& voice) const;
  // The same bytes for the same utterance, whatever was spoken before. The process must have no other thread.
  EngineSpeech speak(const SpokenUtterance& utterance) const;

 private:
  int rate_hz_ = 0;
  std::string data_folder_;
  std::vector<EngineVariant> variants_;
  std::map<std::string, std::string>
      accents_;  // language -> name of its voice file, the name that espeak finds it by
};

}  // namespace undertone
