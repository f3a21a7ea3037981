#include "harness/model/decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/model/decoder_parts.h"
#include "harness/model/tensors.h"

namespace undertone {

void Decoder::for_each_parameter(const ParameterVisitor& visit) {
  visit("decoder.embedding", embedding);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string prefix = fmt::format("decoder.layers.{}.", i);
    visit(prefix + "attention_norm", layers[i].attention_norm);
    visit(prefix + "qkv", layers[i].qkv);
    visit(prefix + "attention_out", layers[i].attention_out);
    visit(prefix + "ff_norm", layers[i].ff_norm);
    visit(prefix + "gate_up", layers[i].gate_up);
    visit(prefix + "down", layers[i].down);
    if (config.head_norms) {
      visit(prefix + "query_norm", layers[i].query_norm);
      visit(prefix + "key_norm", layers[i].key_norm);
    }
    if (config.post_norms) {
      visit(prefix + "attention_post_norm", layers[i].attention_post_norm);
      visit(prefix + "ff_post_norm", layers[i].ff_post_norm);
    }
  }
  visit("decoder.final_norm", final_norm);
  if (head.defined()) visit("decoder.head", head);  // not tied, or the copy in another precision
}

Decoder random_decoder(const DecoderConfig& config, const std::string& stream) {
  Decoder decoder;
  decoder.config = config;
  const std::int64_t d = config.width, h = config.head_width;
  const double into = 1 / std::sqrt(static_cast<double>(d));
  const double residual = 1 / std::sqrt(2.0 * config.layers);
  const auto normal = [&](std::int64_t out, std::int64_t in, double deviation, const std::string& name) {
    return random_normal({out, in}, deviation, stream, name);
  };
  const auto ones = [&] { return at::ones({d}, at::kFloat); };
  decoder.embedding = normal(config.vocabulary, d, into, "decoder.embedding");
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = fmt::format("decoder.layers.{}.", i);
    DecoderLayer layer;
    layer.attention_norm = ones();
    layer.qkv = normal((config.heads + 2 * config.kv_heads) * h, d, into, prefix + "qkv");
    layer.attention_out =
        normal(d, config.heads * h, residual / std::sqrt(static_cast<double>(config.heads * h)),
               prefix + "attention_out");
    layer.ff_norm = ones();
    layer.gate_up = normal(2 * config.ff, d, into, prefix + "gate_up");
    layer.down = normal(d, config.ff, residual / std::sqrt(static_cast<double>(config.ff)), prefix + "down");
    if (config.head_norms)
      layer.query_norm = at::ones({h}, at::kFloat), layer.key_norm = at::ones({h}, at::kFloat);
    if (config.post_norms) layer.attention_post_norm = ones(), layer.ff_post_norm = ones();
    decoder.layers.push_back(std::move(layer));
  }
  decoder.final_norm = ones();
  if (!config.tied) decoder.head = normal(config.vocabulary, d, into, "decoder.head");
  return decoder;
}

Decoder decoder_from_huggingface(const TensorReader& read, const DecoderConfig& config, bool offset_norms) {
  Decoder decoder;
  decoder.config = config;
  const std::int64_t d = config.width, h = config.head_width, q = config.heads * h, kv = config.kv_heads * h,
                     ff = config.ff;
  const auto gain = [&](const std::string& name, std::int64_t width) {
    const at::Tensor weight = read(name, {width});
    return offset_norms ? weight + 1 : weight;
  };
  decoder.embedding = read("model.embed_tokens.weight", {config.vocabulary, d});
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = fmt::format("model.layers.{}.", i), attention = prefix + "self_attn.";
    DecoderLayer layer;
    layer.attention_norm = gain(prefix + "input_layernorm.weight", d);
    layer.qkv =
        at::cat({read(attention + "q_proj.weight", {q, d}), read(attention + "k_proj.weight", {kv, d}),
                 read(attention + "v_proj.weight", {kv, d})});
    if (config.head_norms) {
      layer.query_norm = gain(attention + "q_norm.weight", h);
      layer.key_norm = gain(attention + "k_norm.weight", h);
    }
    layer.attention_out = read(attention + "o_proj.weight", {d, q});
    // What Llama calls post_attention_layernorm stands in front of the feed-forward; Gemma's stands behind
    // the attention.
    layer.ff_norm = gain(
        prefix + (config.post_norms ? "pre_feedforward_layernorm.weight" : "post_attention_layernorm.weight"),
        d);
    if (config.post_norms) {
      layer.attention_post_norm = gain(prefix + "post_attention_layernorm.weight", d);
      layer.ff_post_norm = gain(prefix + "post_feedforward_layernorm.weight", d);
    }
    layer.gate_up = at::cat(
        {read(prefix + "mlp.gate_proj.weight", {ff, d}), read(prefix + "mlp.up_proj.weight", {ff, d})});
    layer.down = read(prefix + "mlp.down_proj.weight", {d, ff});
    decoder.layers.push_back(std::move(layer));
  }
  decoder.final_norm = gain("model.norm.weight", d);
  if (!config.tied) decoder.head = read("lm_head.weight", {config.vocabulary, d});
  return decoder;
}

