// BERT's tokenizer (Devlin et al. 2019, uncased): clean, separate CJK characters, strip accents, lower-case,
// split at white space and punctuation, then WordPiece by longest match. Torch-free and deterministic;
// fuzzed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace undertone {

class WordPiece {
 public:
  // vocab.txt: one piece a line, its number is the line's. Throws Error{weights} when a special token ([PAD],
  // [UNK], [CLS], [SEP]) is missing or a piece stands twice.
  static WordPiece from_vocabulary_file(const std::string& path);
  WordPiece(std::span<const std::string> pieces, const std::string& name);

  // Ids with [CLS] in front and [SEP] behind, at most `max_tokens` (>= 2) in all; what is longer is cut at
  // the end. Text is text: "[SEP]" written in it is split like other punctuation and never becomes the
  // special token. Bytes that are not UTF-8 are skipped.
  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_tokens) const;
  // The words before WordPiece splits them: normalised, in order.
  static std::vector<std::string> words(std::string_view text);
  std::size_t size() const { return ids_.size(); }

 private:
  std::int32_t special(const std::string& piece, const std::string& name) const;
  void split(const std::string& word, std::vector<std::int32_t>& out) const;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::int32_t unknown_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace undertone
