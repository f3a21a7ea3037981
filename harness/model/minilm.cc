#include "harness/model/minilm.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cmath>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/model/tensors.h"
#include "harness/text/wordpiece.h"

namespace undertone {
namespace {

struct Affine {  // a linear layer, or a layer norm
  at::Tensor weight, bias;
};
struct BertLayer {
  Affine qkv, output, output_norm, up, down, down_norm;
};

struct BertConfig {
  std::int64_t width = 0, layers = 0, heads = 0, inner = 0, positions = 0;
  double epsilon = 1e-12;
};

BertConfig read_config(const std::string& path) {
  const Json json = read_json_file(path);
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::weights, what, path,
                "name the folder of a BERT sentence encoder such as all-MiniLM-L6-v2");
  };
  if (json.get("model_type", "") != "bert")
    refuse(fmt::format("the model is of type '{}', not 'bert'", json.get("model_type", "")));
  if (json.get("hidden_act", "") != "gelu")
    refuse(fmt::format("the activation '{}' is not supported", json.get("hidden_act", "")));
  if (json.get("position_embedding_type", "absolute") != "absolute")
    refuse("only absolute positions are supported");
  BertConfig c;
  c.width = json.at("hidden_size").as_int();
  c.layers = json.at("num_hidden_layers").as_int();
  c.heads = json.at("num_attention_heads").as_int();
  c.inner = json.at("intermediate_size").as_int();
  c.positions = json.at("max_position_embeddings").as_int();
  c.epsilon = json.get("layer_norm_eps", 1e-12);
  if (c.width < 1 || c.layers < 1 || c.heads < 1 || c.width % c.heads != 0)
    refuse("width, layers and heads contradict each other");
  return c;
}

class MiniLm : public TextEncoder {
 public:
  MiniLm(const std::string& folder, int max_tokens, c10::Device device)
      : device_(device),
        config_(read_config(folder + "/config.json")),
        tokens_(WordPiece::from_vocabulary_file(folder + "/vocab.txt")),
        max_tokens_(static_cast<std::size_t>(std::clamp<std::int64_t>(max_tokens, 2, config_.positions))) {
    c10::InferenceMode inference;
    const TensorFile file = open_safetensors(folder + "/model.safetensors");
    const std::string prefix = file.find("bert.embeddings.word_embeddings.weight") ? "bert." : "";
    const std::int64_t w = config_.width;
    const auto tensor = [&](const std::string& name, std::initializer_list<std::int64_t> shape) {
      return tensor_from(file.at(prefix + name, std::span(shape.begin(), shape.size()))).to(device_);
    };
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
      return Affine{tensor(name + ".weight", {out, in}), tensor(name + ".bias", {out})};
    };
    const auto norm = [&](const std::string& name) {
      return Affine{tensor(name + ".weight", {w}), tensor(name + ".bias", {w})};
    };
    words_ = tensor("embeddings.word_embeddings.weight", {static_cast<std::int64_t>(tokens_.size()), w});
    // Every token has type 0 here: its embedding joins the positions'.
    const at::Tensor types = tensor("embeddings.token_type_embeddings.weight", {-1, w});
    types_ = types.select(0, 0);
    positions_ = tensor("embeddings.position_embeddings.weight", {config_.positions, w});
    embedding_norm_ = norm("embeddings.LayerNorm");
    for (std::int64_t i = 0; i < config_.layers; ++i) {
      const std::string at = fmt::format("encoder.layer.{}.", i), self = at + "attention.self.";
      const Affine q = linear(self + "query", w, w), k = linear(self + "key", w, w),
                   v = linear(self + "value", w, w);
      layers_.push_back({{at::cat({q.weight, k.weight, v.weight}), at::cat({q.bias, k.bias, v.bias})},
                         linear(at + "attention.output.dense", w, w),
                         norm(at + "attention.output.LayerNorm"),
                         linear(at + "intermediate.dense", config_.inner, w),
                         linear(at + "output.dense", w, config_.inner),
                         norm(at + "output.LayerNorm")});
    }
    identity_ = sha256_hex(fmt::format("minilm/1\n{}\n{}\n{}\n{}", sha256_file(file.path()),
                                       sha256_file(folder + "/vocab.txt"),
                                       sha256_file(folder + "/config.json"), max_tokens_) +
                           (device_.is_cpu() ? "" : "\n" + c10::DeviceTypeName(device_.type(), true)));
  }

  std::vector<std::vector<float>> embed(std::span<const std::string> texts) override {
    std::unordered_map<std::string_view, std::size_t> first;
    std::vector<std::vector<float>> out;
    out.reserve(texts.size());
    for (const std::string& text : texts) {
      const auto [it, fresh] = first.emplace(text, out.size());
      out.push_back(fresh ? embed_one(text) : out[it->second]);
    }
    return out;
  }
  std::string identity() const override { return identity_; }

 private:
  std::vector<float> embed_one(const std::string& text) const {
    c10::InferenceMode inference;
    const std::vector<std::int32_t> ids = tokens_.encode(text, max_tokens_);
    const std::int64_t n = static_cast<std::int64_t>(ids.size()), w = config_.width, heads = config_.heads;
    at::Tensor index = at::empty({n}, at::kLong);
    std::copy(ids.begin(), ids.end(), index.mutable_data_ptr<std::int64_t>());
    const auto norm = [&](const Affine& a, const at::Tensor& x) {
      return at::layer_norm(x, {w}, a.weight, a.bias, config_.epsilon);
    };
    const auto linear = [](const Affine& a, const at::Tensor& x) { return at::linear(x, a.weight, a.bias); };
    index = index.to(device_);
    at::Tensor x =
        norm(embedding_norm_,
             words_.index_select(0, index).add_(types_).add_(positions_.narrow(0, 0, n)));  // [n, width]
    for (const BertLayer& l : layers_) {
      // [n, 3, heads, head width] -> [3, 1, heads, n, head width]
      const at::Tensor qkv = linear(l.qkv, x).view({1, n, 3, heads, w / heads}).permute({2, 0, 3, 1, 4});
      const at::Tensor mixed =
          at::scaled_dot_product_attention(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2));
      x = norm(l.output_norm, linear(l.output, mixed.squeeze(0).transpose(0, 1).reshape({n, w})).add_(x));
      x = norm(l.down_norm, linear(l.down, at::gelu(linear(l.up, x))).add_(x));
    }
    const at::Tensor mean = x.mean(0).cpu().contiguous();
    std::vector<float> out(mean.const_data_ptr<float>(), mean.const_data_ptr<float>() + w);
    double squares = 0;
    for (float v : out) squares += double{v} * v;
    const double scale = 1 / std::max(std::sqrt(squares), 1e-12);
    for (float& v : out) v = static_cast<float>(v * scale);
    return out;
  }

  c10::Device device_;
  BertConfig config_;
  WordPiece tokens_;
  std::size_t max_tokens_;
  at::Tensor words_, types_, positions_;
  Affine embedding_norm_;
  std::vector<BertLayer> layers_;
  std::string identity_;
};

}  // namespace

std::unique_ptr<TextEncoder> make_minilm(const std::string& folder, int max_tokens, c10::Device device) {
  return std::make_unique<MiniLm>(folder, max_tokens, device);
}

}  // namespace undertone
