// Every block's gradient, by every parameter, in double, on contiguous and non-contiguous inputs.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "harness/model/speech_lm.h"
#include "tests/support/gradients.h"

namespace undertone {
namespace {

using test::both_ways;
using test::check_gradients;
using test::random_double;
using Inputs = std::vector<at::Tensor>;

// Replaces the model's parameters by `values`, in their order.
void set_parameters(SpeechLM& model, const Inputs& values) {
  std::size_t i = 0;
  model.for_each_parameter([&](const std::string&, at::Tensor& value) { value = values[i++]; });
}

SpeechLM double_model(const SpeechLMConfig& config, Inputs& parameters) {
  SpeechLM model = random_speech_lm(config, "gradients");
  model.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    // Norm gains of exactly one and biases of zero would hide mistakes.
    value = value.to(at::kDouble) + random_double(value.sizes(), name, 0.1);
    parameters.push_back(value);
  });
  return model;
}

TEST(Gradients, RmsNorm) {
  both_ways("rms_norm", {random_double({5, 11}, "x"), random_double({11}, "w")},
            [](const Inputs& in) { return rms_norm(in[0], in[1], 1e-5); });
}

TEST(Gradients, SwiGlu) {
  both_ways("swiglu", {random_double({4, 10}, "x")}, [](const Inputs& in) { return swiglu(in[0]); });
}

TEST(Gradients, Rotate) {
  const SequenceLayout layout = sequence_layout({3, 4});
  const RotaryTables tables = rotary_tables(layout.positions, 6, 100, at::empty({0}, at::kDouble));
  both_ways("rotate", {random_double({7, 4, 6}, "x")},
            [&](const Inputs& in) { return rotate(in[0], tables, 3); });
}

TEST(Gradients, PadAndUnpad) {
  const SequenceLayout layout = sequence_layout({3, 1, 4});
  both_ways("pad", {random_double({8, 3}, "x")}, [&](const Inputs& in) { return pad_rows(in[0], layout); });
  both_ways("unpad", {random_double({12, 3}, "x")},
            [&](const Inputs& in) { return unpad_rows(in[0], layout); });
}

TEST(Gradients, PermuteRows) {
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  both_ways("permute", {random_double({4, 3}, "x")},
            [&](const Inputs& in) { return permute_rows(in[0], order); });
}

TEST(Gradients, CausalAttention) {
  for (const std::int64_t kv_heads : {4, 2, 1})
    for (const auto& lengths : {std::vector<std::int64_t>{3, 1, 5}, {4, 4}})
      both_ways(
          "attention", {random_double({sequence_layout(lengths).rows, 4 + 2 * kv_heads, 4}, "qkv")},
          [&](const Inputs& in) { return causal_attention(in[0], sequence_layout(lengths), 4, kv_heads); });
}

TEST(Gradients, Adapter) {
  for (const char* kind : {"mlp", "gated"})
    for (const bool norms : {false, true}) {
      Adapter shape = random_adapter(
          {kind, 2, std::vector<int>(kind[0] == 'm' ? 2 : 1, 5), norms, norms, norms ? 0.5 : 1.0, 3, 4},
          "adapter");
      Inputs inputs{random_double({3, 6}, "x")};
      shape.for_each_parameter([&](const std::string& name, at::Tensor& value) {
        inputs.push_back(value.to(at::kDouble) + random_double(value.sizes(), name, 0.1));
      });
      both_ways("adapter", inputs, [&](const Inputs& in) {
        Adapter adapter = shape;
        std::size_t i = 1;
        adapter.for_each_parameter([&](const std::string&, at::Tensor& value) { value = in[i++]; });
        return adapter_forward(adapter, in[0]);
      });
    }
}

TEST(Gradients, DecoderByEveryParameter) {
  for (const bool tied : {true, false}) {
    SpeechLMConfig config;
    config.adapter = {"mlp", 2, {5, 4}, false, false, 1, 3, 8};
    config.decoder = {7, 2, 8, 4, 2, 2, 12, 100, 1e-5, tied};
    Inputs parameters;
    const SpeechLM model = double_model(config, parameters);
    const SequenceLayout layout = sequence_layout({4, 2});
    Inputs inputs = parameters;
    inputs.push_back(random_double({6, 8}, "x"));
    both_ways("decoder", inputs, [&](const Inputs& in) {
      SpeechLM moved = model;
      set_parameters(moved, in);
      // The adapter, and the embedding where the head is not tied, take no part here; their gradients must
      // exist for the check, so they enter with weight zero.
      at::Tensor none = at::zeros({}, at::kDouble);
      for (const at::Tensor& parameter : in) none = none + parameter.sum() * 0;
      return decoder_logits(moved.decoder, decoder_forward(moved.decoder, in.back(), layout)) + none;
    });
  }
}

TEST(Gradients, LossByEveryParameter) {
  SpeechLMConfig config;
  config.adapter = {"mlp", 2, {5, 4}, false, false, 1, 3, 8};
  config.decoder = {9, 2, 8, 2, 1, 4, 12, 100, 1e-5, true};
  Inputs parameters;
  const SpeechLM model = double_model(config, parameters);
  const at::Tensor frames = random_double({5, 3}, "frames").to(at::kFloat);
  const std::vector<EncodedItem> items{{"clip", {}, {4, 5}, {6, 7, 2}}, {"", {8, 4}, {5}, {3, 2}}};
  const std::vector<const EncodedItem*> pointers{&items[0], &items[1]};
  const TrainingBatch batch = make_training_batch(
      pointers, {}, [&](const std::string&) { return frames; }, config.adapter, 2);
  check_gradients("loss", parameters, [&](const Inputs& in) {
    SpeechLM moved = model;
    set_parameters(moved, in);
    return speech_lm_loss(moved, batch);
  });
}

TEST(Loss, IsTheMeanOverAnItemsTokensThenOverItems) {
  SpeechLMConfig config;
  config.adapter = {"mlp", 2, {5, 4}, false, false, 1, 3, 8};
  config.decoder = {9, 1, 8, 2, 1, 4, 12, 100, 1e-5, true};
  const SpeechLM model = random_speech_lm(config, "loss");
  const std::vector<EncodedItem> items{{"", {}, {4, 5}, {6, 7, 8, 2}}, {"", {8, 4}, {5}, {3}}};
  const auto loss = [&](std::vector<const EncodedItem*> some) {
    const auto batch =
        make_training_batch(some, {}, nullptr, config.adapter, static_cast<std::int64_t>(some.size()));
    return speech_lm_loss(model, batch).item<double>();
  };
  EXPECT_NEAR(loss({&items[0], &items[1]}), (loss({&items[0]}) + loss({&items[1]})) / 2, 1e-6);
}

}  // namespace
}  // namespace undertone
