// What espeak's four parameters cannot do: the spectral tilt and loudness patterns that go with emotions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace undertone {

// "none", "lowpass", "drive", "tremolo".
const std::vector<std::string>& effect_names();

// Replaces x by (1 - s) x + s effect(x), s = min(strength, 1).
//   lowpass: one pole at 1 kHz; the dull, slack voice of sadness (steeper spectral tilt).
//   drive:   pre-emphasis x[n] - 0.9 x[n-1] at equal loudness, then soft clipping; the pressed voice of
//   anger. tremolo: loudness falls to 30 % eight times a second; the trembling voice of fear.
// Throws Error{data} for an unknown name.
void apply_effect(std::string_view effect, double strength, int rate_hz, std::vector<float>& samples);

}  // namespace undertone
