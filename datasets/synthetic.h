// The dataset kind "synthetic": expressive speech by espeak-ng over a plan, with questions of every pool.
#pragma once

#include "datasets/corpus.h"
#include "datasets/synthetic_plan.h"

namespace undertone {

DatasetRegistry::Entry synthetic_dataset();

// Questions of all splits, as the kind writes them; clips need not have been spoken. `writer` writes the CPQA
// of the splits that settings.generation leaves to a language model; without it templates stand in, which is
// good for estimates only.
struct SyntheticQuestions {
  std::vector<Question> questions;
  Json dropped;  // array of {id, rule, text}: what the writer refused and the post-filter removed
};
SyntheticQuestions synthetic_questions(const std::vector<Clip>& clips, const SyntheticSettings& settings,
                                       TextModel* writer = nullptr);

}  // namespace undertone
