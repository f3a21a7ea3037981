// Maps free answers to labels: a lexicon per attribute with synonyms and inflections, negation, and no
// guessing. An answer that names no label, or several, is unmapped; which rule decided is always recorded.
// Shared by the rubric judge and by the classification metrics (and therefore a shared resource:
// "lexicon:emotion" makes their correlation circular). Torch-free and fuzzed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace undertone {

struct MappedLabel {
  std::optional<std::string> label;  // canonical, or nothing: unmapped
  // What decided: "word: furious", "phrase: two speakers", "hedged: sadness", "weak: she", "none", "negated:
  // happy", "several: happy, sad", "merged: happy, excited", "ambiguous: upset", "no lexicon"; "embedding:
  // ..." (label_fallback.h).
  std::string rule;
  std::size_t begin = 0, end = 0;  // bytes of `text` that the rule fired on; 0, 0 for "none" and "no lexicon"
  std::vector<std::string>
      labels;  // all that the answer asserts as strongly as the one that decided, in order of place
};

// One occurrence of a lexicon entry in a text, in order of place. Overlapping entries: the longest stands.
struct LabelMention {
  std::string label;  // "" for a word that fits several labels ("upset")
  std::string words;  // as the lexicon writes it
  std::size_t begin = 0, end = 0;
  bool negated = false;  // "not happy", "rather than happy", "neither happy nor sad"
  bool weak =
      false;  // counts only where nothing stronger is said (a pronoun for gender, a bare number for speakers)
  bool hedged = false;  // "maybe happy", "a hint of sadness": counts only where nothing is said firmly
};

// Attributes with a lexicon: "emotion" (neutral, happy, sad, angry, afraid, surprised, disgusted, frustrated,
// excited, bored), "gender" (male, female), "speakers" ("1" to "9"), "sentiment" and "valence" (negative,
// neutral, positive), "arousal" (low, medium, high). Others give rule "no lexicon".
MappedLabel map_label(std::string_view attribute, std::string_view text);
std::vector<LabelMention> label_mentions(std::string_view attribute, std::string_view text);

// Content slots have no fixed lexicon: the corpus's fillers ("the house", "my sister") are the labels, found
// as whole words in any case, a leading article left aside. The label is the filler as given.
MappedLabel map_filler(std::string_view text, std::span<const std::string> fillers);
std::vector<LabelMention> filler_mentions(std::string_view text, std::span<const std::string> fillers);

// The same for many texts: the fillers are read once. Safe to use from several threads.
class FillerTable {
 public:
  explicit FillerTable(std::span<const std::string> fillers);
  ~FillerTable();
  FillerTable(FillerTable&&) noexcept;
  MappedLabel map(std::string_view text) const;
  std::vector<LabelMention> mentions(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Merged label sets stand beside the strict one: "happy" and "excited" as one, as the four classes of IEMOCAP
// have it (Busso et al. 2008). A merged label bears the name of one of its members; a label that is merged
// with nothing its own.
std::string merged_label(std::string_view attribute, const std::string& label);
std::vector<std::string> merged_labels_of(std::string_view attribute);  // empty where nothing is merged
// The mapping under the merged set: several labels that are one there are a label.
MappedLabel merged(std::string_view attribute, MappedLabel strict);

// The third of the scale [low, high] that a value of "valence" or "arousal" lies in, as a label; the upper
// end of a third belongs to the next. Nothing for other attributes and for values outside the scale.
std::optional<std::string> bucket_label(std::string_view attribute, double value, double low, double high);

std::vector<std::string> labels_of(
    std::string_view attribute);  // canonical labels, in a fixed order; empty without a lexicon
// SHA-256 over the attribute's file, grammar.json and the version of the rules: part of a judge's identity.
// Throws Error{internal} for an attribute without a lexicon.
std::string lexicon_digest(std::string_view attribute);

}  // namespace undertone
