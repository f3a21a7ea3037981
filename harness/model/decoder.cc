#include "harness/model/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "harness/core/error.h"
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
  }
  visit("decoder.final_norm", final_norm);
  if (!config.tied) visit("decoder.head", head);
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
    decoder.layers.push_back(std::move(layer));
  }
  decoder.final_norm = ones();
  if (!config.tied) decoder.head = normal(config.vocabulary, d, into, "decoder.head");
  return decoder;
}

Decoder load_llama(const TensorFile& file, const DecoderConfig& config) {
  Decoder decoder;
  decoder.config = config;
  const std::int64_t d = config.width, q = std::int64_t{config.heads} * config.head_width,
                     kv = std::int64_t{config.kv_heads} * config.head_width, ff = config.ff;
  const auto read = [&](const std::string& name, std::vector<std::int64_t> shape) {
    return tensor_from(file.at(name, shape));
  };
  decoder.embedding = read("model.embed_tokens.weight", {config.vocabulary, d});
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = fmt::format("model.layers.{}.", i), attention = prefix + "self_attn.";
    DecoderLayer layer;
    layer.attention_norm = read(prefix + "input_layernorm.weight", {d});
    layer.qkv =
        at::cat({read(attention + "q_proj.weight", {q, d}), read(attention + "k_proj.weight", {kv, d}),
                 read(attention + "v_proj.weight", {kv, d})});
    layer.attention_out = read(attention + "o_proj.weight", {d, q});
    layer.ff_norm = read(prefix + "post_attention_layernorm.weight", {d});
    layer.gate_up = at::cat(
        {read(prefix + "mlp.gate_proj.weight", {ff, d}), read(prefix + "mlp.up_proj.weight", {ff, d})});
    layer.down = read(prefix + "mlp.down_proj.weight", {d, ff});
    decoder.layers.push_back(std::move(layer));
  }
  decoder.final_norm = read("model.norm.weight", {d});
  if (!config.tied) decoder.head = read("lm_head.weight", {config.vocabulary, d});
  return decoder;
}

at::Tensor embed_tokens(const Decoder& decoder, const at::Tensor& ids) {
  return at::embedding(decoder.embedding, ids);
}

namespace {

at::Tensor feed_forward(const DecoderLayer& layer, const at::Tensor& x, double eps) {
  return at::linear(swiglu(at::linear(rms_norm(x, layer.ff_norm, eps), layer.gate_up)), layer.down);
}

// Rotated queries, keys and values of x, [N, heads + 2 kv_heads, head_width].
at::Tensor project(const DecoderConfig& config, const DecoderLayer& layer, const at::Tensor& x,
                   const RotaryTables& tables) {
  const at::Tensor qkv = at::linear(rms_norm(x, layer.attention_norm, config.norm_eps), layer.qkv);
  return rotate(qkv.view({x.size(0), config.heads + 2 * config.kv_heads, config.head_width}), tables,
                config.heads + config.kv_heads);
}

// The block's output after attention; `rows`, where given, are those that are still needed.
at::Tensor after_attention(const Decoder& decoder, const DecoderLayer& layer, at::Tensor x,
                           at::Tensor attended, const at::Tensor& rows) {
  if (rows.defined()) {
    x = select_rows(x, rows);
    attended = select_rows(attended, rows);
  }
  x = x + at::linear(attended, layer.attention_out);
  return x + feed_forward(layer, x, decoder.config.norm_eps);
}

}  // namespace

