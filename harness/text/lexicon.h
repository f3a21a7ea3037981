// The tables that label_mapping.cc reads: data only, so that adding a synonym touches one line.
#pragma once

#include <span>
#include <string_view>

namespace undertone::lexicon {

// Entries of one label: words and phrases, lower case, separated by commas. A phrase is matched as
// consecutive words.
struct Row {
  std::string_view label;  // "" for words that fit several labels
  std::string_view words;
  bool weak = false;  // counts only where nothing stronger is said
};

std::span<const Row> rows(std::string_view attribute);  // empty for an attribute without a lexicon
std::string_view canonical_labels(
    std::string_view attribute);  // separated by commas, in the order of reports

// Words after which a label in the same clause is denied.
extern const std::string_view negators;
// Phrases that begin like a negator and deny nothing: "not only", "no doubt".
extern const std::string_view false_negators;
// Words that end the reach of a negator, beside punctuation.
extern const std::string_view clause_words;

// "two other speakers": a number, up to two words, a noun that counts speakers.
struct Number {
  std::string_view label, words;
};
std::span<const Number> numbers();
extern const std::string_view counted_nouns;

}  // namespace undertone::lexicon
