#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/core/fields.h"
#include "harness/model/decoder.h"
#include "harness/model/settings.h"

namespace undertone {

void resolve(DecoderConfig& config, ErrorKind kind, const std::string& place) {
  if (config.kv_heads == 0) config.kv_heads = config.heads;
  if (config.head_width == 0) {
    if (config.width % config.heads != 0)
      throw Error(kind, fmt::format("width {} is no multiple of heads {}", config.width, config.heads), place,
                  "change one of them, or give head_width");
    config.head_width = config.width / config.heads;
  }
  if (config.heads % config.kv_heads != 0)
    throw Error(kind, fmt::format("heads {} is no multiple of kv_heads {}", config.heads, config.kv_heads),
                place, "change one of them");
  if (config.head_width % 2 != 0)
    throw Error(kind, fmt::format("head width {} is odd; rotary positions need pairs", config.head_width),
                place, "change width or heads");
  if (config.ff == 0) config.ff = (config.width * 8 / 3 + 31) / 32 * 32;
}

DecoderConfig decoder_config_from_json(const Json& json, int vocabulary) {
  DecoderConfig config;
  config.vocabulary = vocabulary;
  std::string activation = "silu";
  read_settings(json, "/model/decoder/random", [&](FieldReader& reader) {
    reader.field("layers", config.layers, "number of blocks", 1, 200)
        .field("width", config.width, "width of the residual stream", 2, 65536)
        .field("heads", config.heads, "attention heads", 1, 1024)
        .field("kv_heads", config.kv_heads, "heads of keys and values; 0: as many as heads", 0, 1024)
        .field("head_width", config.head_width, "width of a head; 0: width / heads", 0, 4096)
        .field("ff", config.ff, "hidden width of SwiGLU; 0: 8/3 of width", 0, 1 << 20)
        .field("rope_base", config.rope_base, "base of the rotary positions", 1, 1e9)
        .field("norm_eps", config.norm_eps, "epsilon of RMSNorm", 1e-12, 1e-1)
        .field("tied", config.tied, "the head is the embedding")
        .choice("activation", activation, {"silu", "gelu_tanh"}, "of the feed-forward's gate")
        .field("head_norms", config.head_norms, "norms of queries and keys")
        .field("post_norms", config.post_norms, "norms behind attention and feed-forward")
        .field("embedding_scale", config.embedding_scale, "factor of the embeddings", 1e-6, 1e6)
        .field("query_scale", config.query_scale, "factor of the scores; 0: 1 / sqrt(head_width)", 0, 1e6)
        .field("window", config.window, "positions that a local layer sees; 0: all layers are global", 0,
               1 << 24)
        .field("global_every", config.global_every, "every n-th layer is global", 1, 1000)
        .field("local_rope_base", config.local_rope_base, "base of the rotary positions of local layers", 1,
               1e9)
        .field("context", config.context, "positions that the weights were trained for; 0: not stated", 0,
               1 << 30);
  });
  config.activation = activation == "silu" ? Activation::silu : Activation::gelu_tanh;
  resolve(config, ErrorKind::suite, "/model/decoder/random");
  return config;
}

DecoderConfig decoder_config_from_huggingface(const Json& json) {
  const std::string place = json.place().file;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::weights, what, place, "use weights of the Llama or Gemma 3 (text) architecture");
  };
  const std::string type = json.get("model_type", "");
  const bool gemma = type == "gemma3_text";
  if (type != "llama" && !gemma)
    refuse("architecture '" + type + "' where 'llama' or 'gemma3_text' is expected");
  // A member that is absent or null has its default.
  const auto member = [&](const char* name) -> const Json* {
    const Json* found = json.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  };
  const auto whole = [&](const char* name, int otherwise) {
    const Json* found = member(name);
    return found == nullptr ? otherwise : static_cast<int>(found->as_int());
  };
  const auto number = [&](const char* name, double otherwise) {
    const Json* found = member(name);
    return found == nullptr ? otherwise : found->as_double();
  };
  if (json.get("attention_bias", false) || json.get("mlp_bias", false)) refuse("projections with biases");
  const char* key = gemma ? "hidden_activation" : "hidden_act";
  const std::string expected = gemma ? "gelu_pytorch_tanh" : "silu", activation = json.get(key, expected);
  if (activation != expected) refuse("activation '" + activation + "'");
  for (const char* cap : {"attn_logit_softcapping", "final_logit_softcapping"})
    if (member(cap) != nullptr) refuse(std::string("soft caps (") + cap + ")");

  DecoderConfig config;
  // Older files write rope_theta and rope_scaling, newer ones rope_parameters: {rope_theta, rope_type}, or
  // such an object per kind of layer.
  const auto plain = [&](const Json* rope, double base) {
    if (rope == nullptr || rope->is_null()) return base;
    if (rope->get("rope_type", rope->get("type", "default")) != "default") refuse("scaled rotary positions");
    return rope->get("rope_theta", base);
  };
  plain(member("rope_scaling"), 0);
  const Json* rope = member("rope_parameters");
  const bool per_kind = rope != nullptr && rope->find("full_attention") != nullptr;
  config.rope_base =
      plain(per_kind ? rope->find("full_attention") : rope, number("rope_theta", gemma ? 1e6 : 1e4));
  config.vocabulary = static_cast<int>(json.at("vocab_size").as_int());
  config.layers = static_cast<int>(json.at("num_hidden_layers").as_int());
  config.width = static_cast<int>(json.at("hidden_size").as_int());
  config.heads = static_cast<int>(json.at("num_attention_heads").as_int());
  config.kv_heads = whole("num_key_value_heads", 0);
  config.head_width = whole("head_dim", gemma ? 256 : 0);
  config.ff = static_cast<int>(json.at("intermediate_size").as_int());
  config.norm_eps = number("rms_norm_eps", 1e-6);
  config.tied = json.get("tie_word_embeddings", gemma);
  config.context = whole("max_position_embeddings", 0);
  if (gemma) {
    if (json.get("use_bidirectional_attention", false)) refuse("attention in both directions");
    config.local_rope_base =
        plain(per_kind ? rope->find("sliding_attention") : nullptr, number("rope_local_base_freq", 1e4));
    config.query_scale = 1 / std::sqrt(number("query_pre_attn_scalar", 256));
    config.window = whole("sliding_window", 4096);
    config.global_every = whole("sliding_window_pattern", 6);
    if (const Json* kinds = member("layer_types")) {
      if (kinds->size() != static_cast<std::size_t>(config.layers))
        refuse("layer_types that are not as many as the layers");
      config.global_every = config.layers + 1;  // all local, if no layer says otherwise
      for (int i = config.layers; i-- > 0;)
        if (kinds->elements()[static_cast<std::size_t>(i)].as_string() == "full_attention")
          config.global_every = i + 1;
      for (int i = 0; i < config.layers; ++i)
        if (kinds->elements()[static_cast<std::size_t>(i)].as_string() !=
            (config.local(i) ? "sliding_attention" : "full_attention"))
          refuse("layer_types that do not repeat with one period");
    }
    make_gemma3(config);
  }
  resolve(config, ErrorKind::weights, place);
  return config;
}

