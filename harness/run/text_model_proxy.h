// The text models that judges, question writers and 'ask' see: torch-free stand-ins that ask undertone-model.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harness/core/text_model.h"
#include "harness/run/decoder_weights.h"
#include "harness/run/installation.h"
#include "harness/run/worker_process.h"

namespace undertone {

// What a choice of a text model stands for; throws Error{weights} when the weights are not there (with how to
// get them). Loads nothing.
DecoderWeights text_model_weights(const TextModelChoice& choice, const Installation& installation);
// "DIGEST:what else decides": known without loading the weights.
std::string text_model_identity(const DecoderWeights& weights, int threads);

// Text models by choice, made when first asked for. Without a worker they tell their identity and nothing
// else: planning loads no weights.
class TextModels {
 public:
  explicit TextModels(const Installation& installation, WorkerProcess* worker = nullptr);
  ~TextModels();
  TextModels(TextModels&&) noexcept;
  TextModel& get(const TextModelChoice& choice);

 private:
  Installation installation_;
  WorkerProcess* worker_;
  std::map<std::string, std::unique_ptr<TextModel>> models_;
};

}  // namespace undertone