Decoder load_llama(const TensorFile& file, const DecoderConfig& config) {
  return decoder_from_huggingface(
      [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        return tensor_from(file.at(name, shape));
      },
      config);
}

at::Tensor embed_tokens(const Decoder& decoder, const at::Tensor& ids) {
  const at::Tensor rows = at::embedding(decoder.embedding, ids);
  return decoder.config.embedding_scale == 1 ? rows : rows * decoder.config.embedding_scale;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight) {
  if (x.scalar_type() == weight.scalar_type()) return at::linear(x, weight);
  return at::linear(x.to(weight.scalar_type()), weight).to(x.scalar_type());
}

Rotations rotations(const DecoderConfig& config, const at::Tensor& positions, const at::Tensor& like) {
  Rotations out{rotary_tables(positions, config.head_width, config.rope_base, like), {}};
  if (config.window > 0)
    out.local = rotary_tables(positions, config.head_width, config.local_rope_base, like);
  return out;
}

at::Tensor project(const DecoderConfig& config, const DecoderLayer& layer, const at::Tensor& x,
                   const RotaryTables& tables) {
  at::Tensor qkv = product(rms_norm(x, layer.attention_norm, config.norm_eps), layer.qkv)
                       .view({x.size(0), config.heads + 2 * config.kv_heads, config.head_width});
  if (config.head_norms)
    qkv = norm_heads(qkv, layer.query_norm, layer.key_norm, config.heads, config.kv_heads, config.norm_eps);
  return rotate(qkv, tables, config.heads + config.kv_heads);
}

at::Tensor attend(const DecoderConfig& config, std::size_t layer, const at::Tensor& qkv,
                  const SequenceLayout& layout, const DecoderPrefix* prefix) {
  return causal_attention(qkv, layout, config.heads, config.kv_heads, config.query_scale,
                          config.local(static_cast<int>(layer)) ? config.window : 0,
                          prefix != nullptr ? prefix->keys[layer] : at::Tensor(),
                          prefix != nullptr ? prefix->values[layer] : at::Tensor());
}

at::Tensor after_attention(const DecoderConfig& config, const DecoderLayer& layer, at::Tensor x,
                           at::Tensor attended, const at::Tensor& rows) {
  if (rows.defined()) {
    x = select_rows(x, rows);
    attended = select_rows(attended, rows);
  }
  at::Tensor out = product(attended, layer.attention_out);
  if (config.post_norms) out = rms_norm(out, layer.attention_post_norm, config.norm_eps);
  x = x + out;
  const at::Tensor gate_up = product(rms_norm(x, layer.ff_norm, config.norm_eps), layer.gate_up);
  out = product(config.activation == Activation::silu ? swiglu(gate_up) : geglu(gate_up), layer.down);
  if (config.post_norms) out = rms_norm(out, layer.ff_post_norm, config.norm_eps);
  return x + out;
}

DecoderPrefix decoder_prefix(const Decoder& decoder, const at::Tensor& input) {
  const c10::NoGradGuard no_gradients;
  const DecoderConfig& config = decoder.config;
  DecoderPrefix out{input.size(0), {}, {}};
  const SequenceLayout layout = sequence_layout({out.rows});
  const Rotations tables = rotations(config, layout.positions, input);
  at::Tensor x = input;
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    const at::Tensor qkv = project(config, layer, x, tables.of(config, i));
    const auto stored = [&](std::int64_t from) {
      return qkv.narrow(1, from, config.kv_heads).transpose(0, 1).contiguous();
    };
    out.keys.push_back(stored(config.heads));
    out.values.push_back(stored(config.heads + config.kv_heads));
    if (i + 1 < decoder.layers.size()) x = after_attention(config, layer, x, attend(config, i, qkv, layout));
  }
  return out;
}

at::Tensor decoder_forward(const Decoder& decoder, const at::Tensor& input, const SequenceLayout& layout,
                           const at::Tensor& rows, std::vector<at::Tensor>* states,
                           const DecoderPrefix* prefix) {
  if (layout.shared != (prefix != nullptr ? prefix->rows : 0))
    throw Error(ErrorKind::internal, "the prefix has other rows than the layout");
  const DecoderConfig& config = decoder.config;
  const Rotations tables = rotations(config, layout.positions, input);
  at::Tensor x = input;
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    const at::Tensor attended =
        attend(config, i, project(config, layer, x, tables.of(config, i)), layout, prefix);
    x = after_attention(config, layer, x, attended, i + 1 == decoder.layers.size() ? rows : at::Tensor());
    if (states != nullptr) states->push_back(x);
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

at::Tensor decoder_logits(const Decoder& decoder, const at::Tensor& hidden) {
  return product(hidden, decoder.head_weight());
}

}  // namespace undertone
