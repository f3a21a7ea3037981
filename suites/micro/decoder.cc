// The miniature speech LM's kernels: blocks, a training step, decoding with the key-value cache, the
// optimiser.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adamw.h>

#include "harness/model/blocks.h"
#include "harness/train/optimiser.h"
#include "suites/micro/benchmarks.h"
#include "suites/micro/measure.h"
#include "suites/micro/speech_batch.h"

namespace undertone::micro {
namespace {

SpeechLMConfig miniature() {
  SpeechLMConfig config;
  config.adapter = {"mlp", 5, {512, 512}, false, false, 1, 512, 192};
  config.decoder.vocabulary = 256;
  config.decoder.layers = 3;
  config.decoder.width = 192;
  config.decoder.heads = config.decoder.kv_heads = 6;
  config.decoder.head_width = 32;
  config.decoder.ff = 512;
  return config;
}

double worst(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

void rms_norm_forward_backward(benchmark::State& state) {
  const at::Tensor x = random_normal({800, 192}, 1, "micro", "x").requires_grad_(true);
  const at::Tensor weight = at::ones({192}, at::kFloat).requires_grad_(true);
  const at::Tensor up = random_normal({800, 192}, 1, "micro", "up");
  const auto composed = [&] { return x * (x.pow(2).mean(-1, true) + 1e-5).rsqrt() * weight; };
  const auto gradients = [&](const at::Tensor& y) { return torch::autograd::grad({y}, {x, weight}, {up}); };
  const auto mine = gradients(rms_norm(x, weight, 1e-5)), theirs = gradients(composed());
  if (!proves(state, worst(mine[0], theirs[0]) < 1e-4 && worst(mine[1], theirs[1]) < 1e-2,
              "the gradients of rms_norm differ from the composition's"))
    return;
  against(
      state, "the composition of torch operators", [&] { gradients(rms_norm(x, weight, 1e-5)); },
      [&] { gradients(composed()); });
}

void causal_attention_forward(benchmark::State& state) {
  const at::NoGradGuard no_gradients;
  const std::int64_t batch = 16, time = state.range(0), heads = 6, width = 32;
  const at::Tensor qkv = random_normal({batch * time, 3 * heads, width}, 1, "micro", "qkv");
  const SequenceLayout layout =
      sequence_layout(std::vector<std::int64_t>(static_cast<std::size_t>(batch), time));
  const at::Tensor future = at::ones({time, time}, at::kBool).triu(1);
  const auto explicit_softmax = [&] {
    const at::Tensor padded = qkv.view({batch, time, 3, heads, width}).permute({2, 0, 3, 1, 4});
    const at::Tensor scores = at::matmul(padded[0], padded[1].transpose(2, 3)) / std::sqrt(double{width});
    const at::Tensor mixed = at::matmul(at::softmax(scores.masked_fill(future, -INFINITY), -1), padded[2]);
    return mixed.transpose(1, 2).reshape({batch * time, heads * width});
  };
  const auto ours = [&] { return causal_attention(qkv, layout, heads, heads); };
  if (!proves(state, worst(ours(), explicit_softmax()) < 1e-4, "attention differs from the explicit softmax"))
    return;
  against(
      state, "explicit softmax over all pairs", [&] { benchmark::DoNotOptimize(ours().const_data_ptr()); },
      [&] { benchmark::DoNotOptimize(explicit_softmax().const_data_ptr()); });
}

// One part of a batch: forward, loss, backward. "adapter" is what variants train, "" (everything) the base
// stage.
void training_step(benchmark::State& state, const std::string& trains) {
  SpeechLM model = random_speech_lm(miniature(), "micro/model");
  const auto trained = require_gradients(model, trains);
  BatchShape shape;
  const TrainingBatch batch = speech_batch(model.config(), shape, "micro/batch");
  double loss = 0;
  const auto step = [&] {
    const at::Tensor value = speech_lm_loss(model, batch);
    loss = value.item<double>();
    return torch::autograd::grad({value}, trained);
  };
  const auto gradients = step();
  // A random model is about as unsure as a uniform guess.
  if (!proves(state, std::abs(loss - std::log(256.0)) < 2 && gradients.back().isfinite().all().item<bool>(),
              "the loss of a random model is not near log(vocabulary)"))
    return;
  for (auto _ : state) {
    const double now = seconds_of(step);
    state.SetIterationTime(now);
  }
  state.counters["items_per_second"] =
      benchmark::Counter(static_cast<double>(shape.items), benchmark::Counter::kIsIterationInvariantRate);
}

// Sixteen tokens for 32 rows with the cache, against computing every prefix anew.
void decode(benchmark::State& state) {
  const at::NoGradGuard no_gradients;
  constexpr std::int64_t batch = 32, prompt = 48, tokens = 16;
  const Decoder decoder = random_decoder(miniature().decoder, "micro/decoder");
  const at::Tensor x = random_normal({batch * prompt, 192}, 0.1, "micro", "prompt");
  at::Tensor cached_logits, recomputed_logits;
  const auto with_cache = [&] {
    KeyValueCache cache;
    at::Tensor hidden =
        decoder_prefill(decoder, x, std::vector<std::int64_t>(batch, prompt), prompt, tokens, cache);
    for (std::int64_t t = 0; t < tokens; ++t) {
      cached_logits = decoder_logits(decoder, hidden);
      hidden = decoder_step(decoder, embed_tokens(decoder, cached_logits.argmax(1)), cache);
    }
  };
  const auto anew = [&] {
    at::Tensor sequences = x.view({batch, prompt, 192});
    for (std::int64_t t = 0; t < tokens; ++t) {
      const std::int64_t time = prompt + t;
      const at::Tensor hidden = decoder_forward(decoder, sequences.reshape({batch * time, 192}),
                                                sequence_layout(std::vector<std::int64_t>(batch, time)),
                                                at::arange(batch, at::kLong) * time + (time - 1));
      recomputed_logits = decoder_logits(decoder, hidden);
      sequences =
          at::cat({sequences, embed_tokens(decoder, recomputed_logits.argmax(1)).view({batch, 1, 192})}, 1);
    }
  };
  with_cache();
  anew();
  if (!proves(state, worst(cached_logits, recomputed_logits) < 1e-3,
              "the cache's logits differ from recomputed ones"))
    return;
  against(state, "every prefix computed anew", with_cache, anew);
  state.counters["tokens_per_second"] =
      benchmark::Counter(static_cast<double>(batch * tokens), benchmark::Counter::kIsIterationInvariantRate);
}

void optimiser_step(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  FlatParameters flat;
  flat.parts.push_back({"all", 0, {n}, true});
  flat.values = random_normal({n}, 1, "micro", "values");
  flat.moment1 = at::zeros({n}, at::kFloat);
  flat.moment2 = at::zeros({n}, at::kFloat);
  const at::Tensor gradient = random_normal({n}, 1, "micro", "gradient");
  AdamWOptions options;
  options.weight_decay = 0.01;
  at::Tensor theirs = flat.values.clone().requires_grad_(true);
  theirs.mutable_grad() = gradient.clone();
  torch::optim::AdamW peer({theirs}, torch::optim::AdamWOptions(1e-3)
                                         .betas({options.beta1, options.beta2})
                                         .eps(options.eps)
                                         .weight_decay(options.weight_decay));
  std::int64_t step = 0;
  const auto ours = [&] { adamw(flat, gradient, options, {1e-3, ++step, 1}, 0, n); };
  for (int i = 0; i < 3; ++i) {
    ours();
    peer.step();
  }
  if (!proves(state, worst(flat.values, theirs.detach()) < 1e-5, "AdamW differs from torch::optim::AdamW"))
    return;
  against(state, "torch::optim::AdamW", ours, [&] { peer.step(); });
  state.counters["parameters_per_second"] =
      benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_decoder() {
  const auto add = [](const char* name, auto function) {
    return benchmark::RegisterBenchmark(name, function)->UseManualTime()->Unit(benchmark::kMillisecond);
  };
  add("rms_norm_forward_backward", rms_norm_forward_backward);
  add("causal_attention", causal_attention_forward)->ArgName("time")->Arg(64)->Arg(256);
  add("training_step/adapter", [](benchmark::State& s) { training_step(s, "adapter"); });
  add("training_step/all", [](benchmark::State& s) { training_step(s, ""); });
  add("decode_16_tokens_32_rows", decode);
  add("adamw", optimiser_step)->ArgName("parameters")->Arg(1'500'000);
}

}  // namespace undertone::micro
