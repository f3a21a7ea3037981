// Where the lexicon finds no word of a label, the label whose sentence is nearest to the answer by embedding,
// if it is near enough and clearly nearer than the next one. Cosine does not part antonyms ("happy" and "sad"
// are close), hence the margin, and hence an answer that denies a label or names several is never guessed at.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/text/label_mapping.h"

namespace undertone {

struct FallbackThresholds {
  double cosine = 0.5;   // least similarity to the nearest label's sentence, -1 to 1
  double margin = 0.05;  // least distance to the similarity of the second nearest
};

// Similarity of one answer to each label's sentence, as the thresholds are compared with.
struct LabelSimilarity {
  std::string nearest, second;  // "" without a lexicon or words; the second is another label
  double cosine = 0, margin = 0;
};

// One per text, in order; each distinct text is embedded once. Throws Error{model} where the encoder's
// vectors are of unlike length, and Error{internal} for an attribute without a lexicon.
std::vector<LabelSimilarity> label_similarities(std::string_view attribute,
                                                std::span<const std::string> texts, TextEncoder& encoder);

// map_label for many texts, with the fallback for those whose rule is "none" or "ambiguous". Its rule is
// "embedding: happy (cosine 0.612, margin 0.104)"; an answer that stays unmapped keeps the lexicon's rule.
std::vector<MappedLabel> map_labels(std::string_view attribute, std::span<const std::string> texts,
                                    TextEncoder& encoder, const FallbackThresholds& thresholds);

// The thresholds under which most of these labelled answers come out right: +1 for a right label, -1 for a
// wrong one, 0 for none, so that guessing pays only where it is right more often than not. `gold` has a
// label, or "" where there is none to find. Candidates are the similarities and margins that occur; of
// equally good ones the strictest is taken.
FallbackThresholds calibrated_thresholds(std::span<const LabelSimilarity> similarities,
                                         std::span<const std::string> gold);

}  // namespace undertone