at::Tensor decoder_forward(const Decoder& decoder, const at::Tensor& input, const SequenceLayout& layout,
                           const at::Tensor& rows) {
  const DecoderConfig& config = decoder.config;
  const RotaryTables tables = rotary_tables(layout.positions, config.head_width, config.rope_base, input);
  at::Tensor x = input;
  for (const DecoderLayer& layer : decoder.layers) {
    const at::Tensor attended =
        causal_attention(project(config, layer, x, tables), layout, config.heads, config.kv_heads);
    x = after_attention(decoder, layer, x, attended, &layer == &decoder.layers.back() ? rows : at::Tensor());
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

at::Tensor decoder_logits(const Decoder& decoder, const at::Tensor& hidden) {
  return at::linear(hidden, decoder.head_weight());
}

at::Tensor decoder_prefill(const Decoder& decoder, const at::Tensor& input, std::vector<std::int64_t> lengths,
                           std::int64_t prompt_slots, std::int64_t new_slots, KeyValueCache& cache) {
  const DecoderConfig& config = decoder.config;
  const std::int64_t batch = static_cast<std::int64_t>(lengths.size());
  cache = KeyValueCache{};
  cache.batch = batch;
  cache.prompt_slots = prompt_slots;
  cache.slots = prompt_slots + new_slots;
  cache.lengths = std::move(lengths);
  cache.mask =
      at::full({batch, 1, 1, cache.slots}, -std::numeric_limits<double>::infinity(), input.options());
  at::Tensor last = at::empty({batch}, at::kLong);
  for (std::int64_t b = 0; b < batch; ++b) {
    cache.mask[b].narrow(2, 0, cache.lengths[static_cast<std::size_t>(b)]).zero_();
    last.data_ptr<std::int64_t>()[b] = b * prompt_slots + cache.lengths[static_cast<std::size_t>(b)] - 1;
  }
  // Every row is computed to the full width of the bucket: the shape never depends on the neighbours.
  const SequenceLayout layout =
      sequence_layout(std::vector<std::int64_t>(static_cast<std::size_t>(batch), prompt_slots));
  const RotaryTables tables = rotary_tables(layout.positions, config.head_width, config.rope_base, input);
  at::Tensor x = input;
  for (const DecoderLayer& layer : decoder.layers) {
    const at::Tensor qkv = project(config, layer, x, tables);
    const at::Tensor split = qkv.view({batch, prompt_slots, qkv.size(1), config.head_width}).transpose(1, 2);
    for (const bool is_key : {true, false}) {
      at::Tensor store = at::zeros({batch, config.kv_heads, cache.slots, config.head_width}, input.options());
      store.narrow(2, 0, prompt_slots)
          .copy_(split.narrow(1, config.heads + (is_key ? 0 : config.kv_heads), config.kv_heads));
      (is_key ? cache.keys : cache.values).push_back(store);
    }
    x = after_attention(decoder, layer, x, causal_attention(qkv, layout, config.heads, config.kv_heads),
                        &layer == &decoder.layers.back() ? last : at::Tensor());
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

at::Tensor decoder_step(const Decoder& decoder, const at::Tensor& input, KeyValueCache& cache) {
  const DecoderConfig& config = decoder.config;
  const std::int64_t slot = cache.prompt_slots + cache.generated;
  if (slot >= cache.slots) throw Error(ErrorKind::internal, "the key-value cache is full");
  at::Tensor positions = at::empty({cache.batch}, at::kLong);
  for (std::int64_t b = 0; b < cache.batch; ++b)
    positions.data_ptr<std::int64_t>()[b] = cache.lengths[static_cast<std::size_t>(b)] + cache.generated;
  cache.mask.select(3, slot).zero_();
  ++cache.generated;
  const RotaryTables tables = rotary_tables(positions, config.head_width, config.rope_base, input);
  at::Tensor x = input;
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    const at::Tensor qkv = project(config, layer, x, tables);
    cache.keys[i].select(2, slot).copy_(qkv.narrow(1, config.heads, config.kv_heads));
    cache.values[i].select(2, slot).copy_(qkv.narrow(1, config.heads + config.kv_heads, config.kv_heads));
    at::Tensor key = cache.keys[i], value = cache.values[i];
    at::Tensor query = qkv.narrow(1, 0, config.heads).unsqueeze(2);  // [batch, heads, 1, head_width]
    if (config.kv_heads != config.heads) {
      key = key.repeat_interleave(config.heads / config.kv_heads, 1);
      value = value.repeat_interleave(config.heads / config.kv_heads, 1);
    }
    const at::Tensor attended = at::scaled_dot_product_attention(query, key, value, cache.mask);
    x = x + at::linear(attended.reshape({cache.batch, std::int64_t{config.heads} * config.head_width}),
                       layer.attention_out);
    x = x + feed_forward(layer, x, config.norm_eps);
  }
  return rms_norm(x, decoder.final_norm, config.norm_eps);
}

}  // namespace undertone
