// Decoders and tokenizers from GGUF, in the names of llama.cpp.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/model/pretrained.h"
#include "harness/model/tensors.h"

namespace undertone {
namespace {

// Parts of a layer: Hugging Face's name behind "model.layers.N." -> llama.cpp's behind "blk.N.". Which of
// Gemma's norms "post_attention_layernorm" is depends on the architecture.
const std::map<std::string, std::string, std::less<>>& layer_names() {
  static const std::map<std::string, std::string, std::less<>> names{
      {"input_layernorm.weight", "attn_norm.weight"},
      {"self_attn.q_proj.weight", "attn_q.weight"},
      {"self_attn.k_proj.weight", "attn_k.weight"},
      {"self_attn.v_proj.weight", "attn_v.weight"},
      {"self_attn.o_proj.weight", "attn_output.weight"},
      {"self_attn.q_norm.weight", "attn_q_norm.weight"},
      {"self_attn.k_norm.weight", "attn_k_norm.weight"},
      {"pre_feedforward_layernorm.weight", "ffn_norm.weight"},
      {"post_feedforward_layernorm.weight", "post_ffw_norm.weight"},
      {"mlp.gate_proj.weight", "ffn_gate.weight"},
      {"mlp.up_proj.weight", "ffn_up.weight"},
      {"mlp.down_proj.weight", "ffn_down.weight"},
  };
  return names;
}

std::string name_in_gguf(const std::string& name, bool post_norms) {
  if (name == "model.embed_tokens.weight") return "token_embd.weight";
  if (name == "model.norm.weight") return "output_norm.weight";
  if (name == "lm_head.weight") return "output.weight";
  const std::string_view rest = std::string_view(name).substr(std::string_view("model.layers.").size());
  const std::size_t dot = rest.find('.');
  const std::string_view part = rest.substr(dot + 1);
  std::string mapped;
  if (part == "post_attention_layernorm.weight")
    mapped = post_norms ? "post_attention_norm.weight" : "ffn_norm.weight";
  else
    mapped = layer_names().at(std::string(part));
  return fmt::format("blk.{}.{}", rest.substr(0, dot), mapped);
}

// llama.cpp rotates neighbouring elements for architecture llama, so its converter interleaves the halves of
// every head: row 2 i + j of a head is row j width / 2 + i of the checkpoint. This is the way back.
at::Tensor separate_halves(const at::Tensor& weight, std::int64_t heads) {
  const std::int64_t rows = weight.size(0), in = weight.size(1);
  return weight.view({heads, rows / heads / 2, 2, in}).transpose(1, 2).reshape({rows, in});
}

const std::string& architecture_of(const GgufMetadata& metadata) {
  const std::string& name = metadata.text("general.architecture");
  if (name != "llama" && name != "gemma3")
    throw Error(ErrorKind::weights,
                fmt::format("architecture '{}' where 'llama' or 'gemma3' is expected", name), metadata.path,
                "use weights of one of these architectures");
  return name;
}

std::optional<std::int32_t> token_id(const GgufMetadata& metadata, std::string_view key) {
  if (metadata.find(key) == nullptr) return std::nullopt;
  return static_cast<std::int32_t>(metadata.integer(key));
}

bool flag(const GgufMetadata& metadata, std::string_view key, bool otherwise) {
  const GgufValue* value = metadata.find(key);
  if (value == nullptr) return otherwise;
  if (const bool* yes = std::get_if<bool>(value)) return *yes;
  throw Error(ErrorKind::weights, fmt::format("{} is not true or false", key), metadata.path,
              "fetch the file again, or convert it anew");
}

}  // namespace

DecoderConfig decoder_config_from_gguf(const GgufMetadata& metadata, int vocabulary, bool tied) {
  const std::string& name = architecture_of(metadata);
  const bool gemma = name == "gemma3";
  const auto key = [&](const char* member) { return name + "." + member; };
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::weights, what, metadata.path, "use weights without it");
  };
  const auto whole = [&](const char* member, std::int64_t low, std::int64_t high) {
    const std::int64_t value = metadata.integer(key(member));
    if (value < low || value > high)
      refuse(fmt::format("{} is {}, which lies outside {} to {}", key(member), value, low, high));
    return static_cast<int>(value);
  };
  DecoderConfig config;
  config.vocabulary = vocabulary;
  config.layers = whole("block_count", 1, 1000);
  config.width = whole("embedding_length", 2, 1 << 17);
  config.heads = whole("attention.head_count", 1, 4096);
  config.kv_heads =
      metadata.find(key("attention.head_count_kv")) ? whole("attention.head_count_kv", 1, 4096) : 0;
  config.ff = whole("feed_forward_length", 1, 1 << 20);
  config.head_width =
      metadata.find(key("attention.key_length")) ? whole("attention.key_length", 2, 1 << 16) : 0;
  config.norm_eps = metadata.number(key("attention.layer_norm_rms_epsilon"));
  config.rope_base = metadata.number_or(key("rope.freq_base"), 10000);
  config.context = metadata.find(key("context_length")) ? whole("context_length", 1, 1 << 30) : 0;
  config.tied = tied;
  for (const char* cap : {"attn_logit_softcapping", "final_logit_softcapping"})
    if (metadata.find(key(cap)) != nullptr) refuse(fmt::format("soft caps ({})", key(cap)));
  if (metadata.find(key("rope.scaling.type")) != nullptr && metadata.text(key("rope.scaling.type")) != "none")
    refuse("scaled rotary positions (" + key("rope.scaling.type") + ")");
  if (gemma) {
    make_gemma3(config);
    config.window = whole("attention.sliding_window", 1, 1 << 30);
    config.global_every = 6;  // the architecture's; the file does not say it
    config.local_rope_base = metadata.number_or(key("rope.freq_base_swa"), 10000);
    // The 27B model (62 layers) alone scales by width / heads; the file does not say this either.
    if (config.layers == 62) config.query_scale = std::sqrt(static_cast<double>(config.heads) / config.width);
  }
  resolve(config, ErrorKind::weights, metadata.path);
  if (const std::int64_t rotated = metadata.integer_or(key("rope.dimension_count"), config.head_width);
      rotated != config.head_width)
    refuse(fmt::format("rotary positions on {} of a head's {} elements", rotated, config.head_width));
  if (const std::int64_t value = metadata.integer_or(key("attention.value_length"), config.head_width);
      value != config.head_width)
    refuse(fmt::format("values of width {} beside keys of width {}", value, config.head_width));
  return config;
}

