// Trains a speech LM by a recipe. The same recipe, items, start and stream give the same bytes for any number
// of threads, and after any number of kills: every batch is cut into a fixed number of parts whose gradients
// are added in a fixed order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/model/item_encoder.h"
#include "harness/model/speech_lm.h"
#include "harness/train/recipe.h"

namespace undertone {

struct TrainingTask {
  Recipe recipe;
  std::string stream;  // e.g. "demo/train/S30/seed=2"
  const std::vector<Item>* items = nullptr;
  const ItemEncoder* encoder = nullptr;
  FeatureSource features;      // called from several threads
  int threads = 1;             // at most kBatchParts are used
  std::string state_folder;    // resumable state, kept between attempts; "" keeps none
  std::string state_identity;  // digest of all that decides the result: another one in the folder is ignored
  std::function<void(std::int64_t step, std::int64_t steps, double loss)> progress;
};

// Parts that a batch is cut into, each computed by one thread.
inline constexpr int kBatchParts = 2;

struct TrainingReport {
  std::int64_t steps = 0, steps_now = 0;      // of the recipe; taken by this process (fewer after a resume)
  std::int64_t items = 0, target_tokens = 0;  // learnt from, target_tokens of the audio items
  std::int64_t parameters = 0, trained_parameters = 0;
  double final_loss = 0;  // mean over the last tenth of the steps
  double seconds = 0;     // of this process
  std::vector<std::string>
      log;  // one JSON line a step: {step, loss, learning_rate, gradient_norm, items, target_tokens}
};

// Trains `model` in place. Throws Error{model} when the loss is not finite, naming the step and what to
// change; the model is then useless. crash_point("train:step") stands after every step.
TrainingReport train(SpeechLM& model, const TrainingTask& task);

}  // namespace undertone
