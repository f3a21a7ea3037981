// A word-level vocabulary of a training text, for decoders that start from random weights: lower-cased words,
// punctuation marks and time stamps ("1.5") are tokens. Deterministic: the same texts give the same ids in
// any order.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/json.h"

namespace undertone {

// The tokens of a text: runs of letters (with inner apostrophes, as in "speaker's"), numbers with an optional
// decimal part, and single marks. ASCII letters are lower-cased; bytes above 127 count as letters. White
// space only separates.
std::vector<std::string> word_tokens(std::string_view text);

// "0.0", "0.5", ... up to `seconds`: so that a time stamp met first at test is no unknown word.
std::vector<std::string> half_second_stamps(double seconds);

class WordVocabulary {
 public:
  static constexpr std::int32_t pad = 0, bos = 1, eos = 2, unk = 3;

  // Every token of `texts` and of `always`, most frequent first, ties in byte order, after <pad> <bos> <eos>
  // <unk>.
  static WordVocabulary build(std::span<const std::string> texts, std::span<const std::string> always = {});
  // Throws Error{data} for another format, a wrong order of the special tokens, or a token that stands twice.
  static WordVocabulary from_json(const Json& json);
  static WordVocabulary load(const std::string& path);
  Json to_json() const;
  void save(const std::string& path) const;  // atomic

  std::size_t size() const { return tokens_.size(); }
  const std::string& token(std::int32_t id) const;  // throws Error{internal} outside the vocabulary
  std::int32_t id(std::string_view token) const;    // unk where absent
  bool knows(std::string_view token) const;

  // No special tokens are added: prompt and target are framed by the model.
  std::vector<std::int32_t> encode(std::string_view text) const;
  // Readable text: special tokens other than <unk> are left out, marks stand where English puts them.
  std::string decode(std::span<const std::int32_t> ids) const;

 private:
  explicit WordVocabulary(std::vector<std::string> tokens);
  std::vector<std::string> tokens_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
};

}  // namespace undertone
