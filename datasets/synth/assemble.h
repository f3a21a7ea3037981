// From a planned clip to its samples and times.
#pragma once

#include <string>
#include <vector>

#include "datasets/synth/engine.h"
#include "datasets/synth/plan.h"
#include "harness/core/json.h"

namespace undertone {

struct UtteranceTimes {
  struct WordTimes {
    std::string text;
    std::size_t start_sample = 0, end_sample = 0;
  };
  std::size_t start_sample = 0, end_sample = 0;
  std::vector<WordTimes> words;  // every word of the text, in order
};

struct AssembledClip {
  std::vector<float> samples;  // 16 kHz
  std::vector<UtteranceTimes> utterances;
};

// Speaks each utterance, resamples, trims the silence at both ends to 20 ms, applies its effect and joins
// them with gaps.
AssembledClip assemble(const Engine& engine, const SpokenClip& clip);

// The line of undertone-synth's output: {"clip", "path", "samples", "duration_seconds", "utterances":
// [{"start_seconds", "end_seconds", "words": [{"text", "start_seconds", "end_seconds"}]}]}; seconds are
// samples / 16000.
Json describe(const SpokenClip& clip, const AssembledClip& assembled);

// Words of a text with their place in it. espeak reports some words together ("of the"): a word without an
// event shares the time up to the next event with its neighbours, by number of characters.
std::vector<UtteranceTimes::WordTimes> align_words(const std::string& text,
                                                   const std::vector<EngineWord>& events,
                                                   std::size_t end_sample);

}  // namespace undertone
