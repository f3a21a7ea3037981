#include "harness/speech/log_mel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <eigen3/unsupported/Eigen/FFT>
#include <numbers>

#include "harness/core/error.h"
#include "harness/speech/audio.h"

namespace undertone {
namespace {

constexpr int window = 400, hop = 160, bins = window / 2 + 1;

// Slaney's scale (Auditory Toolbox): linear below 1 kHz, then 27 steps per factor 6.4.
constexpr double linear_step_hz = 200.0 / 3, knee_hz = 1000, knee_mel = knee_hz / linear_step_hz;
const double log_step = std::log(6.4) / 27;

double mel_of(double hz) {
  return hz < knee_hz ? hz / linear_step_hz : knee_mel + std::log(hz / knee_hz) / log_step;
}
double hz_of(double mel) {
  return mel < knee_mel ? mel * linear_step_hz : knee_hz * std::exp(log_step * (mel - knee_mel));
}

// Index into samples of a position before the start or past the end: the signal is mirrored about its end
// samples (again and again where it is shorter than the padding).
std::size_t reflected(std::ptrdiff_t at, std::size_t size) {
  if (size == 1) return 0;
  const auto period = static_cast<std::ptrdiff_t>(2 * (size - 1));
  std::ptrdiff_t i = at % period;
  if (i < 0) i += period;
  return static_cast<std::size_t>(std::min(i, period - i));
}

struct Filter {  // the non-zero stretch of a row of the filter bank
  int first = 0;
  std::vector<double> weights;
};

std::vector<Filter> stretches(int mels) {
  const std::vector<double> bank = mel_filters(mels);
  std::vector<Filter> filters(static_cast<std::size_t>(mels));
  for (int m = 0; m < mels; ++m) {
    const auto row = bank.begin() + m * bins;
    const auto zero = [](double w) { return w == 0; };
    const auto first = std::find_if_not(row, row + bins, zero);
    auto last = row + bins;
    while (last != first && zero(*(last - 1))) --last;
    filters[static_cast<std::size_t>(m)] = {static_cast<int>(first - row), std::vector<double>(first, last)};
  }
  return filters;
}

}  // namespace

std::vector<double> mel_filters(int mels) {
  if (mels < 1) throw Error(ErrorKind::internal, "a mel filter bank needs at least one filter");
  std::vector<double> edges(static_cast<std::size_t>(mels) + 2);
  const double top = mel_of(speech_rate_hz / 2.0);
  for (std::size_t i = 0; i < edges.size(); ++i) edges[i] = hz_of(top * static_cast<double>(i) / (mels + 1));
  std::vector<double> bank(static_cast<std::size_t>(mels) * bins);
  for (std::size_t m = 0; m < static_cast<std::size_t>(mels); ++m) {
    const double low = edges[m], centre = edges[m + 1], high = edges[m + 2];
    for (std::size_t b = 0; b < bins; ++b) {
      const double hz = static_cast<double>(b) * speech_rate_hz / window;
      const double triangle = std::min((hz - low) / (centre - low), (high - hz) / (high - centre));
      bank[m * bins + b] = std::max(0.0, triangle) * 2 / (high - low);
    }
  }
  return bank;
}

LogMel log_mel(std::span<const float> samples, int mels) {
  LogMel out{mels, static_cast<int>(samples.size() / hop), {}};
  const auto frames = static_cast<std::size_t>(out.frames);
  out.values.resize(static_cast<std::size_t>(mels) * frames);
  if (frames == 0) return out;

  std::array<double, window> hann{};
  for (std::size_t i = 0; i < window; ++i)
    hann[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / window);
  const std::vector<Filter> filters = stretches(mels);
  Eigen::FFT<double> fft;
  fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
  std::vector<double> frame(window), power(bins);
  std::vector<std::complex<double>> spectrum(window);  // only the first half is written
  double maximum = -10;                                // log10 of the floor
  for (std::size_t t = 0; t < frames; ++t) {
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(t) * hop - window / 2;
    const bool within = start >= 0 && start + window <= static_cast<std::ptrdiff_t>(samples.size());
    for (std::ptrdiff_t i = 0; i < window; ++i) {
      const auto at = within ? static_cast<std::size_t>(start + i) : reflected(start + i, samples.size());
      frame[static_cast<std::size_t>(i)] = samples[at] * hann[static_cast<std::size_t>(i)];
    }
    fft.fwd(spectrum.data(), frame.data(), window);
    for (std::size_t b = 0; b < bins; ++b) power[b] = std::norm(spectrum[b]);
    for (std::size_t m = 0; m < filters.size(); ++m) {
      double energy = 0;
      const double* at = power.data() + filters[m].first;
      for (const double w : filters[m].weights) energy += w * *at++;
      const double level = std::log10(std::max(energy, 1e-10));
      maximum = std::max(maximum, level);
      out.values[m * frames + t] = static_cast<float>(level);
    }
  }
  for (float& v : out.values) v = static_cast<float>((std::max(static_cast<double>(v), maximum - 8) + 4) / 4);
  return out;
}

std::vector<float> pad_or_trim(std::span<const float> samples, std::size_t length) {
  std::vector<float> out(samples.begin(),
                         samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), length)));
  out.resize(length, 0.0f);
  return out;
}

}  // namespace undertone
