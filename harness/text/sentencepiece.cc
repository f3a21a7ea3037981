#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/utf8.h"
#include "harness/text/sentencepiece_model.h"
#include "harness/text/tokenizer_parts.h"

namespace undertone {
namespace {

// The library decides ids. Bytes that are no UTF-8 become U+FFFD there, one for each byte; a character
// without a piece becomes byte tokens, or the unknown token in vocabularies that have none.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(const TokenizerSource& source)
      : bos_(source.bos),
        eos_(source.eos),
        size_(source.tokens.size()),
        identity_(tokenizer_identity(source)),
        file_(source.file) {
    // The library keeps some tokens as C strings.
    for (const std::string& token : source.tokens)
      if (token.find('\0') != std::string::npos)
        refuse("a token of the SentencePiece vocabulary holds a NUL");
    require(processor_.LoadFromSerializedProto(write_sentencepiece_model(source)), "refuses the vocabulary");
    for (std::size_t i = 0; i < source.tokens.size(); ++i)
      if (source.types[i] == TokenizerSource::TokenType::control)
        controls_.add(source.tokens[i], static_cast<std::int32_t>(i));
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(size_); }
  std::optional<std::int32_t> bos() const override { return bos_; }
  std::optional<std::int32_t> eos() const override { return eos_; }
  std::string identity() const override { return identity_; }

  // Each part between control tokens is a text of its own; the dummy prefix, where there is one, stands
  // before each.
  std::vector<std::int32_t> encode(std::string_view text, bool special) const override {
    std::vector<std::int32_t> ids;
    std::vector<int> part_ids;
    const auto part = [&](std::string_view p) {
      require(processor_.Encode(p, &part_ids), "finds no tokens for a text");
      ids.insert(ids.end(), part_ids.begin(), part_ids.end());
    };
    split_at_names(
        special ? controls_ : no_names_, text, [&](std::int32_t id) { ids.push_back(id); }, part);
    return ids;
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    for (const std::int32_t id : ids) check_token_id(id, size_);
    std::string text;
    require(processor_.Decode(std::vector<int>(ids.begin(), ids.end()), &text), "finds no text for tokens");
    return repair_utf8(text);
  }

 private:
  [[noreturn]] void refuse(std::string what) const {
    throw Error(ErrorKind::weights, std::move(what), file_,
                "use the tokenizer that belongs to the weights, from a complete file");
  }
  // Any text and any ids in range are served with a sound vocabulary: what fails is its fault, seen at
  // loading or only when a text asks for it (a control token of one character that a text holds).
  void require(const sentencepiece::util::Status& status, std::string_view what) const {
    if (!status.ok()) refuse(fmt::format("SentencePiece {}: {}", what, status.ToString()));
  }

  std::optional<std::int32_t> bos_, eos_;
  std::size_t size_;
  std::string identity_, file_;
  sentencepiece::SentencePieceProcessor processor_;
  TokenNames controls_;
  const TokenNames no_names_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_sentencepiece_tokenizer(const TokenizerSource& source) {
  return std::make_unique<SentencePieceTokenizer>(source);
}

TokenizerSource read_sentencepiece_model(const std::string& path) {
  TokenizerSource source = parse_sentencepiece_model(read_file(path), path);
  check_tokenizer_source(source);
  return source;
}

}  // namespace undertone
