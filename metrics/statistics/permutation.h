// Tests that exchange whole clusters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace undertone::statistics {

struct TestResult {
  std::optional<double> p_value;  // two-sided
  bool exact = false;             // every sign pattern was enumerated
  std::int64_t permutations = 0;  // patterns looked at
  std::string reason;             // why there is no p-value
};

// Up to so many clusters that contribute something every sign pattern is looked at.
inline constexpr std::size_t kExactSignFlips = 20;

// Sign flips of clusters: under the null each cluster's contribution (contributions sum to the estimate) is
// as likely to have the other sign. Exact up to kExactSignFlips clusters: p = share of all patterns with |T*|
// >= |T|. Else `permutations` random patterns from the stream, and p = (1 + hits) / (1 + permutations)
// (Phipson & Smyth 2010). Sizes at clusters, so it holds where items of a cluster are dependent (Canay,
// Romano & Shaikh 2017). Threads change nothing.
TestResult sign_flip_test(std::span<const double> contributions, const std::string& stream,
                          int permutations = 9999, int threads = 1);

}  // namespace undertone::statistics
