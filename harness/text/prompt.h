// Prompts of the speech LM. The audio embeddings stand before the text, as in the paper's model; what a
// variant changes is only what this file renders. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

enum class MetadataCondition { absent, gold, predicted, degraded };
std::string_view to_string(MetadataCondition);
MetadataCondition metadata_condition_from(std::string_view);  // throws Error{suite} listing the names

// Time-stamped emotion metadata as text, e.g. "[0.0-1.5 female sad] [1.5-3.0 male happy]"; times rounded to
// half seconds. Empty annotations give "" (absent).
struct MetadataSpan {
  double start_seconds = 0, end_seconds = 0;
  std::string gender;  // "" where unknown
  std::string category;
};
std::string render_metadata(const std::vector<MetadataSpan>& spans);
std::vector<MetadataSpan> gold_metadata(const Clip& clip);

// What the decoder is used to: a text that it completes, or a turn of a conversation.
enum class PromptForm { completion, chat };

// completion: "Emotions: <metadata> Question: <text> Answer:"; chat: "Emotions: <metadata>", a line break and
// the question. The emotions stand there only when metadata is not empty. The transcript, for text-only
// items, is "Speech: <transcript>" in front, in the place of the audio.
std::string render_prompt(const std::string& question, const std::string& metadata,
                          PromptForm form = PromptForm::completion);
std::string render_transcript_prefix(const std::string& transcript);
std::string transcript_of(const Clip& clip);  // segments joined in time order, separated by " . "

}  // namespace undertone
