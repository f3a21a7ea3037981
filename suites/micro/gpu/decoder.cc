// Adapter and decoder: forward, training step, decoding with the cache.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "suites/micro/gpu/benchmarks.h"
#include "suites/micro/speech_batch.h"

namespace undertone::micro {
namespace {

struct Size {
  const char* name;
  int vocabulary, layers, width, heads, kv_heads, head_width, ff;
};
constexpr Size kMiniature{"miniature", 256, 3, 192, 6, 6, 32, 512};
constexpr Size kSmolLm{"smollm2_135m", 49152, 30, 576, 9, 3, 64, 1536};
// Two of Gemma-2-9B's 42 blocks (as Llama blocks of its widths), with a small vocabulary: time per block is
// what counts.
constexpr Size kNineBillion{"9b_2_layers", 4096, 2, 3584, 16, 8, 256, 14336};

SpeechLMConfig config_of(const Size& size) {
  SpeechLMConfig out;
  out.adapter = {"mlp", 5, {512, 512}, false, false, 1, 512, size.width};
  DecoderConfig& d = out.decoder;
  d.vocabulary = size.vocabulary;
  d.layers = size.layers;
  d.width = size.width;
  d.heads = size.heads;
  d.kv_heads = size.kv_heads;
  d.head_width = size.head_width;
  d.ff = size.ff;
  return out;
}

// Made once per size and device: random weights of a hundred million parameters take seconds.
const SpeechLM& model_on(const Size& size, at::Device device) {
  static std::string made;
  static SpeechLM model;
  if (const std::string wanted = size.name + device.str(); made != wanted) {
    model = random_speech_lm(config_of(size), "micro/gpu");
    place(model, device);
    made = wanted;
  }
  return model;
}

bool near_uniform(double loss, const Size& size) {
  return std::abs(loss - std::log(double(size.vocabulary))) < 2;
}

void training_step(benchmark::State& state, const std::string& name, const Size& size, bool adapter_only) {
  const at::Device device = device_from(name, "float32");
  SpeechLM model = model_on(size, device);
  const auto trained = require_gradients(model, adapter_only ? "adapter" : "");
  BatchShape shape;
  shape.items = state.range(0);
  const TrainingBatch batch = on_device(speech_batch(model.config(), shape, "micro/batch"), device);
  if (!proves(state, near_uniform(speech_lm_loss(model, batch).item<double>(), size),
              "the loss of a random model is not near log(vocabulary)"))
    return;
  const double rows = static_cast<double>(batch.layout.rows),
               labels = static_cast<double>(batch.labels.size(0));
  // Backward through frozen weights costs one product each, through trained ones two.
  time_on(
      state, device,
      decoder_flop(model.decoder.config, rows, static_cast<double>(batch.layout.longest), labels) *
          (adapter_only ? 2 : 3),
      [&] { torch::autograd::grad({speech_lm_loss(model, batch)}, trained, {}, std::nullopt, false, true); });
  state.counters["items_per_second"] =
      benchmark::Counter(static_cast<double>(shape.items), benchmark::Counter::kIsIterationInvariantRate);
}

// One token for every row of a batch whose prompts of 64 stand in the cache.
void decode_step(benchmark::State& state, const std::string& name, const Size& size) {
  const at::Device device = device_from(name, "float32");
  const at::NoGradGuard no_gradients;
  const SpeechLM& model = model_on(size, device);
  const std::int64_t batch = state.range(0), prompt = 64;
  const at::Tensor x = random_normal({batch * prompt, size.width}, 0.1, "micro/gpu", "prompt").to(device);
  KeyValueCache cache;
  const at::Tensor hidden =
      decoder_prefill(model.decoder, x, std::vector<std::int64_t>(static_cast<std::size_t>(batch), prompt),
                      prompt, 32, cache);
  const at::Tensor first = embed_tokens(model.decoder, decoder_logits(model.decoder, hidden).argmax(1));
  const at::Tensor stepped = decoder_step(model.decoder, first, cache);
  // The second token anew, from the whole prefix.
  const at::Tensor whole =
      at::cat({x.view({batch, prompt, size.width}), first.view({batch, 1, size.width})}, 1);
  const at::Tensor anew =
      decoder_forward(model.decoder, whole.reshape({batch * (prompt + 1), size.width}),
                      sequence_layout(std::vector<std::int64_t>(static_cast<std::size_t>(batch), prompt + 1)),
                      at::arange(batch, at::kLong).to(device) * (prompt + 1) + prompt);
  if (!proves(
          state,
          (anew - stepped).abs().max().item<double>() < 1e-3 * std::max(1.0, anew.abs().max().item<double>()),
          "the cached step differs from the whole prefix"))
    return;
  time_on(state, device,
          decoder_flop(model.decoder.config, static_cast<double>(batch), 2.0 * prompt,
                       static_cast<double>(batch)),
          [&] {
            // When the slots are used up, the same ones are written again: a step costs the same in any of
            // them.
            if (cache.prompt_slots + cache.generated >= cache.slots) cache.generated = 1;
            decoder_logits(model.decoder, decoder_step(model.decoder, first, cache));
          });
  state.counters["tokens_per_second"] =
      benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_decoder_on(const std::string& device) {
  const auto add = [&](const char* what, const Size& size, auto run,
                       std::initializer_list<std::int64_t> batches) {
    auto* one = benchmark::RegisterBenchmark(
                    (device + "/" + what + "/" + size.name).c_str(),
                    [device, size, run](benchmark::State& state) { run(state, device, size); })
                    ->ArgName("batch")
                    ->UseManualTime()
                    ->Unit(benchmark::kMillisecond);
    for (const std::int64_t batch : batches) one->Arg(batch);
  };
  const auto adapter = [](benchmark::State& s, const std::string& d, const Size& z) {
    training_step(s, d, z, true);
  };
  const auto all = [](benchmark::State& s, const std::string& d, const Size& z) {
    training_step(s, d, z, false);
  };
  if (device == "cpu") {
    add("train_adapter", kMiniature, adapter, {8});
    add("train_all", kMiniature, all, {8});
    add("decode_step", kMiniature, decode_step, {32});
    return;
  }
  for (const Size& size : {kMiniature, kSmolLm, kNineBillion}) {
    add("train_adapter", size, adapter, {8, 64});
    add("train_all", size, all, {8});
    add("decode_step", size, decode_step, {1, 32});
  }
}

}  // namespace undertone::micro
