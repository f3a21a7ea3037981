#include "harness/core/utf8.h"
#include "harness/text/bpe_merges.h"
#include "harness/text/bpe_split.h"
#include "harness/text/tokenizer_parts.h"

namespace undertone {
namespace {

using Type = TokenizerSource::TokenType;

// Byte-level BPE (Radford et al. 2019). Bytes that are not UTF-8 are read as U+FFFD before anything else,
// since the reference tokenizer takes text only.
class BpeTokenizer final : public Tokenizer {
 public:
  explicit BpeTokenizer(const TokenizerSource& source)
      : bos_(source.bos),
        eos_(source.eos),
        identity_(tokenizer_identity(source)),
        splitter_(source.pre, source.file),
        merges_(source) {
    for (std::size_t i = 0; i < source.tokens.size(); ++i) {
      const std::string& token = source.tokens[i];
      const auto id = static_cast<std::int32_t>(i);
      switch (source.types[i]) {
        case Type::control:
          with_special_.add(token, id);
          texts_.emplace_back();
          break;
        case Type::user_defined:
          plain_.add(token, id);
          with_special_.add(token, id);
          texts_.push_back(token);
          break;
        default:
          texts_.push_back(bytes_of_letters(token).value_or(token));
      }
    }
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(texts_.size()); }
  std::optional<std::int32_t> bos() const override { return bos_; }
  std::optional<std::int32_t> eos() const override { return eos_; }
  std::string identity() const override { return identity_; }

  std::vector<std::int32_t> encode(std::string_view text, bool special) const override {
    std::vector<std::int32_t> ids;
    const std::string repaired = repair_utf8(text);
    const auto word = [&](std::string_view w) { merges_.encode_word(w, ids); };
    split_at_names(
        special ? with_special_ : plain_, repaired, [&](std::int32_t id) { ids.push_back(id); },
        [&](std::string_view part) { splitter_.split(part, word); });
    return ids;
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string bytes;
    for (const std::int32_t id : ids) {
      check_token_id(id, texts_.size());
      bytes += texts_[static_cast<std::size_t>(id)];
    }
    return repair_utf8(bytes);
  }

 private:
  std::optional<std::int32_t> bos_, eos_;
  std::string identity_;
  WordSplitter splitter_;
  BpeMerges merges_;
  TokenNames plain_,
      with_special_;  // names looked for in a text: user-defined ones always, control ones if asked
  std::vector<std::string> texts_;  // bytes of each token; "" for control tokens
};

}  // namespace

std::unique_ptr<Tokenizer> make_bpe_tokenizer(const TokenizerSource& source) {
  return std::make_unique<BpeTokenizer>(source);
}

}  // namespace undertone
