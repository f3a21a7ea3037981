#include "harness/model/pretrained.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/model/tensors.h"
#include "harness/text/chat.h"
#include "harness/text/tokenizer_json.h"
#include "harness/weights/versions.h"

namespace undertone {
namespace {

namespace fs = std::filesystem;

std::string file_in(const fs::path& folder, const char* name) {
  std::error_code ignored;
  const fs::path path = folder / name;
  return fs::is_regular_file(path, ignored) ? path.string() : std::string();
}

// The names by which chat models end a turn, besides the end token that a file states.
void add_end_tokens(Pretrained& model) {
  const auto add = [&](std::int32_t id) {
    if (std::find(model.end_tokens.begin(), model.end_tokens.end(), id) == model.end_tokens.end())
      model.end_tokens.push_back(id);
  };
  if (model.tokenizer.eos) add(*model.tokenizer.eos);
  const std::set<std::string_view> names{"<|im_end|>", "<|endoftext|>", "<end_of_turn>",
                                         "<eos>",      "</s>",          "<|eot_id|>"};
  const std::size_t known = std::min(model.tokenizer.types.size(), model.tokenizer.tokens.size());
  for (std::size_t id = 0; id < known; ++id)
    if (model.tokenizer.types[id] == TokenizerSource::TokenType::control &&
        names.contains(model.tokenizer.tokens[id]))
      add(static_cast<std::int32_t>(id));
}

void check_tokenizer(const Pretrained& model) {
  const auto tokens = static_cast<std::int64_t>(model.tokenizer.tokens.size());
  if (tokens != model.decoder.config.vocabulary)
    throw Error(ErrorKind::weights,
                fmt::format("the tokenizer has {} tokens, the embedding {} rows", tokens,
                            model.decoder.config.vocabulary),
                model.tokenizer.file, "use the tokenizer that belongs to these weights");
}

void choose_template(Pretrained& model, const PretrainedOptions& options) {
  if (options.chat_template.empty()) {
    model.chat_template = chat_template_name(model.tokenizer.chat_template, model.tokenizer.file);
    return;
  }
  const std::vector<Message> probe{{"user", "?"}};
  render_chat(options.chat_template, probe);  // throws where there is no such template
  model.chat_template = options.chat_template;
}

void from_gguf(const std::string& path, const PretrainedOptions& options, Pretrained& model, Json& digests) {
  const GgufFile file = open_gguf(path);
  model.architecture = file.metadata.text("general.architecture");
  const TensorView& embedding = file.tensors.at("token_embd.weight");
  if (embedding.shape.size() != 2)
    throw Error(ErrorKind::weights, "the tensor 'token_embd.weight' is no matrix", path,
                "fetch the file again");
  const DecoderConfig config = decoder_config_from_gguf(file.metadata, static_cast<int>(embedding.shape[0]),
                                                        file.tensors.find("output.weight") == nullptr);
  model.tokenizer = tokenizer_from_gguf(file.metadata);
  model.decoder.config = config;
  check_tokenizer(model);  // before the work of reading
  model.decoder = decoder_from_gguf(file, config);
  if (const std::optional<std::int64_t> turn =
          file.metadata.find("tokenizer.ggml.eot_token_id")
              ? std::optional(file.metadata.integer("tokenizer.ggml.eot_token_id"))
              : std::nullopt)
    model.end_tokens.push_back(static_cast<std::int32_t>(*turn));
  digests["weights"] = options.sha256.empty() ? sha256_file(path) : options.sha256;
}

TensorFile open_weights(const fs::path& folder, Json& digests) {
  if (const std::string index = file_in(folder, "model.safetensors.index.json"); !index.empty()) {
    TensorFile file = open_sharded_safetensors(index);
    std::set<std::string> shards;
    const Json map = read_json_file(index);
    for (const auto& [name, shard] : map.at("weight_map").members()) shards.insert(shard.as_string());
    digests["index"] = sha256_file(index);
    for (const std::string& shard : shards) digests[shard] = sha256_file((folder / shard).string());
    return file;
  }
  const std::string one = file_in(folder, "model.safetensors");
  if (one.empty())
    throw Error(ErrorKind::weights,
                "the folder has neither model.safetensors nor model.safetensors.index.json", folder.string(),
                "name the folder of a checkpoint, or a .gguf file");
  digests["weights"] = sha256_file(one);
  return open_safetensors(one);
}

TokenizerSource open_tokenizer(const fs::path& folder, Json& digests) {
  TokenizerSource out;
  const std::string pieces = file_in(folder, "tokenizer.model"), json = file_in(folder, "tokenizer.json");
  if (pieces.empty() && json.empty())
    throw Error(ErrorKind::weights, "the folder has neither tokenizer.model nor tokenizer.json",
                folder.string(), "complete the checkpoint");
  digests["tokenizer"] = sha256_file(pieces.empty() ? json : pieces);
  out = pieces.empty() ? read_tokenizer_json(json) : read_sentencepiece_model(pieces);
  const std::string settings = file_in(folder, "tokenizer_config.json");
  if (!settings.empty()) digests["tokenizer_config"] = sha256_file(settings);
  if (out.chat_template.empty()) out.chat_template = folder_chat_template(folder.string());
  return out;
}

void add_ids(const Json* value, std::vector<std::int32_t>& to) {
  if (value == nullptr || value->is_null()) return;
  if (value->is_array())
    for (const Json& id : value->elements()) to.push_back(static_cast<std::int32_t>(id.as_int()));
  else
    to.push_back(static_cast<std::int32_t>(value->as_int()));
}

void from_huggingface(const fs::path& folder, Pretrained& model, Json& digests) {
  const std::string path = file_in(folder, "config.json");
  if (path.empty())
    throw Error(ErrorKind::weights, "the folder has no config.json and not one .gguf file", folder.string(),
                "name a .gguf file, or the folder of a checkpoint");
  const Json json = read_json_file(path);
  digests["config"] = sha256_file(path);
  const DecoderConfig config = decoder_config_from_huggingface(json);
  const bool gemma = json.get("model_type", "") == "gemma3_text";
  model.architecture = gemma ? "gemma3" : "llama";
  model.tokenizer = open_tokenizer(folder, digests);
  model.decoder.config = config;
  check_tokenizer(model);
  const TensorFile file = open_weights(folder, digests);
  std::set<std::string> used;
  model.decoder = decoder_from_huggingface(
      [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        used.insert(name);
        return tensor_from(file.at(name, shape));
      },
      config, gemma);
  for (const TensorView& view : file.tensors()) {
    // Old checkpoints store the angles' frequencies, and some a tied head; both follow from the
    // configuration.
    const bool redundant =
        view.name.ends_with("rotary_emb.inv_freq") || (config.tied && view.name == "lm_head.weight");
    if (!used.contains(view.name) && !redundant)
      throw Error(ErrorKind::weights,
                  fmt::format("the tensor '{}' has no part in this architecture", view.name), file.path(),
                  "use weights of the plain architecture (no biases or adapters)");
  }
  if (const std::string settings = file_in(folder, "generation_config.json"); !settings.empty()) {
    digests["generation_config"] = sha256_file(settings);
    const Json generation = read_json_file(settings);
    add_ids(generation.find("eos_token_id"), model.end_tokens);
  }
  add_ids(json.find("eos_token_id"), model.end_tokens);
}

}  // namespace

void set_precision(Decoder& decoder, Precision precision) {
  const at::ScalarType type = precision == Precision::bfloat16 ? at::kBFloat16 : at::kFloat;
  for (DecoderLayer& layer : decoder.layers)
    for (at::Tensor* matrix : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      *matrix = matrix->to(type);
  if (decoder.config.tied)
    decoder.head = precision == Precision::float32 ? at::Tensor() : decoder.embedding.to(type);
  else
    decoder.head = decoder.head.to(type);
}

Pretrained load_pretrained(const std::string& path, const PretrainedOptions& options) {
  Pretrained model;
  model.precision = choose_precision(options.precision);
  Json digests = Json::object();
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw Error(ErrorKind::weights, "there are no weights", path,
                "name a .gguf file or the folder of a checkpoint");
  std::string gguf = fs::is_directory(path, ignored) ? "" : path;
  if (gguf.empty() && file_in(path, "config.json").empty()) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().extension() == ".gguf") found.push_back(entry.path().string());
    if (found.size() == 1) gguf = found.front();
  }
  if (gguf.empty())
    from_huggingface(path, model, digests);
  else
    from_gguf(gguf, options, model, digests);
  add_end_tokens(model);
  for (const std::int32_t id : model.end_tokens)
    if (id < 0 || id >= model.decoder.config.vocabulary)
      throw Error(ErrorKind::weights, fmt::format("the end token {} lies outside the vocabulary", id), path,
                  "use a complete and unchanged checkpoint");
  choose_template(model, options);
  set_precision(model.decoder, model.precision.precision);
  digests["version"] = fmt::format("pretrained/{}", kPretrainedVersion);
  digests["precision"] = to_string(model.precision.precision);
  digests["chat_template"] = model.chat_template;
  model.identity = sha256_hex(digests.canonical());
  return model;
}

}  // namespace undertone
