// Rubrics for judges that are language models: a JSON file with a scale and a prompt. Grammar, and what is
// checked: judges/README.md. (The deterministic rubric of rubric.h is another thing.)
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/fields.h"
#include "harness/core/nouns.h"
#include "harness/core/text_model.h"

namespace undertone {

// A stretch of literal text, or (where `slot` is not empty) a place that a slot fills.
struct PromptPiece {
  std::string text, slot;
};

struct PromptRubric {
  std::string name;
  std::int64_t version = 0;
  Scale scale;                              // of the ratings asked for: discrete_0_5 or binary
  bool hears = false;                       // its prompt speaks of a recording that comes with it
  std::string label;                        // the word before the rating in a reply, e.g. "Rating"
  std::vector<PromptPiece> system, prompt;  // parsed once: what fills a slot is never read for slots
  std::map<std::string, std::size_t> caps;  // longest text that fills a slot, in bytes
  std::string digest;                       // SHA-256 of the file's canonical JSON

  std::vector<int> ratings() const;  // that may be given, ascending
  bool uses(std::string_view slot) const;
  // What every rendered prompt begins with: bytes up to the first slot that an item fills.
  std::size_t shared_bytes() const;
};

// "question", "reference", "answer", "nonce", "context" (who speaks, when and how: speech_context()), "low",
// "high".
const std::vector<std::string>& rubric_slots();

// Reads a rubric, adding every problem with file and line; when it adds none, the rubric is sound: every slot
// is known and declared, every declared one is used, and the answer stands once, between two nonces.
PromptRubric read_prompt_rubric(const Json& rubric, std::vector<Problem>& problems);

// A shipped rubric by name, or a file. Adds a problem for an unknown name or an unreadable file. Of each
// shipped one there are variants "NAME.reworded" and "NAME.rating_last" (judges/probes.h), which are not
// listed.
std::vector<std::string> shipped_rubrics();
PromptRubric shipped_rubric(std::string_view name, std::vector<Problem>& problems);
PromptRubric load_prompt_rubric(const std::string& path, std::vector<Problem>& problems);
void throw_problems(const std::vector<Problem>& problems);  // Error{suite} when there are any

// A slot whose text was longer than its cap.
struct Cut {
  std::string slot;
  std::size_t bytes = 0, kept = 0;
};
struct RenderedRubric {
  std::vector<Message> messages;
  std::string nonce;
  std::vector<Cut> cuts;
};
// `values` by slot ("nonce", "low" and "high" are made here). The nonce is a hash of `seed` and the item
// (question id, answer), and stands in no text that fills a slot. Texts are cut at their cap, never inside a
// UTF-8 sequence. Message::shared says how far prompts of this rubric are the same.
RenderedRubric render_rubric(const PromptRubric& rubric, const std::string& seed, const std::string& item,
                             const std::map<std::string, std::string>& values);

// The clip in words, one line an utterance: "[0.0 s to 1.5 s] female, sad: I sold the house."; "(not given)"
// without a clip or annotation.
std::string speech_context(const Clip* clip);

}  // namespace undertone
