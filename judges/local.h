// A judge that is a language model in this program's own process family (a TextModel), reading by a rubric of
// prompt_rubric.h.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "judges/judge.h"
#include "judges/prompted.h"

namespace undertone {

struct LocalJudgeSettings {
  TextModelChoice model;
  RubricChoice rubric;
  bool generate = false;  // false: the rating is read from TextModel::score()
  bool expectation =
      true;  // score: the mean of the distribution over the ratings; false: the likeliest rating
  int max_new_tokens = 32;  // generate
  double temperature = 0;
  int replicates = 1;  // replies an item; more than one need a temperature
  JudgeDraws draws;
};

// Declares and reads the fields; adds a problem for whatever cannot be, the rubric's own problems included.
void local_judge_fields(FieldReader& reader, LocalJudgeSettings& settings);

// Log-probabilities (nats) of the allowed ratings, as a distribution that sums to 1.
struct RatingDistribution {
  std::vector<double> share;
  double log_mass = 0;  // log of what the ratings had of all that the model might have said
  double mean = 0;
  int likeliest = 0;  // the lower one where two tie
};
// Nothing when a number is not finite or the sizes differ.
std::optional<RatingDistribution> rating_distribution(std::span<const int> ratings,
                                                      std::span<const double> log_probabilities);

// The scale of its verdicts: with the expectation, ratings 0-5 give 0-5 continuous and a binary rubric gives
// 0-100 (the chance of a 1, in percent); else the rubric's own, or its mean over replicates.
//   An empty answer gets the lowest rating without asking; an item that lacks the reference which the rubric
// reads is NotJudged, as is one where the model fails. With replicates, one reply without a rating is the
// item's verdict: a mean over the rest would be of another kind. Kept in `extra`: the nonce, cuts, the
// distribution or the replies' ratings.
//   identity() and resources() ask the model for its identity only. resources() holds "weights:DIGEST": a
// system of the same weights is judged by its own family.
std::unique_ptr<Judge> make_local_judge(const Json& fields, JudgeContext& context);

}  // namespace undertone
