#include "harness/model/whisper_encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/error.h"
#include "harness/model/tensors.h"

namespace undertone {
namespace {

constexpr double kNormEpsilon = 1e-5;
constexpr int kHeadWidth = 64;

int size_at(const at::Tensor& t, int dim) { return static_cast<int>(t.size(dim)); }

[[noreturn]] void other_architecture(const TensorFile& file, const std::string& what) {
  throw Error(ErrorKind::weights, what, file.path(),
              "name the weights of a Whisper model (CTranslate2 model.bin or safetensors)");
}

}  // namespace

WhisperEncoder::WhisperEncoder(const TensorFile& file) {
  c10::InferenceMode inference;
  if (file.format() == "ctranslate2") {
    if (file.architecture() != "WhisperSpec")
      other_architecture(file,
                         fmt::format("the file holds a '{}', not a Whisper model", file.architecture()));
    load_ctranslate2(file);
  } else {
    load_hugging_face(file);
  }
  derive_config(file);
}

void WhisperEncoder::load_ctranslate2(const TensorFile& file) {
  const auto get = [&](const std::string& name) { return tensor_from(file.at("encoder/" + name)); };
  const auto linear = [&](const std::string& name) {
    return Linear{get(name + "/weight"), get(name + "/bias")};
  };
  const auto norm = [&](const std::string& name) { return Norm{get(name + "/gamma"), get(name + "/beta")}; };
  conv1_ = linear("conv1");
  conv2_ = linear("conv2");
  positions_ = get("position_encodings/encodings");
  for (int i = 0; file.find(fmt::format("encoder/layer_{}/ffn/linear_0/weight", i)); ++i) {
    const std::string at = fmt::format("layer_{}/", i);
    Layer l;
    l.attention_norm = norm(at + "self_attention/layer_norm");
    l.qkv = linear(at + "self_attention/linear_0");
    l.output = linear(at + "self_attention/linear_1");
    l.inner_norm = norm(at + "ffn/layer_norm");
    l.up = linear(at + "ffn/linear_0");
    l.down = linear(at + "ffn/linear_1");
    layers_.push_back(std::move(l));
  }
  final_norm_ = norm("layer_norm");
  config_.heads = static_cast<int>(to_integer(file.at("encoder/num_heads")));
}

void WhisperEncoder::load_hugging_face(const TensorFile& file) {
  std::string prefix = "model.encoder.";
  if (!file.find(prefix + "conv1.weight")) prefix = "encoder.";
  if (!file.find(prefix + "conv1.weight"))
    other_architecture(file, "there is no tensor 'model.encoder.conv1.weight': not a Whisper model");
  const auto get = [&](const std::string& name) { return tensor_from(file.at(prefix + name)); };
  const auto linear = [&](const std::string& name) {
    return Linear{get(name + ".weight"), get(name + ".bias")};
  };
  const auto norm = [&](const std::string& name) { return Norm{get(name + ".weight"), get(name + ".bias")}; };
  conv1_ = linear("conv1");
  conv2_ = linear("conv2");
  positions_ = get("embed_positions.weight");
  for (int i = 0; file.find(fmt::format("{}layers.{}.fc1.weight", prefix, i)); ++i) {
    const std::string at = fmt::format("layers.{}.", i), attention = at + "self_attn.";
    Layer l;
    l.attention_norm = norm(at + "self_attn_layer_norm");
    const Linear q = linear(attention + "q_proj"), v = linear(attention + "v_proj");
    const at::Tensor k = get(attention + "k_proj.weight");  // keys have no bias in Whisper
    l.qkv = {at::cat({q.weight, k, v.weight}), at::cat({q.bias, at::zeros({k.size(0)}), v.bias})};
    l.output = linear(attention + "out_proj");
    l.inner_norm = norm(at + "final_layer_norm");
    l.up = linear(at + "fc1");
    l.down = linear(at + "fc2");
    layers_.push_back(std::move(l));
  }
  final_norm_ = norm("layer_norm");
  config_.heads = static_cast<int>(conv1_.weight.size(0)) / kHeadWidth;
}

void WhisperEncoder::derive_config(const TensorFile& file) {
  const auto expect = [&](const at::Tensor& t, at::IntArrayRef shape, std::string_view what) {
    if (t.sizes() != shape)
      other_architecture(file, fmt::format("{} has shape [{}], expected [{}]", what,
                                           fmt::join(t.sizes(), ", "), fmt::join(shape, ", ")));
  };
  if (conv1_.weight.dim() != 3 || conv2_.weight.dim() != 3 || positions_.dim() != 2 || layers_.empty() ||
      layers_[0].up.weight.dim() != 2)
    other_architecture(file, "the encoder's tensors do not have the shapes of a Whisper model");
  WhisperEncoderConfig& c = config_;
  c.mels = size_at(conv1_.weight, 1);
  c.width = size_at(conv1_.weight, 0);
  c.layers = static_cast<int>(layers_.size());
  c.inner = size_at(layers_[0].up.weight, 0);
  c.positions = size_at(positions_, 0);
  if (c.heads < 1 || c.width % c.heads != 0)
    other_architecture(file, fmt::format("{} heads do not divide the width {}", c.heads, c.width));
  const std::int64_t w = c.width, inner = c.inner;
  const auto expect_norm = [&](const Norm& n, std::string_view what) {
    expect(n.weight, {w}, what);
    expect(n.bias, {w}, what);
  };
  const auto expect_linear = [&](const Linear& l, std::int64_t out, std::int64_t in, std::string_view what) {
    expect(l.weight, {out, in}, what);
    expect(l.bias, {out}, what);
  };
  expect(conv1_.weight, {w, c.mels, 3}, "conv1");
  expect(conv1_.bias, {w}, "conv1's bias");
  expect(conv2_.weight, {w, w, 3}, "conv2");
  expect(conv2_.bias, {w}, "conv2's bias");
  expect(positions_, {c.positions, w}, "the table of positions");
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& l = layers_[i];
    const std::string at = fmt::format("layer {}'s ", i);
    expect_norm(l.attention_norm, at + "attention norm");
    expect_linear(l.qkv, 3 * w, w, at + "query, key and value");
    expect_linear(l.output, w, w, at + "attention output");
    expect_norm(l.inner_norm, at + "feed-forward norm");
    expect_linear(l.up, inner, w, at + "feed-forward input");
    expect_linear(l.down, w, inner, at + "feed-forward output");
  }
  expect_norm(final_norm_, "the final norm");
}

