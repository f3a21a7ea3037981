// Words of a text with their places, and tables of phrases found among them. Internal to label mapping.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace undertone::phrases {

struct Token {
  std::string text;  // lower case, ’ as ', possessive 's cut
  std::size_t begin, end;
  bool after_break;  // punctuation that ends a clause stands before it
};
std::vector<Token> tokens_of(std::string_view text);
std::vector<std::string> words_of(std::string_view phrase);

struct Phrase {
  std::vector<std::string> words;
  std::string label;
  std::string written;
  bool weak = false;
};

// Phrases by first word, longest first.
class Table {
 public:
  void add(Phrase p);
  void add(const std::vector<std::string>& phrases, const std::string& label = {}, bool weak = false);
  // The longest phrase that starts at token i without a clause break inside, or null.
  const Phrase* match(const std::vector<Token>& tokens, std::size_t i) const;

 private:
  std::unordered_map<std::string, std::vector<Phrase>> by_first_;
};

}  // namespace undertone::phrases