Decoder decoder_from_gguf(const GgufFile& file, const DecoderConfig& config) {
  const bool interleaved = architecture_of(file.metadata) == "llama";
  std::set<std::string> used;
  Decoder decoder = decoder_from_huggingface(
      [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        const std::string here = name_in_gguf(name, config.post_norms);
        used.insert(here);
        const at::Tensor tensor = tensor_from(file.tensors.at(here, shape));
        if (interleaved && name.ends_with("q_proj.weight")) return separate_halves(tensor, config.heads);
        if (interleaved && name.ends_with("k_proj.weight")) return separate_halves(tensor, config.kv_heads);
        return tensor;
      },
      config);
  for (const TensorView& view : file.tensors.tensors())
    if (!used.contains(view.name))
      throw Error(ErrorKind::weights,
                  fmt::format("the tensor '{}' has no part in this architecture", view.name),
                  file.metadata.path,
                  "use weights of the plain architecture (no biases, adapters or scaled rotary positions)");
  return decoder;
}

TokenizerSource tokenizer_from_gguf(const GgufMetadata& metadata) {
  TokenizerSource out;
  out.file = metadata.path;
  const std::string& model = metadata.text("tokenizer.ggml.model");
  const bool sentencepiece = model == "llama";
  if (!sentencepiece && model != "gpt2")
    throw Error(ErrorKind::weights,
                fmt::format("a tokenizer of kind '{}' where 'gpt2' or 'llama' is expected", model),
                metadata.path, "use weights with a byte-level BPE or a SentencePiece vocabulary");
  out.kind = sentencepiece ? TokenizerSource::Kind::sentencepiece : TokenizerSource::Kind::bpe;
  out.tokens = metadata.texts("tokenizer.ggml.tokens");
  for (const double type : metadata.numbers("tokenizer.ggml.token_type")) {
    if (type < 1 || type > 6)
      throw Error(ErrorKind::weights, fmt::format("a token of type {} where 1 to 6 are known", type),
                  metadata.path, "fetch the file again, or convert it anew");
    out.types.push_back(static_cast<TokenizerSource::TokenType>(static_cast<int>(type)));
  }
  if (sentencepiece) {
    for (const double score : metadata.numbers("tokenizer.ggml.scores"))
      out.scores.push_back(static_cast<float>(score));
  } else {
    out.pre = metadata.text("tokenizer.ggml.pre");
    out.merges = metadata.texts("tokenizer.ggml.merges");
  }
  out.bos = token_id(metadata, "tokenizer.ggml.bos_token_id");
  out.eos = token_id(metadata, "tokenizer.ggml.eos_token_id");
  out.unk = token_id(metadata, "tokenizer.ggml.unknown_token_id");
  out.pad = token_id(metadata, "tokenizer.ggml.padding_token_id");
  // What llama.cpp assumes of a file that does not say it.
  out.add_bos = flag(metadata, "tokenizer.ggml.add_bos_token", sentencepiece);
  out.add_space_prefix = flag(metadata, "tokenizer.ggml.add_space_prefix", sentencepiece);
  if (metadata.find("tokenizer.chat_template") != nullptr)
    out.chat_template = metadata.text("tokenizer.chat_template");
  return out;
}

}  // namespace undertone
