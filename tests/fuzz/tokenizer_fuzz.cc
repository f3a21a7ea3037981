// Any bytes: ids stay within the vocabulary; where every byte has a token, they decode to the text again; any
// ids decode to UTF-8.
#include <cstdint>
#include <cstdlib>

#include "harness/core/utf8.h"
#include "harness/text/bpe_merges.h"

namespace {

using namespace undertone;
using Type = TokenizerSource::TokenType;

void add(TokenizerSource& s, std::string token, Type type, float score = 0) {
  s.tokens.push_back(std::move(token));
  s.types.push_back(type);
  s.scores.push_back(score);
}

std::unique_ptr<Tokenizer> bpe(const std::string& pre) {
  TokenizerSource s;
  s.pre = pre;
  for (int b = 0; b < 256; ++b) add(s, letters_of_bytes(std::string(1, static_cast<char>(b))), Type::normal);
  for (const std::string pair : {"a a", "aa aa", "Ġ a", "Ġ Ġ", "b a", "1 2", "' s"}) {
    s.merges.push_back(pair);
    std::string joined = pair;
    add(s, joined.erase(joined.find(' '), 1), Type::normal);
  }
  add(s, "<|end|>", Type::control);
  return make_tokenizer(s);
}

std::unique_ptr<Tokenizer> sentencepiece() {
  TokenizerSource s;
  s.kind = TokenizerSource::Kind::sentencepiece;
  add(s, "<unk>", Type::unknown);
  add(s, "<turn>", Type::control);
  constexpr char hex[] = "0123456789ABCDEF";
  for (int b = 0; b < 256; ++b) add(s, std::string("<0x") + hex[b / 16] + hex[b % 16] + ">", Type::byte);
  for (const char* piece : {"a", "b", "\u2581", "\u2581a", "aa", "ab", "aab"})
    add(s, piece, Type::normal, -1);
  add(s, "<it>", Type::user_defined);
  return make_tokenizer(s);
}

void check(const Tokenizer& tokenizer, std::string_view text, bool exact) {
  for (const bool special : {false, true}) {
    const auto ids = tokenizer.encode(text, special);
    for (const auto id : ids)
      if (id < 0 || id >= tokenizer.size()) std::abort();
    const std::string back = tokenizer.decode(ids);
    if (back != repair_utf8(back)) std::abort();
    if (exact && !special && back != text) std::abort();
  }
  std::vector<std::int32_t> any;
  for (const char c : text)
    any.push_back(static_cast<unsigned char>(c) % static_cast<std::int32_t>(tokenizer.size()));
  const std::string decoded = tokenizer.decode(any);
  if (decoded != repair_utf8(decoded)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto gpt2 = bpe("gpt-2"), smollm = bpe("smollm"), pieces = sentencepiece();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool valid = repair_utf8(text) == text;
  check(*gpt2, text, valid);
  check(*smollm, text, valid);
  check(*pieces, text,
        valid && text.find("\u2581") == std::string_view::npos);  // the mark decodes to a space
  return 0;
}
