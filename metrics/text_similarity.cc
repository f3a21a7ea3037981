#include "metrics/text_similarity.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "metrics/asr.h"
#include "metrics/text_match.h"

namespace undertone::metrics {
namespace {

constexpr const char* kNoReference = "the reference has no words";

double harmonic(double common, double reference, double answer) {
  return reference + answer > 0 ? 2 * common / (reference + answer) : 0;
}

std::vector<std::string> rouge_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  auto finish = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    if (c >= 'A' && c <= 'Z')
      word += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
      word += raw;
    else
      finish();
  }
  finish();
  return out;
}

std::size_t longest_common_subsequence(std::span<const std::string> a, std::span<const std::string> b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const std::string& word : a) {
    std::size_t diagonal = 0;  // row[j - 1] before this word
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = word == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

// White space as Unicode has it.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::u32string without_space(std::string_view text) {
  std::u32string out;
  for (char32_t c : characters_of(text))
    if (!is_space(c)) out += c;
  return out;
}

std::unordered_map<std::u32string_view, std::size_t> ngrams(std::u32string_view text, std::size_t n) {
  std::unordered_map<std::u32string_view, std::size_t> out;
  for (std::size_t i = 0; i + n <= text.size(); ++i) ++out[text.substr(i, n)];
  return out;
}

}  // namespace

Value token_f1(std::string_view reference, std::string_view answer) {
  const std::vector<std::string> wanted = words_without_articles(reference),
                                 said = words_without_articles(answer);
  if (wanted.empty()) return Value::none(kNoReference);
  std::unordered_map<std::string_view, std::size_t> left;
  for (const std::string& w : wanted) ++left[w];
  std::size_t common = 0;
  for (const std::string& w : said)
    if (const auto found = left.find(w); found != left.end() && found->second > 0) --found->second, ++common;
  return harmonic(static_cast<double>(common), static_cast<double>(wanted.size()),
                  static_cast<double>(said.size()));
}

Value rouge_l(std::string_view reference, std::string_view answer) {
  const std::vector<std::string> wanted = rouge_words(reference), said = rouge_words(answer);
  if (wanted.empty()) return Value::none(kNoReference);
  const std::size_t common = longest_common_subsequence(wanted, said);
  return harmonic(static_cast<double>(common), static_cast<double>(wanted.size()),
                  static_cast<double>(said.size()));
}

Value chrf(std::string_view reference, std::string_view answer) {
  constexpr std::size_t kOrders = 6;
  constexpr double kBetaSquared = 4;
  const std::u32string wanted = without_space(reference), said = without_space(answer);
  if (wanted.empty()) return Value::none(kNoReference);
  double precision = 0, recall = 0, orders = 0;
  for (std::size_t n = 1; n <= kOrders && n <= wanted.size() && n <= said.size(); ++n) {
    const auto want = ngrams(wanted, n), say = ngrams(said, n);
    std::size_t common = 0;
    for (const auto& [gram, count] : say)
      if (const auto found = want.find(gram); found != want.end()) common += std::min(count, found->second);
    precision += static_cast<double>(common) / static_cast<double>(said.size() - n + 1);
    recall += static_cast<double>(common) / static_cast<double>(wanted.size() - n + 1);
    orders += 1;
  }
  if (precision + recall == 0) return 0.0;
  precision /= orders, recall /= orders;
  return (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

}  // namespace undertone::metrics
