// Any bytes: words() and encode() end, and the ids stay within the vocabulary and the length asked for.
#include <cstdint>
#include <cstdlib>

#include "harness/text/wordpiece.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  static const std::vector<std::string> pieces{"[PAD]", "[UNK]", "[CLS]",    "[SEP]", "a", "##a",
                                               "b",     "##bc",  "\xc3\xa9", ".",     "[", "]"};
  static const WordPiece tokens(pieces, "fuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& word : WordPiece::words(text))
    if (word.empty()) std::abort();
  const auto ids = tokens.encode(text, 16);
  if (ids.size() < 2 || ids.size() > 16 || ids.front() != 2 || ids.back() != 3) std::abort();
  for (const auto id : ids)
    if (id < 0 || id >= static_cast<std::int32_t>(tokens.size())) std::abort();
  return 0;
}
