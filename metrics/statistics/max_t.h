// Many contrasts at once, tested with their correlations.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace undertone::statistics {

// Step-down max-T (Westfall & Young 1993, algorithm 4.1) over contrasts that share clusters. One pattern of
// sign flips is applied to all contrasts, so their correlations are kept; the adjusted p-value of the k-th
// largest |T| is the share of patterns in which the largest |T*| among it and all smaller ones reaches it,
// made monotone. T = sum c / sqrt(sum c^2) over the cluster's contributions c, which puts contrasts of unlike
// spread on one scale. Controls the familywise error where every true null's clusters may change sign
// together (strongly, the flips being joint). Exact when 2^clusters <= 2^16, else patterns from the stream
// with the +1 (Phipson & Smyth 2010; Ge, Dudoit & Speed 2003).
struct MaxT {
  std::vector<std::optional<double>>
      p_value;  // adjusted, in the order given; nothing for an all-zero contrast
  std::vector<std::optional<double>> single;  // each contrast's own p-value, from the same patterns
  std::vector<double> statistic;              // T, 0 where there is none
  // Largest |T*| over all contrasts at the upper `1 - level` point of the patterns: single-step critical
  // value.
  std::optional<double> critical;
  bool exact = false;
  std::int64_t permutations = 0;
  std::string reason;
};
// contributions[k] has one entry per cluster, the same clusters for every contrast. Centred contributions
// (influences, which sum to zero) make `critical` that of simultaneous intervals by the multiplier bootstrap
// (Chernozhukov, Chetverikov & Kato 2013, with random signs as multipliers). `threads` changes no byte.
MaxT max_t(std::span<const std::vector<double>> contributions, double level, const std::string& stream,
           int permutations = 9999, int threads = 1);

}  // namespace undertone::statistics
