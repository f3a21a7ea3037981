#include "harness/text/tokenizer_json.h"

#include <fmt/format.h>
#include <filesystem>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/text/bpe_merges.h"

namespace undertone {
namespace {

using Type = TokenizerSource::TokenType;
namespace fs = std::filesystem;

[[noreturn]] void refuse(const Json& at, const std::string& file, std::string what) {
  throw Error(
      ErrorKind::weights, std::move(what), at.place().line > 0 ? at.place().str() : file,
      "use a tokenizer.json of byte-level BPE (GPT-2, SmolLM), or the model's GGUF or tokenizer.model");
}

// Absent and null are the same to the reference.
const Json* given(const Json& object, std::string_view key) {
  const Json* v = object.find(key);
  return v && !v->is_null() ? v : nullptr;
}

bool truth(const Json& object, std::string_view key, bool otherwise) {
  const Json* v = given(object, key);
  return v ? v->as_bool() : otherwise;
}

std::string words(const Json& object, std::string_view key) {
  const Json* v = given(object, key);
  return v ? v->as_string() : std::string();
}

// Name of the pre-tokenizer that these steps are; see bpe_split.h.
std::string pre_tokenizer(const Json& root, const std::string& file) {
  const Json* pre = given(root, "pre_tokenizer");
  if (!pre) refuse(root, file, "the tokenizer has no pre-tokenizer");
  std::vector<const Json*> steps;
  if (words(*pre, "type") == "Sequence")
    for (const Json& step : pre->at("pretokenizers").elements()) steps.push_back(&step);
  else
    steps.push_back(pre);
  bool digits = false;
  if (!steps.empty() && words(*steps.front(), "type") == "Digits") {
    if (!truth(*steps.front(), "individual_digits", false))
      refuse(*steps.front(), file, "the pre-tokenizer 'Digits' keeps numbers whole, which is not supported");
    digits = true;
    steps.erase(steps.begin());
  }
  if (steps.size() != 1 || words(*steps.front(), "type") != "ByteLevel")
    refuse(*pre, file, "the pre-tokenizer is not 'ByteLevel', nor 'Digits' and 'ByteLevel'");
  if (truth(*steps.front(), "add_prefix_space", true))
    refuse(*steps.front(), file, "the pre-tokenizer puts a space in front of texts, which is not supported");
  if (!truth(*steps.front(), "use_regex", true))
    refuse(*steps.front(), file, "the pre-tokenizer does not split texts into words");
  return digits ? "smollm" : "gpt-2";
}

void check_options(const Json& model, const std::string& file) {
  if (words(model, "type") != "BPE")
    refuse(model, file, fmt::format("the tokenizer's model is '{}', not 'BPE'", words(model, "type")));
  if (const Json* dropout = given(model, "dropout"); dropout && dropout->as_double() != 0)
    refuse(*dropout, file, "the tokenizer drops merges at random");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!words(model, key).empty()) refuse(model, file, fmt::format("the tokenizer sets '{}'", key));
  for (const char* key : {"byte_fallback", "ignore_merges"})
    if (truth(model, key, false)) refuse(model, file, fmt::format("the tokenizer sets '{}'", key));
}

// The vocabulary and the added tokens as one list by id.
void read_tokens(const Json& root, const Json& model, TokenizerSource& out) {
  struct Entry {
    std::string text;
    Type type;
  };
  std::map<std::int64_t, Entry> by_id;
  const auto add = [&](std::int64_t id, const std::string& text, Type type, const Json& at) {
    const auto [entry, fresh] = by_id.emplace(id, Entry{text, type});
    if (!fresh && entry->second.text != text)
      refuse(at, out.file, fmt::format("id {} is both '{}' and '{}'", id, entry->second.text, text));
    entry->second.type = type;  // an added token often stands in the vocabulary too
  };
  for (const auto& [text, id] : model.at("vocab").members()) add(id.as_int(), text, Type::normal, id);
  if (const Json* added = given(root, "added_tokens"))
    for (const Json& token : added->elements()) {
      for (const char* key : {"lstrip", "rstrip", "single_word"})
        if (truth(token, key, false))
          refuse(token, out.file, fmt::format("an added token sets '{}', which is not supported", key));
      add(token.at("id").as_int(), token.at("content").as_string(),
          truth(token, "special", false) ? Type::control : Type::user_defined, token);
    }
  for (auto& [id, entry] : by_id) {
    if (id != static_cast<std::int64_t>(out.tokens.size()))
      refuse(root, out.file, fmt::format("the vocabulary has no token {}", out.tokens.size()));
    out.tokens.push_back(std::move(entry.text));
    out.types.push_back(entry.type);
  }
}

void read_merges(const Json& model, TokenizerSource& out) {
  for (const Json& merge : model.at("merges").elements()) {
    if (merge.is_string()) {
      out.merges.push_back(merge.as_string());
    } else {
      const auto& pair = merge.elements();
      if (pair.size() != 2) refuse(merge, out.file, "a merge is not two tokens");
      out.merges.push_back(pair[0].as_string() + " " + pair[1].as_string());
    }
  }
}

std::optional<std::int32_t> id_of(const TokenizerSource& source, const std::string& token) {
  for (std::size_t i = 0; i < source.tokens.size(); ++i)
    if (source.tokens[i] == token) return static_cast<std::int32_t>(i);
  return std::nullopt;
}

// Bytes without a token would become the unknown token in the reference, and nothing here.
void check_unknown(const Json& model, TokenizerSource& source) {
  const std::string unknown = words(model, "unk_token");
  if (unknown.empty()) return;
  source.unk = id_of(source, unknown);
  const std::set<std::string_view> all(source.tokens.begin(), source.tokens.end());
  for (int b = 0; b < 256; ++b)
    if (!all.contains(letters_of_bytes(std::string(1, static_cast<char>(b)))))
      refuse(model, source.file,
             fmt::format("the tokenizer has an unknown token, and none for the byte {}", b));
}

// Whether the post-processor puts the bos token in front: its template's first part is then that token.
std::string first_special(const Json& root) {
  const Json* post = given(root, "post_processor");
  if (!post) return {};
  std::vector<const Json*> steps{post};
  if (const Json* list = given(*post, "processors"))
    for (const Json& step : list->elements()) steps.push_back(&step);
  for (const Json* step : steps) {
    if (words(*step, "type") != "TemplateProcessing") continue;
    const auto& single = step->at("single").elements();
    if (single.empty()) continue;
    if (const Json* token = given(single.front(), "SpecialToken")) return token->at("id").as_string();
  }
  return {};
}

// A token of tokenizer_config.json: its text, or an object that holds it.
std::string token_text(const Json& config, std::string_view key) {
  const Json* v = given(config, key);
  if (!v) return {};
  return v->is_object() ? v->at("content").as_string() : v->as_string();
}

std::string chat_template(const Json& config) {
  const Json* v = given(config, "chat_template");
  if (!v) return {};
  if (v->is_string()) return v->as_string();
  for (const Json& named : v->elements())
    if (named.at("name").as_string() == "default") return named.at("template").as_string();
  return {};
}

}  // namespace

