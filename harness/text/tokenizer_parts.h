// What byte-level BPE and SentencePiece share. Internal to harness/text.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/text/tokenizer.h"

namespace undertone {

// Throws Error{weights}: no tokens, lists of unequal length, empty or duplicate tokens, bos, eos, unk or pad
// that are no ids.
void check_tokenizer_source(const TokenizerSource& source);
// SHA-256 over everything that decides ids and texts, and the version of the code that reads it.
std::string tokenizer_identity(const TokenizerSource& source);

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
using IdsByText = std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>>;

// Finds tokens that stand in a text under their names ("<|im_start|>"): leftmost first, of several the
// longest.
class TokenNames {
 public:
  void add(std::string name, std::int32_t id);
  struct Found {
    std::size_t begin, end;
    std::int32_t id;
  };
  std::optional<Found> find(std::string_view text, std::size_t from) const;

 private:
  IdsByText ids_;
  std::bitset<256> first_bytes_;
  std::vector<std::size_t> lengths_;  // longest first
};

// Calls `name(id)` for each name found and `plain(part)` for each non-empty text between them, in order.
void split_at_names(const TokenNames& names, std::string_view text,
                    const std::function<void(std::int32_t)>& name,
                    const std::function<void(std::string_view)>& plain);

std::unique_ptr<Tokenizer> make_bpe_tokenizer(const TokenizerSource& source);
std::unique_ptr<Tokenizer> make_sentencepiece_tokenizer(const TokenizerSource& source);

// Throws Error{internal} for an id outside the vocabulary.
void check_token_id(std::int32_t id, std::size_t size);

}  // namespace undertone
