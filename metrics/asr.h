// Word and character error rates with the counts of the alignment behind them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/value.h"

namespace undertone::metrics {

// Counts of a cheapest alignment (Levenshtein 1966). Among equally cheap ones: substitutions before deletions
// before insertions, so the counts are the same everywhere; their sum does not depend on that choice. Counts
// of utterances add: a corpus's rate is errors over reference tokens, both summed (Jurafsky & Martin).
struct AlignmentCounts {
  std::int64_t hits = 0, substitutions = 0, deletions = 0, insertions = 0;
  std::int64_t reference_tokens() const { return hits + substitutions + deletions; }
  std::int64_t reference_words() const { return reference_tokens(); }
  std::int64_t errors() const { return substitutions + deletions + insertions; }
  AlignmentCounts& operator+=(const AlignmentCounts& o) {
    hits += o.hits, substitutions += o.substitutions, deletions += o.deletions, insertions += o.insertions;
    return *this;
  }
};
using WordErrors = AlignmentCounts;

// Time and reference x answer steps, memory one row. See normalised_words in text_match.h for the words.
AlignmentCounts align_words(std::span<const std::string> reference, std::span<const std::string> answer);
// Over Unicode characters of the words joined by single spaces, which count as characters (as jiwer has it).
AlignmentCounts align_characters(std::span<const std::string> reference, std::span<const std::string> answer);

// errors / reference tokens; nothing when the reference is empty. May exceed 1.
Value error_rate(const AlignmentCounts& counts);
inline Value word_error_rate(const AlignmentCounts& counts) { return error_rate(counts); }

// The Unicode scalar values of UTF-8 text. A byte that belongs to no valid sequence stands for itself, moved
// to U+DC80..DCFF, which no valid text holds: no input is an error and none is lost.
std::vector<char32_t> characters_of(std::string_view utf8);

}  // namespace undertone::metrics
