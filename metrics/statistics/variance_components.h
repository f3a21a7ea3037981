// Where the variance of scores comes from: speakers, clips, questions, seeds, replicates of a judge.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace undertone::statistics {

// A random effect: the level of each score, any whole numbers. A nested effect has numbers of its own within
// each parent (clip 0 of two speakers are two levels): within() makes them.
struct Factor {
  std::string name;
  std::vector<std::uint32_t> level;
};
// The factor of all pairs of levels that occur: a clip within its speaker, or a seed crossed with a clip.
Factor within(std::string name, const Factor& outer, const Factor& inner);

struct VarianceComponent {
  std::string name;
  double raw = 0;    // as estimated; unbiased, may be negative
  double value = 0;  // max(0, raw)
};
struct VarianceComponents {
  std::vector<VarianceComponent> components;  // in the order of the factors, then "residual"
  std::string reason;                         // why there are none
  const VarianceComponent* find(const std::string& name) const;
};

// Scores = mean + one random effect per factor + residual, all independent. Moments: the sums of squared
// level totals of centred scores are set equal to their expectations, which are linear in the components
// (MINQUE(0), Rao 1971; Searle, Casella & McCulloch 1992, section 11.3). Unbiased for any balance; on
// balanced nested or crossed data the same as the analysis of variance. Reason where two factors cannot be
// told apart (a factor with one level, or with one score per level: that is the residual), a value is not
// finite, or there are fewer than two scores. O(N log N) per pair of factors.
VarianceComponents variance_components(std::span<const double> scores, std::span<const Factor> factors);

}  // namespace undertone::statistics
