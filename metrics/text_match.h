// Words as the text metrics compare them, and exact match. Error rates: asr.h. Graded similarity:
// text_similarity.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metrics/asr.h"

namespace undertone::metrics {

// Lower case (ASCII), punctuation to spaces but for apostrophes inside words, split at white space. Bytes
// outside ASCII stay as they are.
std::vector<std::string> normalised_words(std::string_view text);
// The same without articles (a, an, the).
std::vector<std::string> words_without_articles(std::string_view text);

// Same words in the same order, articles left aside; two empty texts match.
bool exact_match(std::string_view reference, std::string_view answer);

}  // namespace undertone::metrics
