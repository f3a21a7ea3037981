#include "metrics/text_match.h"

namespace undertone::metrics {

std::vector<std::string> normalised_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  auto finish = [&] {
    while (!word.empty() && word.back() == '\'') word.pop_back();
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (c >= 'A' && c <= 'Z')
      word += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 || (c == '\'' && !word.empty()))
      word += raw;
    else
      finish();
  }
  finish();
  return out;
}

std::vector<std::string> words_without_articles(std::string_view text) {
  std::vector<std::string> w = normalised_words(text);
  std::erase_if(w, [](const std::string& s) { return s == "a" || s == "an" || s == "the"; });
  return w;
}

bool exact_match(std::string_view reference, std::string_view answer) {
  return words_without_articles(reference) == words_without_articles(answer);
}

}  // namespace undertone::metrics
