#include "datasets/synth/effects.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "harness/core/error.h"

namespace undertone {
namespace {

std::vector<double> lowpass(const std::vector<float>& x, int rate_hz) {
  constexpr double cutoff_hz = 1000;
  const double keep = std::exp(-2 * std::numbers::pi * cutoff_hz / rate_hz);
  std::vector<double> y(x.size());
  double state = 0;
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = state = keep * state + (1 - keep) * x[i];
  return y;
}

std::vector<double> drive(const std::vector<float>& x) {
  constexpr double emphasis = 0.9, gain = 3;
  std::vector<double> y(x.size());
  double before = 0, energy_in = 0, energy_out = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = x[i] - emphasis * before;
    before = x[i];
    energy_in += static_cast<double>(x[i]) * x[i];
    energy_out += y[i] * y[i];
  }
  const double level = energy_out > 0 ? std::sqrt(energy_in / energy_out) : 1;
  for (double& v : y) v = std::tanh(gain * level * v) / gain * 1.5;
  return y;
}

std::vector<double> tremolo(const std::vector<float>& x, int rate_hz) {
  constexpr double tremolo_hz = 8, depth = 0.7;
  std::vector<double> y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double phase = 2 * std::numbers::pi * tremolo_hz * static_cast<double>(i) / rate_hz;
    y[i] = x[i] * (1 - depth * (1 - std::cos(phase)) / 2);
  }
  return y;
}

}  // namespace

const std::vector<std::string>& effect_names() {
  static const std::vector<std::string> names{"none", "lowpass", "drive", "tremolo"};
  return names;
}

void apply_effect(std::string_view effect, double strength, int rate_hz, std::vector<float>& samples) {
  std::vector<double> changed;
  if (effect == "none") return;
  if (effect == "lowpass")
    changed = lowpass(samples, rate_hz);
  else if (effect == "drive")
    changed = drive(samples);
  else if (effect == "tremolo")
    changed = tremolo(samples, rate_hz);
  else
    throw Error(ErrorKind::data, "unknown effect '" + std::string(effect) + "'", "",
                "use none, lowpass, drive or tremolo");
  const double s = std::clamp(strength, 0.0, 1.0);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>((1 - s) * samples[i] + s * changed[i]);
}

}  // namespace undertone
