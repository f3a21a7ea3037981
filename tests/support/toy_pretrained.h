// A tiny Llama from random numbers in the layout of Hugging Face, with a byte-level tokenizer that knows no
// merges: what a pretrained decoder is to the programs, in 100 KB.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "harness/core/random.h"
#include "harness/weights/tensor_file.h"

namespace undertone::test {

// GPT-2's letters for the 256 bytes, in the order of the bytes.
inline std::vector<std::string> byte_letters() {
  std::vector<std::string> out;
  int next = 256;
  for (int b = 0; b < 256; ++b) {
    const bool printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
    const int code = printable ? b : next++;
    if (code < 128)
      out.emplace_back(1, static_cast<char>(code));
    else
      out.push_back({static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))});
  }
  return out;
}

// Writes config.json, model.safetensors, tokenizer.json and tokenizer_config.json into the folder. Another
// `stream` gives other weights of the same shapes.
inline void write_toy_pretrained(const std::string& folder, const std::string& stream = "toy pretrained") {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  const std::int64_t vocabulary = 259, width = 32, layers = 2, heads = 4, kv_heads = 2, head_width = 8,
                     ff = 64;

  Json config = Json::object();
  config["model_type"] = "llama";
  config["architectures"] = Json(Json::Array{Json("LlamaForCausalLM")});
  config["vocab_size"] = vocabulary;
  config["hidden_size"] = width;
  config["num_hidden_layers"] = layers;
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = kv_heads;
  config["head_dim"] = head_width;
  config["intermediate_size"] = ff;
  config["hidden_act"] = "silu";
  config["rms_norm_eps"] = 1e-5;
  config["rope_theta"] = 10000.0;
  config["max_position_embeddings"] = 512;
  config["tie_word_embeddings"] = false;  // a tied random head says what it read last
  config["bos_token_id"] = 1;
  config["eos_token_id"] = 2;
  write_file_atomically(folder + "/config.json", config.dump(1));

  std::vector<std::vector<float>> values;
  std::vector<TensorView> tensors;
  values.reserve(100);
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t n = 1;
    for (const std::int64_t d : shape) n *= d;
    std::vector<float>& v = values.emplace_back(static_cast<std::size_t>(n), 1.0f);  // norms
    if (shape.size() == 2) {
      Stream random(stream + "/" + name);
      for (float& x : v) x = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(shape[1])));
    }
    tensors.push_back({name, DType::f32, std::move(shape), std::as_bytes(std::span<const float>(v))});
  };
  add("model.embed_tokens.weight", {vocabulary, width});
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string at = "model.layers." + std::to_string(i) + ".";
    add(at + "input_layernorm.weight", {width});
    add(at + "self_attn.q_proj.weight", {heads * head_width, width});
    add(at + "self_attn.k_proj.weight", {kv_heads * head_width, width});
    add(at + "self_attn.v_proj.weight", {kv_heads * head_width, width});
    add(at + "self_attn.o_proj.weight", {width, heads * head_width});
    add(at + "post_attention_layernorm.weight", {width});
    add(at + "mlp.gate_proj.weight", {ff, width});
    add(at + "mlp.up_proj.weight", {ff, width});
    add(at + "mlp.down_proj.weight", {width, ff});
  }
  add("model.norm.weight", {width});
  add("lm_head.weight", {vocabulary, width});
  write_safetensors(folder + "/model.safetensors", std::move(tensors), {{"format", "pt"}});

  const std::vector<std::string> special{"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  Json added = Json::array(), vocab = Json::object();
  std::int64_t id = 0;
  for (const std::string& name : special) {
    Json token = Json::object();
    token["id"] = id;
    token["content"] = name;
    for (const char* flag : {"single_word", "lstrip", "rstrip", "normalized"}) token[flag] = false;
    token["special"] = true;
    added.push_back(std::move(token));
    vocab[name] = id++;
  }
  for (const std::string& letter : byte_letters()) vocab[letter] = id++;
  Json digits = Json::object({{"type", "Digits"}, {"individual_digits", true}});
  Json bytes = Json::object(
      {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}});
  Json model = Json::object();
  model["type"] = "BPE";
  for (const char* none : {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"})
    model[none] = Json();
  for (const char* off : {"fuse_unk", "byte_fallback", "ignore_merges"}) model[off] = false;
  model["vocab"] = vocab;
  model["merges"] = Json::array();
  Json tokenizer = Json::object();
  tokenizer["version"] = "1.0";
  tokenizer["added_tokens"] = added;
  tokenizer["normalizer"] = Json();
  tokenizer["pre_tokenizer"] =
      Json::object({{"type", "Sequence"}, {"pretokenizers", Json(Json::Array{digits, bytes})}});
  tokenizer["post_processor"] = Json();
  tokenizer["decoder"] = bytes;
  tokenizer["model"] = model;
  write_file_atomically(folder + "/tokenizer.json", tokenizer.dump(1));
  Json about = Json::object();
  about["bos_token"] = "<|im_start|>";
  about["eos_token"] = "<|im_end|>";
  write_file_atomically(folder + "/tokenizer_config.json", about.dump(1));
}

}  // namespace undertone::test
