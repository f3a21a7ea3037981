#include "harness/text/tokenizer.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/text/tokenizer_parts.h"

namespace undertone {
namespace {

// Bumped when the same source gives other ids or texts.
constexpr std::string_view kTokenizerVersion = "tokenizer 1";

[[noreturn]] void refuse(const TokenizerSource& source, std::string what) {
  throw Error(ErrorKind::weights, std::move(what), source.file,
              "use the tokenizer that belongs to the weights, from a complete file");
}

void check_special_id(const TokenizerSource& source, std::string_view role,
                      const std::optional<std::int32_t>& id) {
  if (id && (*id < 0 || static_cast<std::size_t>(*id) >= source.tokens.size()))
    refuse(source, fmt::format("the tokenizer's {} token is {}, but its vocabulary has {} tokens", role, *id,
                               source.tokens.size()));
}

}  // namespace

void check_tokenizer_source(const TokenizerSource& source) {
  const std::size_t n = source.tokens.size();
  if (n == 0) refuse(source, "the tokenizer has no tokens");
  if (source.types.size() != n)
    refuse(source, fmt::format("the tokenizer has {} tokens but {} token types", n, source.types.size()));
  if (source.kind == TokenizerSource::Kind::sentencepiece && source.scores.size() != n)
    refuse(source, fmt::format("the tokenizer has {} tokens but {} scores", n, source.scores.size()));
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (source.tokens[i].empty()) refuse(source, fmt::format("token {} is empty", i));
    const auto [at, fresh] = seen.emplace(source.tokens[i], i);
    if (!fresh)
      refuse(source, fmt::format("tokens {} and {} are both '{}'", at->second, i, source.tokens[i]));
    if (i < source.scores.size() && !std::isfinite(source.scores[i]))
      refuse(source, fmt::format("the score of token {} is no number", i));
    const auto type = static_cast<int>(source.types[i]);
    if (type < 1 || type > 6) refuse(source, fmt::format("token {} has the unknown type {}", i, type));
  }
  check_special_id(source, "bos", source.bos);
  check_special_id(source, "eos", source.eos);
  check_special_id(source, "unk", source.unk);
  check_special_id(source, "pad", source.pad);
}

std::string tokenizer_identity(const TokenizerSource& source) {
  std::string all(kTokenizerVersion);
  const auto number = [&all](std::int64_t v) { fmt::format_to(std::back_inserter(all), ",{}", v); };
  const auto text = [&](const std::string& t) {
    number(static_cast<std::int64_t>(t.size()));
    all += ':';
    all += t;
  };
  const auto id = [&](const std::optional<std::int32_t>& v) { number(v ? *v : -1); };
  number(static_cast<int>(source.kind));
  text(source.pre);
  number(static_cast<std::int64_t>(source.tokens.size()));
  for (std::size_t i = 0; i < source.tokens.size(); ++i) {
    text(source.tokens[i]);
    number(static_cast<int>(source.types[i]));
  }
  number(static_cast<std::int64_t>(source.scores.size()));
  for (const float score : source.scores) {
    std::uint32_t bits;
    std::memcpy(&bits, &score, sizeof bits);
    number(bits);
  }
  number(static_cast<std::int64_t>(source.merges.size()));
  for (const std::string& merge : source.merges) text(merge);
  id(source.bos);
  id(source.eos);
  number(source.add_space_prefix);
  return sha256_hex(all);
}

void TokenNames::add(std::string name, std::int32_t id) {
  first_bytes_.set(static_cast<unsigned char>(name.front()));
  if (std::find(lengths_.begin(), lengths_.end(), name.size()) == lengths_.end()) {
    lengths_.push_back(name.size());
    std::sort(lengths_.rbegin(), lengths_.rend());
  }
  ids_.emplace(std::move(name), id);
}

std::optional<TokenNames::Found> TokenNames::find(std::string_view text, std::size_t from) const {
  if (ids_.empty()) return std::nullopt;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!first_bytes_.test(static_cast<unsigned char>(text[i]))) continue;
    for (const std::size_t n : lengths_) {
      if (n > text.size() - i) continue;
      if (const auto it = ids_.find(text.substr(i, n)); it != ids_.end()) return Found{i, i + n, it->second};
    }
  }
  return std::nullopt;
}

void split_at_names(const TokenNames& names, std::string_view text,
                    const std::function<void(std::int32_t)>& name,
                    const std::function<void(std::string_view)>& plain) {
  for (std::size_t at = 0; at < text.size();) {
    const auto found = names.find(text, at);
    const std::size_t end = found ? found->begin : text.size();
    if (end > at) plain(text.substr(at, end - at));
    if (!found) return;
    name(found->id);
    at = found->end;
  }
}

void check_token_id(std::int32_t id, std::size_t size) {
  if (id < 0 || static_cast<std::size_t>(id) >= size)
    throw Error(ErrorKind::internal, fmt::format("token {} is outside a vocabulary of {}", id, size));
}

std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerSource& source) {
  check_tokenizer_source(source);
  return source.kind == TokenizerSource::Kind::bpe ? make_bpe_tokenizer(source)
                                                   : make_sentencepiece_tokenizer(source);
}

}  // namespace undertone
