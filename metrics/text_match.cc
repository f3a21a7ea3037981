#include "metrics/text_match.h"

#include <algorithm>

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

bool exact_match(std::string_view reference, std::string_view answer) {
  auto words = [](std::string_view text) {
    std::vector<std::string> w = normalised_words(text);
    std::erase_if(w, [](const std::string& s) { return s == "a" || s == "an" || s == "the"; });
    return w;
  };
  return words(reference) == words(answer);
}

WordErrors align_words(std::span<const std::string> reference, std::span<const std::string> answer) {
  struct Cell {
    std::int64_t cost;
    WordErrors counts;
  };
  std::vector<Cell> row(answer.size() + 1), next(answer.size() + 1);
  for (std::size_t j = 0; j <= answer.size(); ++j) {
    row[j] = {static_cast<std::int64_t>(j), {}};
    row[j].counts.insertions = static_cast<std::int64_t>(j);
  }
  for (const std::string& word : reference) {
    next[0] = row[0];
    ++next[0].cost;
    ++next[0].counts.deletions;
    for (std::size_t j = 1; j <= answer.size(); ++j) {
      const bool same = word == answer[j - 1];
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

std::optional<double> word_error_rate(const WordErrors& counts) {
  if (counts.reference_words() == 0) return std::nullopt;
  return static_cast<double>(counts.errors()) / static_cast<double>(counts.reference_words());
}

}  // namespace undertone::metrics
