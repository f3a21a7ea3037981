// The decoder against transformers' LlamaForCausalLM: logits, loss and the gradient of every parameter
// (make_llama_small.py).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>
#include <fstream>

#include "harness/core/error.h"
#include "harness/model/decoder.h"
#include "harness/model/tensors.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

const std::vector<std::int64_t> kLengths{9, 6};

struct Golden {
  TensorFile file = open_safetensors(test::source_path("tests/golden/llama_small.safetensors"));
  DecoderConfig config =
      decoder_config_from_huggingface(read_json_file(test::source_path("tests/golden/llama_small.json")));
  Decoder decoder = load_llama(file, config);
  at::Tensor logits = tensor_from(file.at("logits"));
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> out(18);
    std::memcpy(out.data(), file.at("ids").bytes.data(), sizeof(std::int64_t) * out.size());
    return out;
  }
  std::vector<std::int64_t> packed_ids() const {
    std::vector<std::int64_t> all = ids(), out;
    for (std::size_t row = 0; row < 2; ++row)
      for (std::int64_t t = 0; t < kLengths[row]; ++t)
        out.push_back(all[row * 9 + static_cast<std::size_t>(t)]);
    return out;
  }
};

TEST(Llama, LogitsLossAndGradientsAgreeWithTransformers) {
  at::set_num_threads(1);
  Golden golden;
  std::vector<at::Tensor> leaves;
  std::vector<std::string> names;
  golden.decoder.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    value.requires_grad_(true);
    leaves.push_back(value);
    names.push_back(name);
  });
  const std::vector<std::int64_t> ids = golden.packed_ids();
  const SequenceLayout layout = sequence_layout(kLengths);
  const at::Tensor logits = decoder_logits(
      golden.decoder, decoder_forward(golden.decoder, embed_tokens(golden.decoder, at::tensor(ids)), layout));
  for (std::int64_t i = 0; i < layout.rows; ++i) {
    const std::int64_t at = layout.padded[i].item<std::int64_t>();
    EXPECT_LT((logits[i] - golden.logits[at / 9][at % 9]).abs().max().item<float>(), 1e-4f) << "row " << i;
  }
  // Labels: the next token of the same sequence.
  std::vector<std::int64_t> rows, labels;
  for (std::int64_t i = 0; i + 1 < layout.rows; ++i)
    if (i + 1 != kLengths[0]) {
      rows.push_back(i);
      labels.push_back(ids[static_cast<std::size_t>(i + 1)]);
    }
  const at::Tensor loss =
      at::cross_entropy_loss(logits.index_select(0, at::tensor(rows)), at::tensor(labels));
  EXPECT_NEAR(loss.item<float>(), tensor_from(golden.file.at("loss")).item<float>(), 1e-5);

  const auto gradients = torch::autograd::grad({loss}, leaves);
  const auto reference = [&](const std::string& name) {
    return tensor_from(golden.file.at("gradient." + name));
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    at::Tensor expected;
    const std::string layer = names[i].rfind("decoder.layers.", 0) == 0 ? names[i].substr(15, 1) : "";
    const std::string prefix = "model.layers." + layer + ".", attention = prefix + "self_attn.";
    const std::string part = names[i].substr(names[i].rfind('.') + 1);
    if (part == "embedding") expected = reference("model.embed_tokens.weight");
    if (part == "head") expected = reference("lm_head.weight");
    if (part == "final_norm") expected = reference("model.norm.weight");
    if (part == "attention_norm") expected = reference(prefix + "input_layernorm.weight");
    if (part == "ff_norm") expected = reference(prefix + "post_attention_layernorm.weight");
    if (part == "attention_out") expected = reference(attention + "o_proj.weight");
    if (part == "down") expected = reference(prefix + "mlp.down_proj.weight");
    if (part == "qkv")
      expected = at::cat({reference(attention + "q_proj.weight"), reference(attention + "k_proj.weight"),
                          reference(attention + "v_proj.weight")});
    if (part == "gate_up")
      expected =
          at::cat({reference(prefix + "mlp.gate_proj.weight"), reference(prefix + "mlp.up_proj.weight")});
    ASSERT_TRUE(expected.defined()) << names[i];
    const float scale = expected.abs().max().item<float>();
    ASSERT_GT(scale, 1e-5f) << names[i];
    EXPECT_LT((gradients[i] - expected).abs().max().item<float>() / scale, 1e-4f) << names[i];
  }
}

TEST(Llama, CachedDecodingAgreesWithTransformers) {
  at::set_num_threads(1);
  const Golden golden;
  // Five tokens of each row as the prompt, the rest one by one.
  const std::vector<std::int64_t> ids = golden.ids();
  at::Tensor x = at::zeros({16, golden.config.width}, at::kFloat);
  for (std::int64_t row = 0; row < 2; ++row)
    x.narrow(0, row * 8, 5)
        .copy_(embed_tokens(golden.decoder, at::tensor(std::vector<std::int64_t>(
                                                ids.begin() + row * 9, ids.begin() + row * 9 + 5))));
  KeyValueCache cache;
  at::Tensor hidden = decoder_prefill(golden.decoder, x, {5, 5}, 8, 4, cache);
  for (std::int64_t t = 4; t < 9; ++t) {
    const at::Tensor logits = decoder_logits(golden.decoder, hidden);
    for (std::int64_t row = 0; row < 2; ++row)
      if (t < kLengths[static_cast<std::size_t>(row)]) {
        EXPECT_LT((logits[row] - golden.logits[row][t]).abs().max().item<float>(), 1e-4f) << row << " " << t;
      }
    if (t + 1 < 9)
      hidden = decoder_step(golden.decoder,
                            embed_tokens(golden.decoder, at::tensor(std::vector<std::int64_t>{
                                                             ids[static_cast<std::size_t>(t + 1)],
                                                             ids[static_cast<std::size_t>(t + 10)]})),
                            cache);
  }
}

TEST(Llama, AnotherArchitectureIsRefused) {
  Json json = read_json_file(test::source_path("tests/golden/llama_small.json"));
  json["model_type"] = "gemma";
  try {
    decoder_config_from_huggingface(json);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_NE(e.what_happened().find("'gemma'"), std::string::npos);
    EXPECT_FALSE(e.mend().empty());
  }
  json["model_type"] = "llama";
  json["rope_parameters"]["rope_type"] = "llama3";
  EXPECT_THROW(decoder_config_from_huggingface(json), Error);
}

TEST(Llama, AMisshapenTensorIsNamed) {
  Golden golden;
  golden.config.ff = 41;
  try {
    load_llama(golden.file, golden.config);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_NE(std::string(e.what()).find("mlp.gate_proj"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace undertone
