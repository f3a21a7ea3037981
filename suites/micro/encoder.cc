// Whisper base's encoder (random weights: the time is the same) on the buckets that clips are padded to,
// against padding every clip to 30 s as the reference does.
#include <ATen/ATen.h>

#include "harness/model/whisper_encoder.h"
#include "suites/micro/benchmarks.h"
#include "suites/micro/measure.h"

namespace undertone::micro {
namespace {

constexpr int kMelFramesPerSecond = 100;

const WhisperEncoder& whisper_base() {
  static const WhisperEncoder encoder =
      WhisperEncoder::random({80, 512, 8, 6, 2048, 1500}, "micro/whisper-base");
  return encoder;
}

// Measured once: the padded form is the same for every bucket.
double seconds_padded() {
  static const double seconds = [] {
    const at::Tensor mel = at::zeros({80, 30 * kMelFramesPerSecond}, at::kFloat);
    whisper_base().encode(mel);
    return seconds_of([&] { benchmark::DoNotOptimize(whisper_base().encode(mel).const_data_ptr()); });
  }();
  return seconds;
}

void encode_bucket(benchmark::State& state) {
  const std::int64_t frames = state.range(0) * kMelFramesPerSecond / 10;
  const at::Tensor mel = random_normal({80, frames}, 1, "micro/mel", std::to_string(frames));
  const WhisperEncoder& encoder = whisper_base();
  const at::Tensor out = encoder.encode(mel), again = encoder.encode_layers(mel).back()[0];
  if (!proves(state,
              out.size(0) == frames / 2 && at::equal(out, again) && at::isfinite(out).all().item<bool>(),
              "the encoder's output differs from its last layer's"))
    return;
  double mine = 0;
  std::int64_t runs = 0;
  for (auto _ : state) {
    const double now = seconds_of([&] { benchmark::DoNotOptimize(encoder.encode(mel).const_data_ptr()); });
    mine += now;
    ++runs;
    state.SetIterationTime(now);
  }
  state.counters["peer_over_ours"] = seconds_padded() * static_cast<double>(runs) / mine;
  state.counters["audio_seconds_per_second"] = benchmark::Counter(
      static_cast<double>(state.range(0)) / 10, benchmark::Counter::kIsIterationInvariantRate);
  state.SetLabel("peer: the same encoder on the clip padded to 30 s");
}

}  // namespace

void register_encoder() {
  benchmark::RegisterBenchmark("whisper_base_encode", encode_bucket)
      ->ArgName("tenths_of_a_second")
      ->Arg(5)
      ->Arg(25)
      ->Arg(50)
      ->Arg(100)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace undertone::micro
