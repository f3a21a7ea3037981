#include <fmt/format.h>

#include "harness/core/error.h"
#include "harness/core/fields.h"
#include "harness/model/decoder.h"
#include "harness/model/settings.h"

namespace undertone {
namespace {

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

}  // namespace

DecoderConfig decoder_config_from_json(const Json& json, int vocabulary) {
  DecoderConfig config;
  config.vocabulary = vocabulary;
  read_settings(json, "/model/decoder/random", [&](FieldReader& reader) {
    reader.field("layers", config.layers, "number of blocks", 1, 200)
        .field("width", config.width, "width of the residual stream", 2, 65536)
        .field("heads", config.heads, "attention heads", 1, 1024)
        .field("kv_heads", config.kv_heads, "heads of keys and values; 0: as many as heads", 0, 1024)
        .field("head_width", config.head_width, "width of a head; 0: width / heads", 0, 4096)
        .field("ff", config.ff, "hidden width of SwiGLU; 0: 8/3 of width", 0, 1 << 20)
        .field("rope_base", config.rope_base, "base of the rotary positions", 1, 1e9)
        .field("norm_eps", config.norm_eps, "epsilon of RMSNorm", 1e-12, 1e-1)
        .field("tied", config.tied, "the head is the embedding");
  });
  resolve(config, ErrorKind::suite, "/model/decoder/random");
  return config;
}

DecoderConfig decoder_config_from_llama(const Json& json) {
  const std::string place = json.place().file;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::weights, what, place, "use weights of the plain Llama architecture");
  };
  if (json.get("model_type", "") != "llama")
    refuse("architecture '" + json.get("model_type", "") + "' where 'llama' is expected");
  if (json.get("attention_bias", false) || json.get("mlp_bias", false)) refuse("projections with biases");
  if (json.get("hidden_act", "silu") != "silu") refuse("activation '" + json.get("hidden_act", "") + "'");
  // Older files write rope_theta and rope_scaling, newer ones rope_parameters {rope_theta, rope_type}.
  const Json* rope = json.find("rope_parameters");
  if (rope == nullptr || rope->is_null()) rope = json.find("rope_scaling");
  if (rope != nullptr && !rope->is_null() &&
      rope->get("rope_type", rope->get("type", "default")) != "default")
    refuse("scaled rotary positions");
  DecoderConfig config;
  config.vocabulary = static_cast<int>(json.at("vocab_size").as_int());
  config.layers = static_cast<int>(json.at("num_hidden_layers").as_int());
  config.width = static_cast<int>(json.at("hidden_size").as_int());
  config.heads = static_cast<int>(json.at("num_attention_heads").as_int());
  config.kv_heads = static_cast<int>(json.get("num_key_value_heads", 0));
  const Json* head = json.find("head_dim");
  config.head_width = head != nullptr && !head->is_null() ? static_cast<int>(head->as_int()) : 0;
  config.ff = static_cast<int>(json.at("intermediate_size").as_int());
  const double plain_base = json.get("rope_theta", 10000.0);
  config.rope_base = rope != nullptr && !rope->is_null() ? rope->get("rope_theta", plain_base) : plain_base;
  config.norm_eps = json.get("rms_norm_eps", 1e-6);
  config.tied = json.get("tie_word_embeddings", false);
  resolve(config, ErrorKind::weights, place);
  return config;
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
  return out;
}

}  // namespace undertone
