// Pre-tokenizers of byte-level BPE: where a text may be cut into words before any merge. Internal to
// harness/text.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace undertone {

// "gpt-2": contractions, letters, numbers and other marks, each with one space in front; runs of white space
// leave their last character to the word that follows (Radford et al. 2019). "smollm": the same, but every
// numeral stands alone and takes no space. Letters and numerals are those of PCRE2's Unicode tables;
// characters assigned later than these count as marks.
class WordSplitter {
 public:
  // Throws Error{weights} for an unknown name, naming `file` and the known ones.
  WordSplitter(const std::string& name, const std::string& file);
  ~WordSplitter();
  // Calls `word` for each word in order; together they are the whole text. `utf8` must be valid. Thread-safe.
  void split(std::string_view utf8, const std::function<void(std::string_view)>& word) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace undertone
