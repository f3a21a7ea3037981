// A pretrained instruct (or base) model as a TextModel: chat rendering, batched generation in batches of
// fixed shape, and scores of continuations that share their prompt's key-value cache.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/model/pretrained.h"

namespace undertone {

struct LanguageModelOptions {
  PretrainedOptions pretrained;
  int batch =
      8;  // rows of every decoding batch; what is missing is padded, so that neighbours change no byte
  int bucket =
      32;  // a prompt's length is rounded up to a multiple of this; prompts of one bucket share batches
  int context = 2048;  // most tokens of prompt and answer together; the model's own limit where that is lower
  int threads =
      0;  // of torch, for the whole process; 0: as they are. Recorded in identity(): sums depend on it
  // A reply ends in front of the first of these. Without any, that is the end of the line for the template
  // "plain", whose models would go on with a question of their own, and nothing for chat models.
  std::vector<std::string> stop;
};

// How generate() answers, in Answer:
// - answered, finish_reason "stop": an end token or a stop text came; the text may be empty, and is then as
// it is.
//   White space at the ends of a text is left out.
// - truncated, "length": max_new_tokens or the context was used up first; the text so far is kept.
// - model_error with detail: the prompt is longer than the context leaves room for, or logits were not
// finite. Greedy decoding takes the lowest id of equal logits. Sampling draws from
// stream/DIGEST-OF-THE-PROMPT: order and neighbours change nothing, and equal prompts get equal answers.
//   Both read the opening that prompts share (Message::shared) once, and keep the last one: its keys and
// values stand in front of each prompt's own. Against a prompt without the mark, numbers differ by rounding.
// score() throws Error{model} for a prompt and continuation longer than the context; an empty continuation
// scores 0. Both render through chat.h; messages are content and never become special tokens.
std::unique_ptr<TextModel> open_language_model(const std::string& path,
                                               const LanguageModelOptions& options = {});
std::unique_ptr<TextModel> make_language_model(Pretrained model, const LanguageModelOptions& options = {});

}  // namespace undertone
