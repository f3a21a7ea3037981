// Exact match and word errors on normalised words.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone::metrics {

// Lower case (ASCII), punctuation to spaces but for apostrophes inside words, split at white space. Bytes
// outside ASCII stay as they are.
std::vector<std::string> normalised_words(std::string_view text);

// Same words in the same order, articles (a, an, the) left aside; two empty texts match.
bool exact_match(std::string_view reference, std::string_view answer);

// Counts of a cheapest alignment (Levenshtein over words). Among equally cheap ones: substitutions before
// deletions before insertions, so the counts are the same everywhere; their sum does not depend on that
// choice.
struct WordErrors {
  std::int64_t hits = 0, substitutions = 0, deletions = 0, insertions = 0;
  std::int64_t reference_words() const { return hits + substitutions + deletions; }
  std::int64_t errors() const { return substitutions + deletions + insertions; }
};
WordErrors align_words(std::span<const std::string> reference, std::span<const std::string> answer);
// errors / reference words; nothing when the reference is empty. May exceed 1.
std::optional<double> word_error_rate(const WordErrors& counts);

}  // namespace undertone::metrics
