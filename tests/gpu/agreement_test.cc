// What a device computes in float32 against the same in double on the CPU: encoder, decoder, a training step,
// greedy tokens, the optimiser. On "cpu" these tests always run; on "cuda" they skip where there is no GPU.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "harness/model/placement.h"
#include "harness/model/whisper_encoder.h"
#include "harness/train/optimiser.h"
#include "suites/micro/speech_batch.h"

namespace undertone {
namespace {

class Device : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    const std::string why = why_no_cuda();
    if (std::string(GetParam()) == "cuda" && !why.empty()) GTEST_SKIP() << why;
    device_ = device_from(GetParam(), "float32");
  }
  at::Device device_ = at::kCPU;
};

SpeechLMConfig small() {
  SpeechLMConfig config;
  config.adapter = {"mlp", 4, {64, 64}, false, false, 1, 32, 96};
  DecoderConfig& d = config.decoder;
  d.vocabulary = 120;
  d.layers = 3;
  d.width = 96;
  d.heads = 6;
  d.kv_heads = 2;
  d.head_width = 16;
  d.ff = 128;
  return config;
}

template <class Model>
Model in_double(Model model) {
  model.for_each_parameter([](const std::string&, at::Tensor& value) { value = value.to(at::kDouble); });
  return model;
}

// Largest difference over the largest value of the reference.
double gap(const at::Tensor& found, const at::Tensor& reference) {
  const at::Tensor a = found.to(at::kCPU, at::kDouble), b = reference.to(at::kCPU, at::kDouble);
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

TEST_P(Device, Encoder) {
  const WhisperEncoderConfig config{80, 128, 2, 3, 256, 1500};
  WhisperEncoder reference = in_double(WhisperEncoder::random(config, "gpu")),
                 encoder = WhisperEncoder::random(config, "gpu");
  place(encoder, device_);
  for (const std::int64_t frames : {50, 250}) {
    const at::Tensor mel = random_normal({80, frames}, 1, "gpu", "mel");
    EXPECT_LT(gap(encoder.encode(mel.to(device_)), reference.encode(mel.to(at::kDouble))), 1e-4) << frames;
  }
}

// Sequences of several lengths, so that padding and grouped queries take part.
TEST_P(Device, DecoderForward) {
  const at::NoGradGuard no_gradients;
  Decoder decoder = random_decoder(small().decoder, "gpu");
  const Decoder reference = in_double(decoder);
  place(decoder, device_);
  const at::Tensor x = random_normal({30, 96}, 0.3, "gpu", "x");
  const SequenceLayout layout = sequence_layout({17, 4, 9});
  SequenceLayout there = layout;
  there.padded = there.padded.to(device_);
  EXPECT_LT(gap(decoder_logits(decoder, decoder_forward(decoder, x.to(device_), there)),
                decoder_logits(reference, decoder_forward(reference, x.to(at::kDouble), layout))),
            1e-4);
}

TrainingBatch ragged_batch(const SpeechLMConfig& config) {
  micro::BatchShape shape;
  shape.items = 6;
  shape.audio_rows = 7;
  shape.ragged = true;
  return micro::speech_batch(config, shape, "gpu/batch");
}

struct Step {
  double loss = 0;
  std::vector<at::Tensor> gradients;
};
Step step_of(SpeechLM model, const TrainingBatch& batch) {
  const auto trained = micro::require_gradients(model, "");
  const at::Tensor loss = speech_lm_loss(model, batch);
  return {loss.item<double>(), torch::autograd::grad({loss}, trained)};
}

TEST_P(Device, TrainingStep) {
  SpeechLM model = random_speech_lm(small(), "gpu");
  const TrainingBatch batch = ragged_batch(small());
  const Step reference = step_of(in_double(model), batch);
  place(model, device_);
  const Step found = step_of(model, on_device(batch, device_)),
             again = step_of(model, on_device(batch, device_));
  EXPECT_NEAR(found.loss, reference.loss, 1e-4 * reference.loss);
  ASSERT_EQ(found.gradients.size(), reference.gradients.size());
  for (std::size_t i = 0; i < found.gradients.size(); ++i) {
    EXPECT_LT(gap(found.gradients[i], reference.gradients[i]), 1e-3) << "parameter " << i;
    EXPECT_TRUE(at::equal(found.gradients[i], again.gradients[i]))
        << "parameter " << i << ": not the same bytes twice";
  }
}

TEST_P(Device, GreedyTokens) {
  const at::NoGradGuard no_gradients;
  Decoder decoder = random_decoder(small().decoder, "gpu");
  const Decoder reference = in_double(decoder);
  place(decoder, device_);
  const at::Tensor x = random_normal({4 * 16, 96}, 0.3, "gpu", "prompts");
  const auto tokens = [](const Decoder& with, const at::Tensor& prompts) {
    KeyValueCache cache;
    at::Tensor hidden = decoder_prefill(with, prompts, {16, 5, 11, 1}, 16, 12, cache);
    std::vector<at::Tensor> out;
    for (int t = 0; t < 12; ++t) {
      out.push_back(decoder_logits(with, hidden).argmax(1));
      hidden = decoder_step(with, embed_tokens(with, out.back()), cache);
    }
    return at::stack(out).cpu();
  };
  EXPECT_TRUE(at::equal(tokens(decoder, x.to(device_)), tokens(reference, x.to(at::kDouble))));
}

// The form of the device (loops on the CPU, tensor operations elsewhere) against tensor operations in double.
TEST_P(Device, Optimiser) {
  const auto parameters = [](at::TensorOptions where) {
    FlatParameters flat;
    flat.parts = {{"matrix", 0, {10, 20}, true}, {"bias", 200, {30}, false}};
    flat.values = random_normal({230}, 1, "gpu", "values").to(where);
    flat.moment1 = at::zeros({230}, where);
    flat.moment2 = at::zeros({230}, where);
    return flat;
  };
  FlatParameters found = parameters(at::TensorOptions(at::kFloat).device(device_)),
                 reference = parameters(at::kDouble);
  AdamWOptions options;
  options.weight_decay = 0.1;
  for (std::int64_t s = 1; s <= 20; ++s) {
    const at::Tensor gradient = random_normal({230}, 1, "gpu/gradient", std::to_string(s));
    const double norm = norm_of(gradient.to(device_));
    EXPECT_NEAR(norm, gradient.to(at::kDouble).norm().item<double>(), 1e-6 * norm);
    const AdamWStep step{1e-2, s, 0.5};
    // In two ranges, as the trainer's parts do.
    adamw(found, gradient.to(device_), options, step, 0, 77);
    adamw(found, gradient.to(device_), options, step, 77, 230);
    adamw_by_tensors(reference, gradient.to(at::kDouble), options, step, 0, 230);
  }
  EXPECT_LT(gap(found.values, reference.values), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(, Device, ::testing::Values("cpu", "cuda"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace undertone
