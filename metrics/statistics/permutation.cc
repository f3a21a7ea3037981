#include "metrics/statistics/permutation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "metrics/statistics/fast_philox.h"
#include "metrics/statistics/parallel.h"

namespace undertone::statistics {

namespace {

// Sums of four signed contributions at a time, looked up: a pattern costs a lookup per four clusters, in
// tables that stay in the first cache. Contributions are rounded to a grid on which every sum is exact, so
// the order of adding (and with it the instruction set) changes nothing; the rounding lies far below the
// tolerance that counts as a tie.
class SignedSums {
 public:
  SignedSums(const std::vector<double>& d, double scale) : groups_((d.size() + 3) / 4), table_(groups_ * 16) {
    int exponent = 0;
    std::frexp(scale, &exponent);
    const double step = std::ldexp(1.0, std::max(exponent - 52, -1070));
    for (std::size_t k = 0; k < groups_; ++k)
      for (std::size_t bits = 0; bits < 16; ++bits) {
        double sum = 0;
        for (std::size_t j = 0; j < 4 && k * 4 + j < d.size(); ++j) {
          const double v = std::nearbyint(d[k * 4 + j] / step) * step;
          sum += (bits >> j) & 1 ? -v : v;
        }
        table_[k * 16 + bits] = sum;
      }
  }
  // Bit j of the words flips contribution j.
  double operator()(const std::uint64_t* words) const {
    double sum[4] = {};
    std::size_t k = 0;
    for (; k + 16 <= groups_; k += 16) {
      std::uint64_t bits = *words++;
      const double* table = table_.data() + k * 16;
      for (std::size_t j = 0; j < 16; ++j, bits >>= 4, table += 16) sum[j % 4] += table[bits & 15];
    }
    if (k < groups_)
      for (std::uint64_t bits = *words; k < groups_; ++k, bits >>= 4)
        sum[k % 4] += table_[k * 16 + (bits & 15)];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }

 private:
  std::size_t groups_;
  std::vector<double> table_;
};

constexpr std::size_t kPatternsPerJob = 1024, kPatternsInCache = 64;

}  // namespace

TestResult sign_flip_test(std::span<const double> contributions, const std::string& stream, int permutations,
                          int threads) {
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
  const SignedSums sums(d, scale);
  if (d.size() <= kExactSignFlips) {
    out.exact = true;
    out.permutations = std::int64_t{1} << d.size();
    // A pattern and its opposite have the same |T*|: the last contribution keeps its sign.
    const std::int64_t half = out.permutations / 2;
    std::int64_t hits = 0;
    for (std::int64_t pattern = 0; pattern < half; ++pattern) {
      const auto bits = static_cast<std::uint64_t>(pattern);
      if (std::fabs(sums(&bits)) >= reach) ++hits;
    }
    out.p_value = static_cast<double>(hits) / static_cast<double>(half);
    return out;
  }
  out.permutations = permutations;
  // Pattern r takes the next 64-bit words of one stream, as many as it needs: with a counter any of them is
  // at hand.
  const std::size_t per_pattern = (d.size() + 63) / 64;
  const PhiloxKey key = philox_key(stream);
  const auto patterns = static_cast<std::size_t>(std::max(0, permutations));
  std::vector<std::int64_t> found((patterns + kPatternsPerJob - 1) / kPatternsPerJob);
  parallel_ranges(patterns, kPatternsPerJob, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t> halves;
    std::vector<std::uint64_t> words(kPatternsInCache * per_pattern);
    for (std::size_t first = begin; first < end; first += kPatternsInCache) {
      const std::size_t here = std::min(kPatternsInCache, end - first), count = here * per_pattern;
      halves.resize((2 * count + 3) / 4 * 4);
      philox_words(key, 0, first * per_pattern / 2, halves);  // `first` is even: a block holds two words
      for (std::size_t w = 0; w < count; ++w)
        words[w] = halves[2 * w] | (std::uint64_t{halves[2 * w + 1]} << 32);
      for (std::size_t r = 0; r < here; ++r)
        found[begin / kPatternsPerJob] += std::fabs(sums(words.data() + r * per_pattern)) >= reach ? 1 : 0;
    }
  });
  const std::int64_t hits = std::accumulate(found.begin(), found.end(), std::int64_t{0});
  out.p_value = static_cast<double>(1 + hits) / static_cast<double>(1 + permutations);
  return out;
}

}  // namespace undertone::statistics
