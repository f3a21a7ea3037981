// Words of an answer as the text judges compare them: lower case, without punctuation, and stemmed.
// Torch-free.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

// Maximal runs of letters and digits (bytes above 127 count as letters, so that UTF-8 survives), ASCII lower
// case; an apostrophe splits ("sister's" gives "sister", "s").
std::vector<std::string> judge_words(std::string_view text);

// Strips regular English inflection (-s, -es, -ies, -ed, -ing, a doubled final consonant, a silent -e), so
// that "repaired", "repairing" and "repairs" are one. Irregular forms stay apart. Never empty for a word that
// is not.
std::string judge_stem(std::string_view word);

// Stems of the words of `text` that are not in `without` (which holds stems).
std::set<std::string> content_stems(std::string_view text, const std::set<std::string>& without);

}  // namespace undertone
