#include "metrics/statistics/max_t.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone::statistics {
namespace {

constexpr std::size_t kExactClusters = 16;
constexpr double kRounding = 1e-12;  // |T*| this close below |T| counts as reaching it

// What the patterns say: for every contrast in step-down order how often it was reached, and the largest
// |T*|.
struct Tally {
  std::vector<std::int64_t> hits;
  std::vector<double> largest;
};

}  // namespace

MaxT max_t(std::span<const std::vector<double>> contributions, double level, const std::string& stream,
           int permutations) {
  MaxT out;
  const std::size_t K = contributions.size();
  out.p_value.resize(K);
  out.statistic.assign(K, 0.0);
  const std::size_t G = K == 0 ? 0 : contributions[0].size();
  for (const auto& c : contributions) {
    if (c.size() != G) throw Error(ErrorKind::internal, "max_t needs the same clusters for every contrast");
    for (double v : c)
      if (!std::isfinite(v)) {
        out.reason = "a value is not finite";
        return out;
      }
  }
  if (G < 2) {
    out.reason = K == 0 ? "no contrasts" : "fewer than two units";
    return out;
  }
  // Scaled so that T is a plain signed sum; [g * used + k] in step-down order.
  std::vector<std::size_t> order;
  std::vector<double> norm(K, 0.0);
  for (std::size_t k = 0; k < K; ++k) {
    double sum = 0;
    for (double v : contributions[k]) sum += v, norm[k] += v * v;
    norm[k] = std::sqrt(norm[k]);
    if (!(norm[k] > 0)) continue;
    out.statistic[k] = sum / norm[k];
    order.push_back(k);
  }
  if (order.empty()) {
    out.reason = "no contrast differs in any unit";
    return out;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::fabs(out.statistic[a]) > std::fabs(out.statistic[b]);
  });
  const std::size_t used = order.size();
  std::vector<double> scaled(G * used);
  for (std::size_t i = 0; i < used; ++i)
    for (std::size_t g = 0; g < G; ++g) scaled[g * used + i] = contributions[order[i]][g] / norm[order[i]];

  Tally tally{std::vector<std::int64_t>(used, 0), {}};
  std::vector<double> sums(used);
  auto look = [&] {
    double largest = 0;
    for (std::size_t i = used; i-- > 0;) {
      largest = std::max(largest, std::fabs(sums[i]));
      if (largest >= std::fabs(out.statistic[order[i]]) - kRounding) ++tally.hits[i];
    }
    tally.largest.push_back(largest);
  };
  auto add = [&](std::size_t g, bool flipped) {
    const double* row = scaled.data() + g * used;
    for (std::size_t i = 0; i < used; ++i) sums[i] += flipped ? -row[i] : row[i];
  };
  out.exact = G <= kExactClusters;
  if (out.exact) {
    // The pattern with every sign turned has the same |T*|: half of them suffice.
    const std::uint64_t half = std::uint64_t{1} << (G - 1);
    out.permutations = static_cast<std::int64_t>(2 * half);
    for (std::uint64_t pattern = 0; pattern < half; ++pattern) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t g = 0; g < G; ++g) add(g, (pattern >> g) & 1);
      look();
    }
  } else {
    out.permutations = permutations;
    Stream random(stream);
    for (int r = 0; r < permutations; ++r) {
      std::fill(sums.begin(), sums.end(), 0.0);
      std::uint64_t bits = 0;
      for (std::size_t g = 0; g < G; ++g, bits >>= 1) {
        if (g % 64 == 0) bits = random.next_u64();
        add(g, bits & 1);
      }
      look();
    }
  }
  const double looked = static_cast<double>(tally.largest.size()), plus = out.exact ? 0 : 1;
  double running = 0;
  for (std::size_t i = 0; i < used; ++i) {
    running = std::max(running, (plus + static_cast<double>(tally.hits[i])) / (plus + looked));
    out.p_value[order[i]] = running;
  }
  // The smallest value that at most a share of 1 - level of the patterns exceeds.
  std::sort(tally.largest.begin(), tally.largest.end());
  const auto rank = static_cast<std::size_t>(std::ceil(level * (looked + plus) - 1e-9));
  if (rank >= 1 && rank <= tally.largest.size()) out.critical = tally.largest[rank - 1];
  return out;
}

}  // namespace undertone::statistics
