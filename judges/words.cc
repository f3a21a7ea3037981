#include "judges/words.h"

#include <algorithm>

namespace undertone {
namespace {

bool is_word_byte(unsigned char c) {
  return c >= 128 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_vowel(char c) { return std::string_view("aeiouy").find(c) != std::string_view::npos; }

bool has_vowel(std::string_view s) { return std::any_of(s.begin(), s.end(), is_vowel); }

// "runn" -> "run", "hope" -> "hop": only equality of stems matters, not their look.
std::string tidy(std::string s) {
  const std::size_t n = s.size();
  if (n > 3 && s[n - 1] == s[n - 2] && !is_vowel(s[n - 1]) && s[n - 1] != 's' && s[n - 1] != 'l')
    s.pop_back();
  if (s.size() > 3 && s.back() == 'e') s.pop_back();
  return s;
}

}  // namespace

std::vector<std::string> judge_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (is_word_byte(static_cast<unsigned char>(c))) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string judge_stem(std::string_view word) {
  const auto ends = [&](std::string_view suffix, std::size_t least) {
    return word.size() >= suffix.size() + least && word.ends_with(suffix) &&
           has_vowel(word.substr(0, word.size() - suffix.size()));
  };
  const auto cut = [&](std::size_t n) { return std::string(word.substr(0, word.size() - n)); };
  if (ends("ies", 2) || ends("ied", 2)) return cut(3) + "y";
  if (ends("ing", 3)) return tidy(cut(3));
  if (ends("ed", 3)) return tidy(cut(2));
  if (ends("sses", 1) || ends("xes", 2) || ends("ches", 2) || ends("shes", 2)) return cut(2);
  if (ends("s", 2) && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
    return tidy(cut(1));
  return tidy(std::string(word));
}

std::set<std::string> content_stems(std::string_view text, const std::set<std::string>& without) {
  std::set<std::string> stems;
  for (const std::string& word : judge_words(text))
    if (std::string stem = judge_stem(word); !without.contains(stem)) stems.insert(std::move(stem));
  return stems;
}

}  // namespace undertone
