// What a design can see: standard errors, power, the smallest difference, and what to buy next.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/error.h"

namespace undertone::statistics {

// Variance components of one score, or of one paired difference when a contrast is planned
// (variance_components.h). Zero for what is not there.
struct PlannedVariance {
  double speaker = 0, clip = 0, question = 0;  // clips within speakers, questions within clips
  double seed = 0;                             // of training
  double decode = 0;                           // what a new seed or decoding changes on one question
  double replicate = 0;                        // of the judge on one answer
};
// Whole numbers of 1 or more. Where clips are the unit, put their number in `speakers` and 1 in `clips`.
struct PlannedDesign {
  std::int64_t speakers = 1, clips = 1, questions = 1;  // clips per speaker, questions per clip
  std::int64_t seeds = 1, replicates = 1;
  std::int64_t answers() const { return speakers * clips * questions * seeds; }
  std::int64_t verdicts() const { return answers() * replicates; }
};

// Both by their names on the command line, in tables and in JSON, in the order in which these show them.
template <class Struct, class Value>
struct NamedMember {
  const char* name;
  Value Struct::*member;
};
inline constexpr std::array<NamedMember<PlannedVariance, double>, 6> kVarianceComponents{
    {{"speaker", &PlannedVariance::speaker},
     {"clip", &PlannedVariance::clip},
     {"question", &PlannedVariance::question},
     {"seed", &PlannedVariance::seed},
     {"decode", &PlannedVariance::decode},
     {"replicate", &PlannedVariance::replicate}}};
inline constexpr std::array<NamedMember<PlannedDesign, std::int64_t>, 5> kDesignNumbers{
    {{"speakers", &PlannedDesign::speakers},
     {"clips", &PlannedDesign::clips},
     {"questions", &PlannedDesign::questions},
     {"seeds", &PlannedDesign::seeds},
     {"replicates", &PlannedDesign::replicates}}};
// Throws Error{internal} for a name that is none.
template <class Struct, class Value, std::size_t N>
Value Struct::*member_called(const std::array<NamedMember<Struct, Value>, N>& all, std::string_view name) {
  for (const auto& one : all)
    if (one.name == name) return one.member;
  throw Error(ErrorKind::internal, "no part of a plan is called '" + std::string(name) + "'");
}

// Variance of the mean over the whole design and its degrees of freedom,
//   units = speaker/N + clip/(N C) + question/(N C Q), N-1
//   residual = decode/(N C Q S) + replicate/(N C Q S R), with the units for these seeds
//   seeds = seed/S + residual, S-1, for new seeds only;
// degrees of freedom of the sum by harmonic_df(), as crossed_variance() will find them.
struct Precision {
  std::optional<double> variance, df;
  std::string reason;  // one speaker, or one seed where new seeds are meant
};
Precision planned_precision(const PlannedVariance& variance, const PlannedDesign& design, bool new_seeds);

// Power of the two-sided t test at level alpha against `effect`: the tails of the noncentral t with
// noncentrality effect / standard_error. All positive; 0 < alpha < 1. Throws Error{internal} otherwise.
double t_test_power(double effect, double standard_error, double df, double alpha);

// The effect that this test sees with chance `power` (alpha < power < 1).
double minimum_detectable_effect(double standard_error, double df, double power, double alpha);

// Smallest number of units, at least 2, whose mean of paired differences with this standard deviation between
// units shows `effect` with chance `power`; nothing beyond `limit`.
std::optional<std::int64_t> units_needed(double effect, double standard_deviation, double power, double alpha,
                                         std::int64_t limit = std::int64_t{1} << 40);
// The same in speakers, everything else of the design held; nothing where no number does (seeds alone are too
// noisy, or there is one). More speakers leave fewer degrees of freedom where seeds vary more than speakers,
// so power need not grow with them: the number suffices, and is the smallest wherever power grows.
std::optional<std::int64_t> speakers_needed(double effect, const PlannedVariance& variance,
                                            PlannedDesign design, bool new_seeds, double power, double alpha,
                                            std::int64_t limit = std::int64_t{1} << 40);

// The same in any of the design's numbers, the others held: &PlannedDesign::clips, ... Nothing where no
// number does: what the others leave is too much already.
std::optional<std::int64_t> number_needed(double effect, const PlannedVariance& variance,
                                          PlannedDesign design, std::int64_t PlannedDesign::*number,
                                          bool new_seeds, double power, double alpha,
                                          std::int64_t limit = std::int64_t{1} << 40);

// What doubling each number in turn buys, best first: the smallest variance per verdict that it costs more.
struct Purchase {
  std::string what;  // "speakers", "clips", "questions", "seeds", "replicates"
  PlannedDesign design;
  double variance = 0;              // after it
  double standard_error_ratio = 1;  // after over before: 1 buys nothing, 0.707 is all that doubling can give
  std::int64_t more_answers = 0, more_verdicts = 0;
};
std::vector<Purchase> purchases(const PlannedVariance& variance, const PlannedDesign& design, bool new_seeds);

}  // namespace undertone::statistics
