// Byte-pair encoding of one word (Sennrich et al. 2016): merges the pair of lowest rank until none is left.
// Internal to harness/text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/text/tokenizer_parts.h"

namespace undertone {

// GPT-2's letters for bytes: printable Latin-1 stands for itself, the rest for U+0100 and on. Empty for a
// text with a letter that stands for no byte.
std::optional<std::string> bytes_of_letters(std::string_view letters);
std::string letters_of_bytes(std::string_view bytes);

class BpeMerges {
 public:
  // Throws Error{weights} for a merge that is no pair, stands twice, or whose parts or result are no token,
  // and for a normal token that is not in GPT-2's letters.
  explicit BpeMerges(const TokenizerSource& source);

  // Appends the word's ids; n log n in its bytes. A byte that has no token is left out, as in the reference.
  void encode_word(std::string_view bytes, std::vector<std::int32_t>& ids) const;

 private:
  struct Merge {
    std::uint64_t pair = ~std::uint64_t{0};  // left id, right id
    std::int32_t rank = -1, id = -1;
  };
  const Merge* find(std::int32_t left, std::int32_t right) const;
  void insert(const Merge& merge, const TokenizerSource& source);
  void merge_word(std::string_view bytes, std::vector<std::int32_t>& ids) const;

  std::array<std::int32_t, 256> byte_ids_;
  std::vector<Merge> merges_;  // open addressing, a power of two
  // Words that are one token by the merges: most words need no merging at all. (A token that its own merges
  // do not reach is not in it, so this changes no id.)
  IdsByText whole_;
};

}  // namespace undertone
