// Whisper's encoder: one clip (as features are computed, so that neighbours change no byte) and a batch of
// eight.
#include <ATen/ATen.h>

#include "harness/model/whisper_encoder.h"
#include "suites/micro/gpu/benchmarks.h"

namespace undertone::micro {
namespace {

struct Size {
  const char* name;
  WhisperEncoderConfig config;
};
// mels, width, heads, layers, inner, positions
constexpr Size kTiny{"whisper_tiny", {80, 384, 6, 4, 1536, 1500}};
constexpr Size kBase{"whisper_base", {80, 512, 8, 6, 2048, 1500}};
// Eight of large-v3's 32 layers: time per layer is what counts, and random weights are soon made.
constexpr Size kLarge{"whisper_large_v3_8_layers", {128, 1280, 20, 8, 5120, 1500}};

double flop_of(const WhisperEncoderConfig& c, double batch, double mel_frames) {
  const double t = mel_frames / 2, w = c.width;
  const double front = 2 * 3 * c.mels * w * mel_frames + 2 * 3 * w * w * t;
  return batch * (front + c.layers * (2 * t * (4 * w * w + 2 * w * c.inner) + 4 * t * t * w));
}

void encode(benchmark::State& state, const std::string& name, const Size& size) {
  const at::Device device = device_from(name, "float32");
  const std::int64_t batch = state.range(0), frames = state.range(1) * 10;
  WhisperEncoder encoder = WhisperEncoder::random(size.config, "micro/gpu");
  place(encoder, device);
  const at::Tensor mel = random_normal({batch, size.config.mels, frames}, 1, "micro/gpu", "mel").to(device);
  // A row of a batch equals the same clip alone up to rounding.
  const at::Tensor alone = encoder.encode(mel[0]), row = encoder.encode(mel)[0];
  const double scale = alone.abs().max().item<double>(), gap = (alone - row).abs().max().item<double>();
  if (!proves(state, gap <= 1e-3 * scale, "a row of the batch differs from the clip alone")) return;
  time_on(state, device, flop_of(size.config, static_cast<double>(batch), static_cast<double>(frames)),
          [&] { encoder.encode(mel); });
  state.counters["audio_seconds_per_second"] = benchmark::Counter(
      static_cast<double>(batch * frames) / 100, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_encoder_on(const std::string& device) {
  const auto add = [&](const Size& size) {
    return benchmark::RegisterBenchmark(
               (device + "/" + size.name).c_str(),
               [device, size](benchmark::State& state) { encode(state, device, size); })
        ->ArgNames({"batch", "tenths_of_a_second"})
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  };
  if (device == "cpu") {
    add(kTiny)->Args({1, 25})->Args({8, 25});
  } else {
    add(kBase)->Args({1, 25})->Args({8, 25})->Args({8, 300});
    add(kLarge)->Args({1, 25})->Args({8, 25})->Args({8, 300});
  }
}

}  // namespace undertone::micro
