// The tables that label_mapping.cc reads: lexicons/*.json, compiled in, so that what a judge or metric is
// made of cannot differ from the files that lie beside the program. Adding a synonym touches one of them and
// no code.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone::lexicon {

// Entries of one label: words and phrases, lower case. A phrase is matched as consecutive words.
struct Row {
  std::string label;  // "" for words that fit several labels
  std::vector<std::string> words;
  bool weak = false;  // counts only where nothing stronger is said
};

struct Lexicon {
  std::vector<std::string> labels;  // canonical, in the order of reports; ordered scales ascend
  // Label sets that are reported side by side with the strict one: merged label -> the labels that it stands
  // for.
  std::map<std::string, std::vector<std::string>> merged;
  std::string sentence;  // says a label, its place marked "{}": what embeddings of answers are compared with
  std::vector<Row> rows;
};

// Null for an attribute without a lexicon. Read once; safe from several threads.
const Lexicon* find(std::string_view attribute);
std::span<const std::string_view> attributes();

struct Grammar {
  std::vector<std::string> negators;        // a label after them in the same clause is denied
  std::vector<std::string> false_negators;  // begin like a negator and deny nothing: "not only"
  std::vector<std::string> clause_words;    // end the reach of negators and hedges, beside punctuation
  std::vector<std::string> hedges;          // "maybe", "a hint of"
  // "two other speakers": a number, up to two words, a noun that counts speakers.
  std::map<std::string, std::vector<std::string>> numbers;
  std::vector<std::string> counted_nouns;
};
const Grammar& grammar();

// The files as they are, for digests; "grammar" or an attribute.
std::string_view source(std::string_view name);

}  // namespace undertone::lexicon
