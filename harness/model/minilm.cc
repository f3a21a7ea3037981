#include "harness/model/minilm.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cmath>
#include <map>

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
    identity_ = sha256_hex(fmt::format("minilm/2\n{}\n{}\n{}\n{}", sha256_file(file.path()),
                                       sha256_file(folder + "/vocab.txt"),
                                       sha256_file(folder + "/config.json"), max_tokens_) +
                           (device_.is_cpu() ? "" : "\n" + c10::DeviceTypeName(device_.type(), true)));
  }

  std::vector<std::vector<float>> embed(std::span<const std::string> texts) override {
    std::map<std::string_view, std::size_t> first;
    std::map<std::int64_t, std::vector<Row>> buckets;  // by padded length
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (first.emplace(texts[i], i).second) {
        Row row{i, tokens_.encode(texts[i], max_tokens_)};
        const auto n = static_cast<std::int64_t>(row.ids.size());
        buckets[std::min((n + kBucket - 1) / kBucket * kBucket, config_.positions)].push_back(std::move(row));
      }
    std::vector<std::vector<float>> out(texts.size());
    for (const auto& [length, rows] : buckets)
      for (std::size_t at = 0; at < rows.size(); at += kRows)
        embed_batch(std::span(rows).subspan(at, std::min<std::size_t>(kRows, rows.size() - at)), length, out);
    for (std::size_t i = 0; i < texts.size(); ++i) out[i] = out[first.at(texts[i])];
    return out;
  }
  std::string identity() const override { return identity_; }

 private:
  // Every batch has kRows rows of a length that is a multiple of kBucket, so that neighbours change no byte:
  // a matrix product's order of sums depends on its shape. (One text at a time reads all weights for a dozen
  // tokens.)
  static constexpr std::int64_t kRows = 32, kBucket = 8;
  struct Row {
    std::size_t text;
    std::vector<std::int32_t> ids;
  };

  void embed_batch(std::span<const Row> rows, std::int64_t length,
                   std::vector<std::vector<float>>& out) const {
    c10::InferenceMode inference;
    const std::int64_t w = config_.width, heads = config_.heads;
    at::Tensor index = at::zeros({kRows, length}, at::kLong);
    at::Tensor real = at::zeros({kRows, length});
    for (std::int64_t r = 0; r < kRows; ++r) {
      // A row without a text repeats the first: what is masked must still be finite.
      const std::vector<std::int32_t>& ids = rows[static_cast<std::size_t>(r) < rows.size() ? r : 0].ids;
      std::copy(ids.begin(), ids.end(), index.mutable_data_ptr<std::int64_t>() + r * length);
      std::fill_n(real.mutable_data_ptr<float>() + r * length, ids.size(), 1.0F);
    }
    index = index.to(device_);
    real = real.to(device_);
    const at::Tensor mask = real.log().view({kRows, 1, 1, length});  // 0 or -infinity
    const auto norm = [&](const Affine& a, const at::Tensor& x) {
      return at::layer_norm(x, {w}, a.weight, a.bias, config_.epsilon);
    };
    const auto linear = [](const Affine& a, const at::Tensor& x) { return at::linear(x, a.weight, a.bias); };
    at::Tensor x = words_.index_select(0, index.view(-1)).add_(types_).view({kRows, length, w});
    x = norm(embedding_norm_, x.add_(positions_.narrow(0, 0, length))).view({kRows * length, w});
    for (const BertLayer& l : layers_) {
      // [rows, length, 3, heads, head width] -> [3, rows, heads, length, head width]
      const at::Tensor qkv =
          linear(l.qkv, x).view({kRows, length, 3, heads, w / heads}).permute({2, 0, 3, 1, 4});
      const at::Tensor mixed =
          at::scaled_dot_product_attention(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2), mask);
      x = norm(l.output_norm, linear(l.output, mixed.transpose(1, 2).reshape({kRows * length, w})).add_(x));
      x = norm(l.down_norm, linear(l.down, at::gelu(linear(l.up, x))).add_(x));
    }
    const at::Tensor sum = at::mul(x.view({kRows, length, w}), real.unsqueeze(2)).sum(1).cpu().contiguous();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const float* at = sum.const_data_ptr<float>() + static_cast<std::int64_t>(r) * w;
      // Unit length: dividing the sum by the number of tokens first would change nothing.
      double squares = 0;
      for (std::int64_t i = 0; i < w; ++i) squares += double{at[i]} * at[i];
      const double scale = 1 / std::max(std::sqrt(squares), 1e-12);
      std::vector<float>& vector = out[rows[r].text];
      vector.resize(static_cast<std::size_t>(w));
      for (std::int64_t i = 0; i < w; ++i)
        vector[static_cast<std::size_t>(i)] = static_cast<float>(at[i] * scale);
    }
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