TokenizerSource parse_tokenizer_json(const Json& root, const std::string& file) {
  TokenizerSource out;
  out.kind = TokenizerSource::Kind::bpe;
  out.file = file;
  const Json& model = root.at("model");
  check_options(model, file);
  if (const Json* normalizer = given(root, "normalizer"))
    refuse(*normalizer, file, "the tokenizer normalises its text, which is not supported");
  const Json* decoder = given(root, "decoder");
  if (!decoder || words(*decoder, "type") != "ByteLevel")
    refuse(root, file, "the tokenizer's decoder is not 'ByteLevel'");
  out.pre = pre_tokenizer(root, file);
  read_tokens(root, model, out);
  read_merges(model, out);
  check_unknown(model, out);
  if (const std::string first = first_special(root); !first.empty()) {
    out.bos = id_of(out, first);
    if (!out.bos)
      refuse(root, file, fmt::format("the token '{}' is put in front of texts but does not exist", first));
    out.add_bos = true;
  }
  return out;
}

void apply_tokenizer_config(const Json& config, TokenizerSource& source) {
  const auto apply = [&](std::string_view key, std::optional<std::int32_t>& id) {
    const std::string text = token_text(config, key);
    if (text.empty()) return;
    id = id_of(source, text);
    if (!id) refuse(config, source.file, fmt::format("the {} is '{}', which is no token", key, text));
  };
  apply("bos_token", source.bos);
  apply("eos_token", source.eos);
  apply("unk_token", source.unk);
  apply("pad_token", source.pad);
  source.add_bos = truth(config, "add_bos_token", source.add_bos);
  source.chat_template = chat_template(config);
}

TokenizerSource read_tokenizer_json(const std::string& path) {
  TokenizerSource source = parse_tokenizer_json(read_json_file(path), path);
  const fs::path folder = fs::path(path).parent_path();
  if (const fs::path config = folder / "tokenizer_config.json"; fs::exists(config))
    apply_tokenizer_config(read_json_file(config.string()), source);
  source.chat_template = folder_chat_template(folder.string());
  return source;
}

std::string folder_chat_template(const std::string& folder) {
  // Newer exports keep the template in a file of its own, which the reference prefers.
  const fs::path jinja = fs::path(folder) / "chat_template.jinja",
                 config = fs::path(folder) / "tokenizer_config.json";
  if (fs::exists(jinja)) return read_file(jinja.string());
  return fs::exists(config) ? chat_template(read_json_file(config.string())) : std::string();
}

}  // namespace undertone
