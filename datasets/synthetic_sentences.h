// What is said in the synthetic expressive corpus: "{who} {event} the {object} {time}" in six word orders
// over 10 x 10 x 12 x 8 fillers, with whole combinations of fillers held out for test.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/random.h"

namespace undertone {

// Fillers name no emotion, no gender and no number, so that content never gives away a paralinguistic label.
// Each event is a verb whose past tense and participle are the same word: one filler serves active and
// passive.
std::span<const std::string_view> sentence_fillers(
    std::string_view slot);  // "who", "event", "object", "time"
inline constexpr int kWordOrders =
    6;  // active, time first, cleft subject, passive, time first passive, cleft object

struct Sentence {
  std::map<std::string, std::string> slots;  // who, event, object, time
  int order = 0;
  std::string combination;  // "seen", or held out of training: "pair" (event, object) or "triple" (who,
                            // event, object)
};

// Drawn once from the name of a stream: which combinations only the test split may say.
class HeldOutCombinations {
 public:
  // `pairs` of the 120 event-object pairs; of the remaining 1,080 triples the share given.
  HeldOutCombinations(const std::string& stream, int pairs, double share_of_triples);
  std::string combination_of(
      const std::map<std::string, std::string>& slots) const;  // "seen", "pair" or "triple"

 private:
  std::map<std::string, bool> pairs_, triples_;
};

// A sentence whose combination is the one wanted ("seen", "pair", "triple"), none of whose fillers stands in
// `used` (so that a question about a clip can name an utterance by any of its fillers).
Sentence draw_sentence(Stream& stream, const HeldOutCombinations& held_out, std::string_view combination,
                       std::span<const Sentence> used);

// The sentence as spoken and as transcribed, without the full stop: "It was the house that Anna sold
// yesterday".
std::string sentence_text(const Sentence& sentence);

std::string capitalised(std::string text);  // the first letter in upper case (ASCII)

}  // namespace undertone
