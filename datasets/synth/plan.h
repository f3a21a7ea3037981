// What undertone-synth is asked to speak: one clip per line of its plan.
#pragma once

#include <string>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

struct SpokenUtterance {
  std::string text;
  std::string voice;            // accent and variant, "en-us+m1"
  int pitch = 45, range = 40;   // espeak's 0 to 99
  int rate = 185;               // words a minute, 80 to 450
  int volume = 100;             // 0 to 200, 100 is normal
  std::string effect = "none";  // "none", "lowpass", "drive" or "tremolo", see effects.h
  double strength = 1;          // of the effect: 0 leaves the sound alone, 1 and above is the whole effect
};

struct SpokenClip {
  std::string id;
  std::string path;  // of the WAV, relative to the output folder
  double gap_seconds = 0;
  std::vector<SpokenUtterance> utterances;
};

// Throws Error{data} with file and line for a missing or unknown field, a value out of range, an absolute
// path or one that leaves the folder, and ids or paths that occur twice.
std::vector<SpokenClip> read_plan(const std::string& path);

}  // namespace undertone