void make_gemma3(DecoderConfig& config) {
  config.activation = Activation::gelu_tanh;
  config.head_norms = config.post_norms = true;
  config.embedding_scale = std::sqrt(static_cast<double>(config.width));
}

Json to_json(const DecoderConfig& config) {
  Json out = Json::object();
  out["vocabulary"] = config.vocabulary;
  out["layers"] = config.layers;
  out["width"] = config.width;
  out["heads"] = config.heads;
  out["kv_heads"] = config.kv_heads;
  out["head_width"] = config.head_width;
  out["ff"] = config.ff;
  out["rope_base"] = config.rope_base;
  out["norm_eps"] = config.norm_eps;
  out["tied"] = config.tied;
  // The members that are Llama's are left out, so that what was written before they were known stays the
  // same.
  const DecoderConfig llama;
  const auto add = [&](const char* name, auto value, auto plain) {
    if (value != plain) out[name] = value;
  };
  if (config.activation != llama.activation) out["activation"] = "gelu_tanh";
  add("head_norms", config.head_norms, llama.head_norms);
  add("post_norms", config.post_norms, llama.post_norms);
  add("embedding_scale", config.embedding_scale, llama.embedding_scale);
  add("query_scale", config.query_scale, llama.query_scale);
  add("window", config.window, llama.window);
  add("global_every", config.global_every, llama.global_every);
  add("local_rope_base", config.local_rope_base, llama.local_rope_base);
  add("context", config.context, llama.context);
  return out;
}

}  // namespace undertone
