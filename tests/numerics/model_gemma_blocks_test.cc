// What Gemma 3 adds to the decoder: gradients of its blocks, the cache against recomputing with local layers,
// several tokens at once against one by one; and that frozen weights cost no gradient.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <gtest/gtest.h>

#include "harness/model/decoder.h"
#include "harness/model/pretrained.h"
#include "tests/support/gradients.h"

namespace undertone {
namespace {

using test::both_ways;
using test::random_double;
using Inputs = std::vector<at::Tensor>;

DecoderConfig small_gemma(int width, int layers) {
  DecoderConfig config;
  config.vocabulary = 50;
  config.layers = layers;
  config.width = width;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_width = 6;  // heads * head_width is not the width
  config.ff = 20;
  config.norm_eps = 1e-6;
  config.rope_base = 1000;
  config.local_rope_base = 50;
  config.window = 4;
  config.global_every = 2;
  config.query_scale = 0.3;
  make_gemma3(config);
  return config;
}

// Gains of exactly one would hide mistakes.
Decoder shaken(const DecoderConfig& config) {
  Decoder decoder = random_decoder(config, "gemma blocks");
  decoder.for_each_parameter([](const std::string& name, at::Tensor& value) {
    value = value + random_double(value.sizes(), name, 0.1).to(at::kFloat);
  });
  return decoder;
}

TEST(GemmaBlocks, GeGluGradient) {
  both_ways("geglu", {random_double({4, 10}, "x")}, [](const Inputs& in) { return geglu(in[0]); });
}

TEST(GemmaBlocks, GeGluIsTheTanhForm) {
  const at::Tensor x = random_double({3, 8}, "x"), gate = x.narrow(1, 0, 4);
  const at::Tensor inner = std::sqrt(2 / M_PI) * (gate + 0.044715 * gate.pow(3));
  const at::Tensor expected = 0.5 * gate * (1 + at::tanh(inner)) * x.narrow(1, 4, 4);
  EXPECT_LT((geglu(x) - expected).abs().max().item<double>(), 1e-12);
}

TEST(GemmaBlocks, NormHeadsGradient) {
  both_ways("norm_heads", {random_double({3, 8, 6}, "qkv"), random_double({6}, "q"), random_double({6}, "k")},
            [](const Inputs& in) { return norm_heads(in[0], in[1], in[2], 4, 2, 1e-6); });
}

TEST(GemmaBlocks, NormHeadsLeavesValuesAlone) {
  const at::Tensor qkv = random_double({3, 8, 6}, "qkv");
  const at::Tensor out =
      norm_heads(qkv, at::ones({6}, at::kDouble), at::full({6}, 2.0, at::kDouble), 4, 2, 0);
  EXPECT_TRUE(at::equal(out.narrow(1, 6, 2), qkv.narrow(1, 6, 2)));
  EXPECT_NEAR(out[1][3].pow(2).mean().item<double>(), 1, 1e-12);
  EXPECT_NEAR(out[1][5].pow(2).mean().item<double>(), 4, 1e-12);
}

TEST(GemmaBlocks, WindowedAttentionGradient) {
  for (const auto& lengths : {std::vector<std::int64_t>{6, 2, 5}, {5, 5}})
    both_ways("window", {random_double({sequence_layout(lengths).rows, 8, 4}, "qkv")}, [&](const Inputs& in) {
      return causal_attention(in[0], sequence_layout(lengths), 4, 2, 0.37, 3);
    });
}

TEST(GemmaBlocks, AQuerySeesItselfAndTheWindowBeforeIt) {
  const at::Tensor qkv = random_double({9, 3, 4}, "qkv");
  const at::Tensor all = causal_attention(qkv, sequence_layout({9}), 1, 1, 0.5, 4);
  for (std::int64_t i = 0; i < 9; ++i) {
    const std::int64_t from = std::max<std::int64_t>(0, i - 3), count = i - from + 1;
    const at::Tensor keys = qkv.narrow(0, from, count).select(1, 1),
                     values = qkv.narrow(0, from, count).select(1, 2);
    const at::Tensor expected = at::matmul(at::softmax(at::matmul(keys, qkv[i][0]) * 0.5, 0), values);
    EXPECT_LT((all[i] - expected).abs().max().item<double>(), 1e-12) << i;
  }
}

TEST(GemmaBlocks, DecoderGradientByEveryParameter) {
  const Decoder model = shaken(small_gemma(8, 2));
  Inputs inputs;
  Decoder copy = model;
  copy.for_each_parameter(
      [&](const std::string&, at::Tensor& value) { inputs.push_back(value.to(at::kDouble)); });
  inputs.push_back(random_double({9, 8}, "x"));
  both_ways("gemma decoder", inputs, [&](const Inputs& in) {
    Decoder moved = model;
    std::size_t i = 0;
    moved.for_each_parameter([&](const std::string&, at::Tensor& value) { value = in[i++]; });
    return decoder_logits(moved, decoder_forward(moved, in.back(), sequence_layout({7, 2})));
  });
}

struct Prompts {
  std::vector<at::Tensor> rows;
  std::vector<std::int64_t> lengths;
  at::Tensor padded;  // [rows * 16, width]
  explicit Prompts(int width) {
    for (const std::int64_t n : {5, 16, 1, 11}) {
      rows.push_back(random_normal({n, width}, 1, "gemma cache", std::to_string(n)));
      lengths.push_back(n);
    }
    padded = at::zeros({static_cast<std::int64_t>(rows.size()) * 16, width}, at::kFloat);
    for (std::size_t i = 0; i < rows.size(); ++i)
      padded.narrow(0, static_cast<std::int64_t>(i) * 16, lengths[i]).copy_(rows[i]);
  }
};

TEST(GemmaBlocks, CacheEqualsRecomputingPastTheWindow) {
  at::set_num_threads(1);
  const DecoderConfig config = small_gemma(24, 4);
  const Decoder decoder = shaken(config);
  Prompts prompts(config.width);
  KeyValueCache cache;
  at::Tensor hidden = decoder_prefill(decoder, prompts.padded, prompts.lengths, 16, 9, cache);
  for (int step = 0; step < 9; ++step) {
    const at::Tensor next = decoder_logits(decoder, hidden).argmax(1);
    for (std::size_t r = 0; r < prompts.rows.size(); ++r) {
      const std::int64_t n = prompts.rows[r].size(0), row = static_cast<std::int64_t>(r);
      const at::Tensor anew = decoder_forward(decoder, prompts.rows[r], sequence_layout({n}))[n - 1];
      EXPECT_LT((anew - hidden[row]).abs().max().item<float>(), 2e-5f) << "row " << r << " step " << step;
      prompts.rows[r] = at::cat({prompts.rows[r], embed_tokens(decoder, next.narrow(0, row, 1))});
    }
    hidden = decoder_step(decoder, embed_tokens(decoder, next), cache);
  }
}

TEST(GemmaBlocks, SeveralTokensAtOnceEqualOneByOne) {
  at::set_num_threads(1);
  for (const bool gemma : {true, false}) {
    DecoderConfig config = small_gemma(24, 4);
    if (!gemma) config = {50, 3, 24, 4, 2, 6, 40, 10000, 1e-5, true};
    const Decoder decoder = shaken(config);
    const Prompts prompts(config.width);
    KeyValueCache one, several;
    decoder_prefill(decoder, prompts.padded, prompts.lengths, 16, 8, one);
    decoder_prefill(decoder, prompts.padded, prompts.lengths, 16, 8, several);
    const at::Tensor x = random_normal({4, 7, config.width}, 1, "gemma cache", "further");
    const at::Tensor at_once =
        decoder_extend(decoder, x.reshape({28, config.width}), 7, several).view({4, 7, -1});
    for (std::int64_t t = 0; t < 7; ++t)
      EXPECT_LT((decoder_step(decoder, x.select(1, t).contiguous(), one) - at_once.select(1, t))
                    .abs()
                    .max()
                    .item<float>(),
                2e-5f)
          << "token " << t;
    EXPECT_EQ(several.generated, 7);
    EXPECT_THROW(decoder_extend(decoder, x.narrow(1, 0, 2).reshape({8, config.width}), 2, several), Error);
  }
}

TEST(GemmaBlocks, JoinedCachesEqualOneBatch) {
  at::set_num_threads(1);
  const DecoderConfig config = small_gemma(24, 4);
  const Decoder decoder = shaken(config);
  const Prompts prompts(config.width);
  std::vector<KeyValueCache> alone(2);
  for (std::size_t r = 0; r < 2; ++r)
    decoder_prefill(decoder, prompts.padded.narrow(0, static_cast<std::int64_t>(r) * 16, 16),
                    {prompts.lengths[r]}, 16, 3, alone[r]);
  KeyValueCache joined = join_caches({&alone[0], &alone[1]}, 4), together;
  decoder_prefill(decoder, prompts.padded, prompts.lengths, 16, 3, together);
  const at::Tensor x = random_normal({4, config.width}, 1, "gemma cache", "one");
  const at::Tensor a = decoder_step(decoder, x, joined), b = decoder_step(decoder, x, together);
  EXPECT_LT((a.narrow(0, 0, 2) - b.narrow(0, 0, 2)).abs().max().item<float>(), 2e-5f);
  KeyValueCache used = alone[0];
  used.generated = 1;
  EXPECT_THROW(join_caches({&used}, 2), Error);
}

TEST(GemmaBlocks, SettingsSurviveJson) {
  DecoderConfig config = small_gemma(24, 4);
  config.context = 99;
  Json json = to_json(config);
  json.erase("vocabulary");
  EXPECT_EQ(to_json(decoder_config_from_json(json, 50)).dump(), to_json(config).dump());
  EXPECT_EQ(to_json(DecoderConfig{}).size(), 10u);  // Llama's settings alone, as checkpoints have them
}

// Sizes of what is allocated on the CPU by this thread.
struct Allocations : c10::MemoryReportingInfoBase {
  std::int64_t largest = 0;
  void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t, c10::Device) override {
    largest = std::max(largest, size);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

TEST(FrozenWeights, NoGradientOfTheirSizeIsAllocated) {
  at::set_num_threads(1);
  for (const bool gemma : {true, false})
    for (const bool frozen : {true, false}) {
      DecoderConfig config = small_gemma(64, 2);
      if (!gemma) config = {300, 2, 64, 4, 2, 16, 160, 10000, 1e-5, false};
      config.head_width = 16;
      config.ff = 160;
      Decoder decoder = shaken(config);
      std::int64_t smallest = 1 << 30;  // of the matrices, in bytes
      decoder.for_each_parameter([&](const std::string&, at::Tensor& value) {
        value.requires_grad_(!frozen);
        if (value.dim() == 2 && value.size(0) != config.vocabulary)
          smallest = std::min(smallest, static_cast<std::int64_t>(value.nbytes()));
      });
      const at::Tensor x = random_normal({3, 64}, 1, "frozen", "x").requires_grad_();
      const at::Tensor loss =
          decoder_logits(decoder, decoder_forward(decoder, x, sequence_layout({3}))).pow(2).sum();
      const auto seen = std::make_shared<Allocations>();
      {
        const c10::DebugInfoGuard watch(c10::DebugInfoKind::PROFILER_STATE, seen);
        loss.backward();
      }
      EXPECT_TRUE(x.grad().defined());
      EXPECT_GT(seen->largest, 0);
      if (frozen)
        EXPECT_LT(seen->largest, smallest);
      else
        EXPECT_GE(seen->largest, smallest);  // the watch would see one
      decoder.for_each_parameter([&](const std::string& name, at::Tensor& value) {
        if (frozen) {
          EXPECT_FALSE(value.grad().defined()) << name;
        }
      });
    }
}

TEST(FrozenWeights, BFloat16MatricesAreCloseAndPassGradients) {
  at::set_num_threads(1);
  const DecoderConfig config = small_gemma(24, 2);
  Decoder decoder = shaken(config);
  const at::Tensor x = random_normal({6, 24}, 1, "bfloat16", "x").requires_grad_();
  const auto run = [&] { return decoder_logits(decoder, decoder_forward(decoder, x, sequence_layout({6}))); };
  const at::Tensor full = run();
  const at::Tensor full_gradient = torch::autograd::grad({full.pow(2).sum()}, {x})[0];
  set_precision(decoder, Precision::bfloat16);
  EXPECT_EQ(decoder.layers[0].qkv.scalar_type(), at::kBFloat16);
  EXPECT_EQ(decoder.embedding.scalar_type(), at::kFloat);
  const at::Tensor half = run();
  EXPECT_EQ(half.scalar_type(), at::kFloat);
  const float error = ((half - full).abs().max() / full.abs().max()).item<float>();
  EXPECT_LT(error, 0.05f);
  EXPECT_GT(error, 1e-5f);  // it did compute in another type
  const at::Tensor gradient = torch::autograd::grad({half.pow(2).sum()}, {x})[0];
  EXPECT_LT(((gradient - full_gradient).abs().max() / full_gradient.abs().max()).item<float>(), 0.1f);
}

}  // namespace
}  // namespace undertone