void WhisperEncoder::for_each_parameter(const ParameterVisitor& visit) {
  const auto both = [&](const std::string& name, auto& part) {
    visit(name + ".weight", part.weight);
    visit(name + ".bias", part.bias);
  };
  both("encoder.conv1", conv1_);
  both("encoder.conv2", conv2_);
  visit("encoder.positions", positions_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string at = fmt::format("encoder.layers.{}.", i);
    both(at + "attention_norm", layers_[i].attention_norm);
    both(at + "qkv", layers_[i].qkv);
    both(at + "output", layers_[i].output);
    both(at + "inner_norm", layers_[i].inner_norm);
    both(at + "up", layers_[i].up);
    both(at + "down", layers_[i].down);
  }
  both("encoder.final_norm", final_norm_);
}

std::int64_t WhisperEncoder::parameters() const {
  std::int64_t n = 0;
  WhisperEncoder same = *this;  // handles to the same tensors
  same.for_each_parameter([&](const std::string&, const at::Tensor& value) { n += value.numel(); });
  return n;
}

at::Tensor WhisperEncoder::front(const at::Tensor& mel) const {
  const std::int64_t frames = mel.dim() == 3 ? (mel.size(2) + 1) / 2 : 0;
  if (mel.dim() != 3 || mel.size(1) != config_.mels || frames < 1 || frames > config_.positions)
    throw Error(ErrorKind::internal,
                fmt::format("the encoder takes [batch, {}, 1 to {}], got [{}]", config_.mels,
                            2 * config_.positions, fmt::join(mel.sizes(), ", ")));
  at::Tensor x = at::gelu(at::conv1d(mel, conv1_.weight, conv1_.bias, /*stride=*/1, /*padding=*/1));
  x = at::gelu(at::conv1d(x, conv2_.weight, conv2_.bias, /*stride=*/2, /*padding=*/1));
  return x.transpose(1, 2).contiguous().add_(positions_.narrow(0, 0, frames));
}

at::Tensor WhisperEncoder::apply(const Layer& l, const at::Tensor& x) const {
  const std::int64_t batch = x.size(0), frames = x.size(1), w = config_.width, heads = config_.heads;
  const auto norm = [w](const Norm& n, const at::Tensor& v) {
    return at::layer_norm(v, {w}, n.weight, n.bias, kNormEpsilon);
  };
  const auto linear = [](const Linear& f, const at::Tensor& v) { return at::linear(v, f.weight, f.bias); };
  // [batch, frames, 3, heads, head width] -> [3, batch, heads, frames, head width]
  const at::Tensor qkv = linear(l.qkv, norm(l.attention_norm, x))
                             .view({batch, frames, 3, heads, w / heads})
                             .permute({2, 0, 3, 1, 4});
  const at::Tensor mixed =
      at::scaled_dot_product_attention(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2));
  const at::Tensor y = linear(l.output, mixed.transpose(1, 2).reshape({batch, frames, w})).add_(x);
  return linear(l.down, at::gelu(linear(l.up, norm(l.inner_norm, y)))).add_(y);
}

at::Tensor WhisperEncoder::encode(const at::Tensor& mel) const {
  c10::InferenceMode inference;
  const bool single = mel.dim() == 2;
  at::Tensor x = front(single ? mel.unsqueeze(0) : mel);
  for (const Layer& l : layers_) x = apply(l, x);
  x = at::layer_norm(x, {config_.width}, final_norm_.weight, final_norm_.bias, kNormEpsilon);
  return single ? x.squeeze(0) : x;
}

std::vector<at::Tensor> WhisperEncoder::encode_layers(const at::Tensor& mel) const {
  c10::InferenceMode inference;
  std::vector<at::Tensor> out{front(mel.dim() == 2 ? mel.unsqueeze(0) : mel)};
  for (const Layer& l : layers_) out.push_back(apply(l, out.back()));
  out.push_back(
      at::layer_norm(out.back(), {config_.width}, final_norm_.weight, final_norm_.bias, kNormEpsilon));
  return out;
}

}  // namespace undertone
