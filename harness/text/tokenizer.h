// Tokenizers of pretrained models: byte-level BPE and SentencePiece. Torch-free; a model's file (GGUF,
// tokenizer.json, tokenizer.model) is read elsewhere or here into a TokenizerSource, and nothing else decides
// ids.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

// What a model's file says of its tokenizer, in the terms of GGUF (tokenizer.ggml.*).
struct TokenizerSource {
  enum class Kind { bpe, sentencepiece };
  enum class TokenType : std::int8_t {
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6
  };
  Kind kind = Kind::bpe;
  std::string pre;                  // pre-tokenizer of a BPE: "gpt-2", "smollm"
  std::vector<std::string> tokens;  // by id; BPE: in GPT-2's byte-to-letter form, as in the file
  std::vector<TokenType> types;     // as many as tokens
  std::vector<float> scores;        // SentencePiece: as many as tokens
  std::vector<std::string> merges;  // BPE: "left right", best first
  std::optional<std::int32_t> bos, eos, unk, pad;
  bool add_bos = false;           // by default in front of a whole text (the model frames prompts itself)
  bool add_space_prefix = false;  // SentencePiece's dummy prefix
  std::string chat_template;      // Jinja text of the file, "" where it has none
  std::string file;               // for messages
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::int64_t size() const = 0;
  // Ids of a text; no bos or eos is added. With `special`, the names of control tokens in the text
  // ("<|im_start|>") become their ids; without, they are plain text, so that data can never speak as the
  // system. Bytes that are not UTF-8 are encoded like the reference tokenizer does (replacement character or
  // byte tokens: see the .cc).
  virtual std::vector<std::int32_t> encode(std::string_view text, bool special = false) const = 0;
  // Text of ids; control tokens are left out. Bytes that form no UTF-8 become U+FFFD.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  virtual std::optional<std::int32_t> bos() const = 0;
  virtual std::optional<std::int32_t> eos() const = 0;
  // Digest of everything that decides ids.
  virtual std::string identity() const = 0;
};

// Throws Error{weights}: unknown pre-tokenizer, lists of unequal length, duplicate or missing tokens, merges
// of tokens that do not exist.
std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerSource& source);

// tokenizer.json of Hugging Face (with tokenizer_config.json beside it for the special tokens and the chat
// template); throws Error{weights} for a kind that is not BPE with byte-level pre-tokenization.
TokenizerSource read_tokenizer_json(const std::string& path);
// tokenizer.model of SentencePiece.
TokenizerSource read_sentencepiece_model(const std::string& path);

}  // namespace undertone
