#include "metrics/asr.h"

namespace undertone::metrics {
namespace {

template <class Token>
AlignmentCounts align(std::span<const Token> reference, std::span<const Token> answer) {
  struct Cell {
    std::int64_t cost;
    AlignmentCounts counts;
  };
  std::vector<Cell> row(answer.size() + 1), next(answer.size() + 1);
  for (std::size_t j = 0; j <= answer.size(); ++j) {
    row[j] = {static_cast<std::int64_t>(j), {}};
    row[j].counts.insertions = static_cast<std::int64_t>(j);
  }
  for (const Token& token : reference) {
    next[0] = row[0];
    ++next[0].cost;
    ++next[0].counts.deletions;
    for (std::size_t j = 1; j <= answer.size(); ++j) {
      const bool same = token == answer[j - 1];
      const std::int64_t diagonal = row[j - 1].cost + (same ? 0 : 1);
      const std::int64_t deletion = row[j].cost + 1, insertion = next[j - 1].cost + 1;
      if (diagonal <= deletion && diagonal <= insertion) {
        next[j] = {diagonal, row[j - 1].counts};
        ++(same ? next[j].counts.hits : next[j].counts.substitutions);
      } else if (deletion <= insertion) {
        next[j] = {deletion, row[j].counts};
        ++next[j].counts.deletions;
      } else {
        next[j] = {insertion, next[j - 1].counts};
        ++next[j].counts.insertions;
      }
    }
    std::swap(row, next);
  }
  return row.back().counts;
}

std::vector<char32_t> spelt(std::span<const std::string> words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : " ") + w;
  return characters_of(text);
}

}  // namespace

AlignmentCounts align_words(std::span<const std::string> reference, std::span<const std::string> answer) {
  return align<std::string>(reference, answer);
}

AlignmentCounts align_characters(std::span<const std::string> reference,
                                 std::span<const std::string> answer) {
  const std::vector<char32_t> r = spelt(reference), a = spelt(answer);
  return align<char32_t>(r, a);
}

Value error_rate(const AlignmentCounts& counts) {
  if (counts.reference_tokens() == 0) return Value::none("the reference is empty");
  return static_cast<double>(counts.errors()) / static_cast<double>(counts.reference_tokens());
}

std::vector<char32_t> characters_of(std::string_view utf8) {
  std::vector<char32_t> out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(utf8[k]); };
    const unsigned char first = byte(i);
    const std::size_t length = first < 0x80    ? 1
                               : first >= 0xF0 ? 4
                               : first >= 0xE0 ? 3
                               : first >= 0xC2 ? 2
                                               : 0;
    char32_t code = length == 1 ? first : first & (0xFFu >> (length + 1));
    bool valid = length > 0 && first <= 0xF4 && i + length <= utf8.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      valid = (byte(i + k) & 0xC0) == 0x80;
      code = code << 6 | (byte(i + k) & 0x3F);
    }
    // Overlong forms, surrogates and what lies beyond Unicode.
    valid = valid && !(length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) &&
            !(length == 4 && (code < 0x10000 || code > 0x10FFFF));
    out.push_back(valid ? code : char32_t{0xDC00} + first);
    i += valid ? length : 1;
  }
  return out;
}

}  // namespace undertone::metrics
