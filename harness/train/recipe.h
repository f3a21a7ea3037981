// A training stage's numbers: the "recipe" member of the train job's settings (suites/spec.h: RecipeSpec).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/core/json.h"

namespace undertone {

struct Recipe {
  int steps = 0;
  int batch_items = 32;   // audio items a batch, where target_tokens is 0
  int text_items = 0;     // text-only items a batch, besides
  int target_tokens = 0;  // > 0: audio items are drawn until this many target tokens a step are reached on
                          // average, so that every arm learns from the same number of target tokens
  double learning_rate = 1e-3;  // at the peak
  double warmup_fraction = 0.1;
  double weight_decay = 0.01;
  double clip_norm = 1.0;                 // of the whole gradient; 0: none
  int checkpoint_every = 100;             // steps
  std::string trains = "adapter";         // "all", "adapter", "decoder"
  std::map<std::string, double> mixture;  // share of each pool among the items drawn; empty: by size.
                                          // Text-only items of which it names no pool: by size too
  std::map<std::string, double>
      type_weights;  // within a pool: a type's share is its size times this; default 1
};
// Throws Error{suite} with all problems.
Recipe recipe_from_json(const Json& json);
Json to_json(const Recipe& recipe);

// Linear warm-up to the peak over warmup_fraction of the steps, then a half cosine to zero (Loshchilov &
// Hutter 2017). step counts from 0; never 0 at a step that is taken.
double learning_rate_at(const Recipe& recipe, std::int64_t step);

}  // namespace undertone
