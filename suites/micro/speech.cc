// Log-mel against the same transform from torch's operators (at::stft, a dense filter bank).
#include <ATen/ATen.h>

#include <cmath>

#include "harness/core/random.h"
#include "harness/speech/log_mel.h"
#include "suites/micro/benchmarks.h"
#include "suites/micro/measure.h"

namespace undertone::micro {
namespace {

std::vector<float> noise(double seconds) {
  Stream random("micro/noise");
  std::vector<float> out(static_cast<std::size_t>(seconds * 16000));
  for (float& v : out) v = static_cast<float>(0.1 * random.normal());
  return out;
}

// openai/whisper's audio.py in torch operators, float32.
struct TorchLogMel {
  at::Tensor window = at::hann_window(400, true, at::kFloat);
  at::Tensor filters;  // [mels, 201]
  explicit TorchLogMel(int mels) {
    const std::vector<double> bank = mel_filters(mels);
    filters = at::tensor(bank, at::kDouble).view({mels, 201}).to(at::kFloat);
  }
  at::Tensor operator()(const at::Tensor& samples) const {
    const at::Tensor spectrum = at::stft(samples, 400, 160, 400, window, /*center=*/true, "reflect",
                                         /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true);
    const at::Tensor power = at::abs(spectrum.narrow(1, 0, spectrum.size(1) - 1)).square();
    const at::Tensor level = at::matmul(filters, power).clamp_min(1e-10).log10();
    return (at::maximum(level, level.max() - 8) + 4) / 4;
  }
};

void log_mel_against_stft(benchmark::State& state) {
  const std::vector<float> samples = noise(static_cast<double>(state.range(0)) / 10);
  const at::Tensor input = at::tensor(samples, at::kFloat);
  const TorchLogMel peer(80);
  const LogMel mine = log_mel(samples);
  const at::Tensor theirs = peer(input).contiguous();
  double worst = 0;
  for (std::size_t i = 0; i < mine.values.size(); ++i)
    worst = std::max(worst, std::abs(double{mine.values[i]} - theirs.const_data_ptr<float>()[i]));
  if (!proves(state, static_cast<std::int64_t>(mine.values.size()) == theirs.numel() && worst < 1e-3,
              "log-mel differs from at::stft's"))
    return;
  against(
      state, "at::stft and a dense filter bank, float32",
      [&] { benchmark::DoNotOptimize(log_mel(samples).values.data()); },
      [&] { benchmark::DoNotOptimize(peer(input).const_data_ptr<float>()); });
  state.counters["audio_seconds_per_second"] = benchmark::Counter(
      static_cast<double>(state.range(0)) / 10, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_speech() {
  benchmark::RegisterBenchmark("log_mel", log_mel_against_stft)
      ->ArgName("tenths_of_a_second")
      ->Arg(25)
      ->Arg(300)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace undertone::micro
