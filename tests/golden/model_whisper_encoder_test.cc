// The encoder against transformers' on the same weights; tests/golden/make_whisper_reference.py made the
// reference.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "harness/core/error.h"
#include "harness/model/tensors.h"
#include "harness/model/whisper_encoder.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

constexpr const char* kNoWeights =
    "the weights of whisper-base are not in the cache: run './undertone setup'";

at::Tensor formula_mel(std::int64_t frames) {  // mel() of the script
  at::Tensor out = at::empty({80, frames}, at::kFloat);
  float* at = out.mutable_data_ptr<float>();
  for (std::int64_t m = 0; m < 80; ++m)
    for (std::int64_t t = 0; t < frames; ++t)
      *at++ = static_cast<float>((m * m * 7 + t * (m + 3) * 5 + t * t / 11) % 257) / 128.0f - 1.0f;
  return out;
}

TEST(WhisperEncoder, EveryLayerAgreesWithTheReference) {
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, kNoWeights);
  const WhisperEncoder encoder(open_tensor_file(*folder));
  const TensorFile reference =
      open_safetensors(test::source_path("tests/golden/whisper/encoder.safetensors"));
  for (const int frames : {3000, 250, 100}) {
    const std::vector<at::Tensor> states = encoder.encode_layers(formula_mel(frames));
    ASSERT_EQ(states.size(), 8u);
    const TensorView& rows = reference.at(fmt::format("mel{}.rows", frames));
    std::vector<std::int64_t> row(static_cast<std::size_t>(rows.elements()));
    std::memcpy(row.data(), rows.bytes.data(), rows.bytes.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      const at::Tensor ours = states[i].contiguous();
      ASSERT_EQ(ours.sizes(), (at::IntArrayRef{1, frames / 2, 512}));
      const std::vector<float> theirs = to_f32(reference.at(fmt::format("mel{}.{}", frames, i)));
      const float largest = to_f32(reference.at(fmt::format("mel{}.{}.largest", frames, i)))[0];
      double worst = 0;
      for (std::size_t r = 0; r < row.size(); ++r)
        for (std::int64_t c = 0; c < 64; ++c) {
          const float mine = ours.const_data_ptr<float>()[row[r] * 512 + c * 8];
          ASSERT_TRUE(std::isfinite(mine));
          worst = std::max(worst, std::abs(double{mine} - theirs[r * 64 + static_cast<std::size_t>(c)]));
        }
      EXPECT_LE(worst / largest, 1e-4) << "mel frames " << frames << ", state " << i;  // the promise is 1e-3
      RecordProperty(fmt::format("mel{}_state{}", frames, i), fmt::format("{:.2e}", worst / largest));
    }
  }
}

TEST(WhisperEncoder, HuggingFaceNamesGiveTheSameBytes) {
  const auto folder = test::weights("whisper-base");
  UNDERTONE_NEED(folder, kNoWeights);
  const TensorFile file = open_tensor_file(*folder);
  std::vector<TensorView> renamed;
  const auto put = [&](std::string name, TensorView v) {
    v.name = "model.encoder." + name;
    renamed.push_back(std::move(v));
  };
  const auto get = [&](const std::string& name) { return file.at("encoder/" + name); };
  const auto third = [](TensorView v, std::size_t i) {
    v.shape[0] /= 3;
    v.bytes = v.bytes.subspan(i * v.bytes.size() / 3, v.bytes.size() / 3);
    return v;
  };
  for (const std::string part : {"weight", "bias"}) {
    const std::string norm = part == "weight" ? "gamma" : "beta";
    for (const std::string conv : {"conv1", "conv2"}) put(conv + "." + part, get(conv + "/" + part));
    put("layer_norm." + part, get("layer_norm/" + norm));
    for (int i = 0; i < 6; ++i) {
      const std::string ours = fmt::format("layers.{}.", i), theirs = fmt::format("layer_{}/", i);
      put(ours + "self_attn_layer_norm." + part, get(theirs + "self_attention/layer_norm/" + norm));
      put(ours + "final_layer_norm." + part, get(theirs + "ffn/layer_norm/" + norm));
      const TensorView qkv = get(theirs + "self_attention/linear_0/" + part);
      put(ours + "self_attn.q_proj." + part, third(qkv, 0));
      if (part == "weight") put(ours + "self_attn.k_proj." + part, third(qkv, 1));
      put(ours + "self_attn.v_proj." + part, third(qkv, 2));
      put(ours + "self_attn.out_proj." + part, get(theirs + "self_attention/linear_1/" + part));
      put(ours + "fc1." + part, get(theirs + "ffn/linear_0/" + part));
      put(ours + "fc2." + part, get(theirs + "ffn/linear_1/" + part));
    }
  }
  put("embed_positions.weight", get("position_encodings/encodings"));
  test::TemporaryFolder temporary;
  write_safetensors(temporary / "model.safetensors", renamed);
  const WhisperEncoder a(file), b(open_tensor_file(temporary.path()));
  EXPECT_EQ(a.config().heads, b.config().heads);
  EXPECT_TRUE(a.encode(formula_mel(100)).equal(b.encode(formula_mel(100))));

  // One tensor missing, one of another shape: named, with the file.
  const auto fails = [&](const std::vector<TensorView>& tensors, const std::string& what) {
    const std::string path = temporary / "broken.safetensors";
    write_safetensors(path, tensors);
    try {
      WhisperEncoder broken(open_tensor_file(path));
      FAIL() << "no error";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::weights);
      EXPECT_THAT(e.what_happened(), HasSubstr(what));
      EXPECT_EQ(e.place(), path);
      EXPECT_FALSE(e.mend().empty());
    }
  };
  std::vector<TensorView> broken = renamed;
  std::erase_if(broken, [](const TensorView& v) { return v.name == "model.encoder.layers.3.fc2.bias"; });
  fails(broken, "'model.encoder.layers.3.fc2.bias' is missing");
  broken = renamed;
  for (TensorView& v : broken)
    if (v.name == "model.encoder.layers.2.fc1.weight") {
      v.shape = {1024, 512};
      v.bytes = v.bytes.first(v.bytes.size() / 2);
    }
  fails(broken, "layer 2's feed-forward input has shape [1024, 512], expected [2048, 512]");
  std::erase_if(broken, [](const TensorView& v) { return v.name == "model.encoder.conv1.weight"; });
  fails(broken, "not a Whisper model");
}

TEST(WhisperEncoder, RefusesOtherArchitectures) {
  const auto folder = test::weights("all-minilm-l6-v2");
  UNDERTONE_NEED(folder, "the weights of all-minilm-l6-v2 are not in the cache: run './undertone setup'");
  EXPECT_THROW(WhisperEncoder(open_tensor_file(*folder)), Error);
}

}  // namespace
}  // namespace undertone
