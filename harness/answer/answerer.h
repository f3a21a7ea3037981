// Greedy and sampled answers of a speech LM, in batches of fixed shape: neighbours, order and split change no
// byte.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "harness/model/item_encoder.h"
#include "harness/model/speech_lm.h"

namespace undertone {

struct AnswerOptions {
  int max_new_tokens = 32;  // the end token counts
  int batch = 64;           // rows of every batch; what is missing is padded
  int bucket = 8;  // a prompt's length is rounded up to a multiple of this; items of one bucket share batches
  double temperature = 0;  // 0: greedy (the lowest id wins a tie)
  std::string stream;      // sampling draws from stream/ITEM-ID
};
// Throws Error{suite}.
AnswerOptions answer_options_from_json(const Json& json, const std::string& stream);

struct AnsweringReport {
  std::int64_t items = 0, batches = 0, steps = 0, generated_tokens = 0;
  double seconds = 0;
};

// Calls `give` once per item, in no set order. An answer that max_new_tokens cuts is `truncated`; logits that
// are not finite, and a prompt that leaves no room in the decoder's context, give `model_error`. No gradients
// are recorded.
AnsweringReport answer_items(const SpeechLM& model, std::span<const Item> items, const ItemEncoder& encoder,
                             const FeatureSource& features, const AnswerOptions& options,
                             const std::function<void(std::size_t item, const Answer&)>& give);

// Calls `give` once per item, in order, with the log-probability (nats) of its target with the end token
// after its prompt. Each item is computed alone, behind an opening that is read once. Throws Error{data} for
// an item without a target.
void score_items(const SpeechLM& model, std::span<const Item> items, const ItemEncoder& encoder,
                 const FeatureSource& features,
                 const std::function<void(std::size_t item, double nats)>& give);

}  // namespace undertone
