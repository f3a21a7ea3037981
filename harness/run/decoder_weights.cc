#include "harness/run/decoder_weights.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/text/chat.h"
#include "harness/text/tokenizer_json.h"
#include "harness/weights/gguf.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

double or_else(const Json& config, const char* key, double otherwise) {
  const Json* value = config.find(key);
  return value && value->is_number() && value->as_double() > 0 ? value->as_double() : otherwise;
}

// The files of a folder that decide what the decoder computes, by name.
std::vector<fs::path> deciding_files(const std::string& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string(), kind = entry.path().extension().string();
    if (kind == ".gguf" || kind == ".safetensors" || kind == ".model" || kind == ".json" || kind == ".jinja")
      out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string digest_of(const std::string& path) {
  if (!fs::is_directory(path)) return sha256_file(path);
  Json files = Json::object();
  for (const fs::path& file : deciding_files(path))
    files[file.filename().string()] = sha256_file(file.string());
  return sha256_hex(files.canonical());
}

void describe_gguf(const std::string& file, const std::string& asked, DecoderWeights& out) {
  const GgufMetadata metadata = open_gguf(file).metadata;
  const std::string a = metadata.text("general.architecture") + ".";
  DecoderSizes& s = out.sizes;
  s.layers = static_cast<double>(metadata.integer(a + "block_count"));
  s.width = static_cast<double>(metadata.integer(a + "embedding_length"));
  s.ff = static_cast<double>(metadata.integer(a + "feed_forward_length"));
  s.heads = static_cast<double>(metadata.integer(a + "attention.head_count"));
  const auto integer = [&](const char* key, double otherwise) {
    return static_cast<double>(metadata.integer_or(a + key, static_cast<std::int64_t>(otherwise)));
  };
  s.kv_heads = integer("attention.head_count_kv", s.heads);
  s.head_width = integer("attention.key_length", s.width / s.heads);
  s.vocabulary = static_cast<double>(metadata.texts("tokenizer.ggml.tokens").size());
  if (!asked.empty()) return;
  const bool has = metadata.find("tokenizer.chat_template") != nullptr;
  out.chat_template = has ? chat_template_name(metadata.text("tokenizer.chat_template"), file) : "plain";
}

void describe_folder(const std::string& folder, const std::string& asked, DecoderWeights& out) {
  const Json config = read_json_file(folder + "/config.json");
  DecoderSizes& s = out.sizes;
  s.layers = or_else(config, "num_hidden_layers", 0);
  s.width = or_else(config, "hidden_size", 0);
  s.ff = or_else(config, "intermediate_size", 0);
  s.heads = or_else(config, "num_attention_heads", 1);
  s.kv_heads = or_else(config, "num_key_value_heads", s.heads);
  s.head_width = or_else(config, "head_dim", s.width / s.heads);
  s.vocabulary = or_else(config, "vocab_size", 0);
  if (!asked.empty()) return;
  const std::string jinja = folder_chat_template(folder);
  out.chat_template = jinja.empty() ? "plain" : chat_template_name(jinja, folder);
}

void describe(const std::string& asked, DecoderWeights& out) {
  if (!fs::is_directory(out.path)) return describe_gguf(out.path, asked, out);
  if (fs::exists(out.path + "/config.json")) return describe_folder(out.path, asked, out);
  for (const fs::path& file : deciding_files(out.path))
    if (file.extension() == ".gguf") return describe_gguf(file.string(), asked, out);
  throw Error(ErrorKind::weights, "the folder holds neither config.json nor a .gguf file", out.path,
              "give the path of a .gguf file, or a folder in the layout of Hugging Face");
}

}  // namespace

double DecoderSizes::block_parameters() const {
  return layers * width * ((heads + 2 * kv_heads) * head_width + heads * head_width + 3 * ff);
}
double DecoderSizes::parameters() const { return block_parameters() + vocabulary * width; }

Json DecoderWeights::settings() const {
  Json out = Json::object();
  out["sha256"] = digest;
  out["chat_template"] = chat_template;
  out["precision"] = precision;
  return out;
}

void add_pretrained_code(StageKey& key, int version) {
  if (version != 1) key.setting("pretrained_code", version);
}

std::string language_model_code(int version, int pretrained) {
  return pretrained == 1 ? fmt::format("{}", version) : fmt::format("{}.{}", version, pretrained);
}

DecoderWeights decoder_weights(const Json& decoder, const std::string& pins_file) {
  DecoderWeights out;
  if (const Json* name = decoder.find("weights")) {
    out.pinned = pinned_weights(pins_file, name->as_string());
    out.path = out.pinned->file;
    out.digest = out.pinned->sha256;
    if (!fs::exists(out.path)) verify_weights(*out.pinned);  // says how they are fetched
  } else {
    out.path = decoder.at("path").as_string();
    if (!fs::exists(out.path))
      throw Error(ErrorKind::weights, "there are no weights at model.decoder.path", out.path,
                  "give a .gguf file, or a folder in the layout of Hugging Face");
    out.digest = digest_of(out.path);
  }
  out.precision = decoder.get("precision", "auto");
  out.chat_template = decoder.get("chat_template", "");
  describe(out.chat_template, out);
  return out;
}

DecoderSizes random_decoder_sizes(const Json& random, double vocabulary) {
  DecoderSizes s;
  s.layers = random.get("layers", 3);
  s.width = random.get("width", 192);
  s.heads = random.get("heads", 6);
  s.kv_heads = or_else(random, "kv_heads", s.heads);
  s.head_width = or_else(random, "head_width", s.width / s.heads);
  s.ff = or_else(random, "ff", s.width * 8 / 3);
  s.vocabulary = vocabulary;
  return s;
}

}  // namespace undertone
