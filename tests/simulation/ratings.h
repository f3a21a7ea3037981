// Clips x questions x seeds of 0-5 ratings with a known population: what intervals and tests are held to.
//
// Under seed s the latent quality of an answer to question q of clip g is
//   L = shift + seed_sd seed_s + sqrt(icc) clip_g + sqrt(1 - icc) (sqrt(0.6) question_gq + sqrt(0.4)
//   residual_sgq)
// with standard normal effects, and its rating is round(2.5 + 1.2 L), cut to 0..5. Two systems see the same
// clips and questions: their effects correlate by 0.7; seeds and residuals are each system's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/random.h"

namespace undertone::simulation {

struct Cell {
  std::size_t clips = 0, questions = 0, seeds = 1;
  double icc = 0;
  double seed_sd = 0.15;
  std::size_t items() const { return clips * questions; }
};

// E[rating] of a latent normal with this mean and standard deviation.
double expected_rating(double mean, double deviation);
double rating_of(double latent);

// One system's ratings: index (s * clips + g) * questions + q.
struct Rated {
  std::vector<double> ratings;
  std::vector<double> seed_effects;
  double population = 0;   // mean over clips and new seeds
  double these_seeds = 0;  // mean over clips, these seeds held
};

struct TwoSystems {
  Rated first, second;
};
// The second lies `shift` latent units above the first.
TwoSystems two_systems(const Cell& cell, double shift, Stream& random);

// Two ratings of each item whose latents correlate by `correlation` within and between clips; one seed.
struct RatedTwice {
  std::vector<double> x, y;
  std::vector<std::uint32_t> clip;
};
RatedTwice rated_twice(const Cell& cell, double correlation, Stream& random);
// Spearman's correlation of their population (midranks), by numerical integration.
double population_spearman(double correlation);

// Labels of four classes (0.4, 0.3, 0.2, 0.1): gold hangs together within clips, and so does being right
// (0.65); a wrong answer is any other class.
struct Labelled {
  std::vector<std::int32_t> gold, answered;
  std::vector<std::uint32_t> clip;
};
inline constexpr std::size_t kClasses = 4;
Labelled labelled(const Cell& cell, Stream& random);
double population_macro_f1();

}  // namespace undertone::simulation
