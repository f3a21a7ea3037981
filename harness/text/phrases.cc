#include "harness/text/phrases.h"

#include <algorithm>

namespace undertone::phrases {

std::vector<Token> tokens_of(std::string_view s) {
  std::vector<Token> out;
  bool broke = false;
  for (std::size_t i = 0; i < s.size();) {
    std::string word;
    const std::size_t begin = i;
    while (i < s.size()) {
      const auto c = static_cast<unsigned char>(s[i]);
      if (s.substr(i, 3) == "\xE2\x80\x99" && !word.empty()) {  // typographic apostrophe
        word += '\'';
        i += 3;
      } else if (s.substr(i, 2) == "\xE2\x80") {  // dashes, quotation marks
        break;
      } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ||
                 (c == '\'' && !word.empty())) {
        word += s[i++];
      } else if (c >= 'A' && c <= 'Z') {
        word += static_cast<char>(c - 'A' + 'a');
        ++i;
      } else {
        break;
      }
    }
    std::size_t end = i;
    while (!word.empty() && word.back() == '\'') {  // a closing quotation mark
      word.pop_back();
      end -= s[end - 1] == '\'' ? 1 : 3;
    }
    if (word.size() > 2 && word.ends_with("'s") && word != "she's" && word != "he's" && word != "it's") {
      word.resize(word.size() - 2);
    }
    if (!word.empty()) {
      out.push_back({std::move(word), begin, end, broke});
      broke = false;
    }
    if (i == begin) {  // no letter here
      if (std::string_view(".,;:!?\n()").find(s[i]) != std::string_view::npos) broke = true;
      i += s.substr(i, 2) == "\xE2\x80" ? std::min<std::size_t>(3, s.size() - i) : 1;
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view phrase) {
  std::vector<std::string> out;
  for (Token& t : tokens_of(phrase)) out.push_back(std::move(t.text));
  return out;
}

void Table::add(Phrase p) {
  if (p.words.empty()) return;
  auto& list = by_first_[p.words.front()];
  const auto at = std::find_if(list.begin(), list.end(),
                               [&](const Phrase& q) { return q.words.size() < p.words.size(); });
  list.insert(at, std::move(p));
}

void Table::add(const std::vector<std::string>& phrases, const std::string& label, bool weak) {
  for (const std::string& p : phrases) add({words_of(p), label, p, weak});
}

const Phrase* Table::match(const std::vector<Token>& tokens, std::size_t i) const {
  const auto found = by_first_.find(tokens[i].text);
  if (found == by_first_.end()) return nullptr;
  for (const Phrase& p : found->second) {
    if (i + p.words.size() > tokens.size()) continue;
    bool same = true;
    for (std::size_t k = 1; same && k < p.words.size(); ++k)
      same = tokens[i + k].text == p.words[k] && !tokens[i + k].after_break;
    if (same) return &p;
  }
  return nullptr;
}

}  // namespace undertone::phrases
