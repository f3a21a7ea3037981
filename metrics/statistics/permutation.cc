#include "metrics/statistics/permutation.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/random.h"

namespace undertone::statistics {

namespace {

// Sums of eight signed contributions at a time, looked up: a pattern costs a lookup per eight clusters.
class SignedSums {
 public:
  explicit SignedSums(const std::vector<double>& d) : groups_((d.size() + 7) / 8), table_(groups_ * 256) {
    for (std::size_t k = 0; k < groups_; ++k)
      for (std::size_t bits = 0; bits < 256; ++bits) {
        double sum = 0;
        for (std::size_t j = 0; j < 8 && k * 8 + j < d.size(); ++j)
          sum += (bits >> j) & 1 ? -d[k * 8 + j] : d[k * 8 + j];
        table_[k * 256 + bits] = sum;
      }
  }
  // The up to 64 contributions from group `first` on; a bit that is set flips one.
  double block(std::size_t first, std::uint64_t bits) const {
    double sum = 0;
    for (std::size_t k = first; k < groups_ && k < first + 8; ++k, bits >>= 8)
      sum += table_[k * 256 + (bits & 255)];
    return sum;
  }

 private:
  std::size_t groups_;
  std::vector<double> table_;
};

}  // namespace

TestResult sign_flip_test(std::span<const double> contributions, const std::string& stream,
                          int permutations) {
  TestResult out;
  std::vector<double> d;  // a cluster that contributes nothing changes no pattern's sum
  double scale = 0, observed = 0;
  for (double c : contributions) {
    scale += std::fabs(c);
    observed += c;
    if (c != 0) d.push_back(c);
  }
  if (contributions.size() < 2) {
    out.reason = "fewer than two units";
    return out;
  }
  if (d.empty()) {
    out.p_value = 1;
    out.exact = true;
    out.permutations = 1;
    return out;
  }
  // Patterns whose sum equals the observed one but for rounding count as hits.
  const double reach = std::fabs(observed) - 1e-12 * scale;
  const SignedSums sums(d);
  if (d.size() <= 16) {
    out.exact = true;
    out.permutations = std::int64_t{1} << d.size();
    std::int64_t hits = 0;
    for (std::int64_t pattern = 0; pattern < out.permutations; ++pattern)
      if (std::fabs(sums.block(0, static_cast<std::uint64_t>(pattern))) >= reach) ++hits;
    out.p_value = static_cast<double>(hits) / static_cast<double>(out.permutations);
    return out;
  }
  out.permutations = permutations;
  Stream random(stream);  // one test is one thread's work: its patterns are read from one stream in order
  std::int64_t hits = 0;
  for (int r = 0; r < permutations; ++r) {
    double sum = 0;
    for (std::size_t first = 0; first < d.size(); first += 64)
      sum += sums.block(first / 8, random.next_u64());
    if (std::fabs(sum) >= reach) ++hits;
  }
  out.p_value = static_cast<double>(1 + hits) / static_cast<double>(1 + permutations);
  return out;
}

}  // namespace undertone::statistics
