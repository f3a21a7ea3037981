#include "metrics/statistics/max_t.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/statistics/parallel.h"

namespace undertone::statistics {
namespace {

constexpr std::size_t kExactClusters = 16;
constexpr double kRounding =
    1e-10;  // |T*| this close below |T|, in units of max(1, |T|), counts as reaching it
constexpr std::size_t kChunk = 256;  // patterns whose sums are gathered together
constexpr std::size_t kWaveBits = std::size_t{1} << 28;

// Signed sums of all contrasts for `n` patterns: pattern p flips cluster g where bit g of its words is set.
// Four clusters' sums under all their signs are added up once and looked up by every pattern, in the order of
// the clusters, so that neither chunks nor threads change a sum.
void signed_sums(const std::vector<double>& scaled, std::size_t G, std::size_t used,
                 std::span<const std::uint64_t> words, std::size_t words_each, std::size_t n,
                 std::vector<double>& sums) {
  sums.assign(n * used, 0.0);
  std::vector<double> first(4 * used), second(4 * used), table(16 * used);
  const auto pair = [&](std::size_t g, std::vector<double>& out) {
    for (std::size_t b = 0; b < 4; ++b)
      for (std::size_t i = 0; i < used; ++i) {
        const double x = g < G ? scaled[g * used + i] : 0, y = g + 1 < G ? scaled[(g + 1) * used + i] : 0;
        out[b * used + i] = (b & 1 ? -x : x) + (b & 2 ? -y : y);
      }
  };
  for (std::size_t g = 0; g < G; g += 4) {
    pair(g, first);
    pair(g + 2, second);
    for (std::size_t b = 0; b < 16; ++b)
      for (std::size_t i = 0; i < used; ++i)
        table[b * used + i] = first[(b & 3) * used + i] + second[(b >> 2) * used + i];
    for (std::size_t p = 0; p < n; ++p) {
      const double* row = table.data() + ((words[p * words_each + g / 64] >> (g % 64)) & 15) * used;
      double* sum = sums.data() + p * used;
      for (std::size_t i = 0; i < used; ++i) sum[i] += row[i];
    }
  }
}

// What the patterns say: for every contrast in step-down order how often it was reached, by the largest among
// it and the smaller ones and by itself, and the largest |T*| of each pattern.
struct Tally {
  std::vector<std::int64_t> hits, own;
  std::vector<double> largest;
};

}  // namespace

MaxT max_t(std::span<const std::vector<double>> contributions, double level, const std::string& stream,
           int permutations, int threads) {
  MaxT out;
  const std::size_t K = contributions.size();
  out.p_value.resize(K);
  out.single.resize(K);
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

  out.exact = G <= kExactClusters;
  // The pattern with every sign turned has the same |T*|: where all are looked at, half of them suffice.
  const std::size_t patterns =
      out.exact ? std::size_t{1} << (G - 1) : static_cast<std::size_t>(std::max(permutations, 0));
  out.permutations = static_cast<std::int64_t>(out.exact ? 2 * patterns : patterns);
  const std::size_t words_each = (G + 63) / 64;
  std::vector<double> reach(used);
  for (std::size_t i = 0; i < used; ++i) {
    const double t = std::fabs(out.statistic[order[i]]);
    reach[i] = t - kRounding * std::max(1.0, t);
  }
  Tally tally{std::vector<std::int64_t>(used, 0), std::vector<std::int64_t>(used, 0),
              std::vector<double>(patterns)};
  auto look = [&](std::size_t begin, std::size_t n, std::span<const std::uint64_t> words, Tally& mine) {
    std::vector<double> sums;
    signed_sums(scaled, G, used, words, words_each, n, sums);
    for (std::size_t p = 0; p < n; ++p) {
      double largest = 0;
      for (std::size_t i = used; i-- > 0;) {
        const double t = std::fabs(sums[p * used + i]);
        largest = std::max(largest, t);
        mine.own[i] += t >= reach[i];
        mine.hits[i] += largest >= reach[i];
      }
      tally.largest[begin + p] = largest;
    }
  };
  Stream random(stream);
  const std::size_t wave = kChunk * std::clamp<std::size_t>(kWaveBits / (kChunk * 64 * words_each), 1,
                                                            16);  // bounds the memory of bits
  std::vector<std::uint64_t> bits;
  for (std::size_t begin = 0; begin < patterns; begin += wave) {
    const std::size_t n = std::min(wave, patterns - begin);
    bits.resize(n * words_each);
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t w = 0; w < words_each; ++w)
        bits[p * words_each + w] = out.exact ? begin + p : random.next_u64();
    const std::size_t chunks = (n + kChunk - 1) / kChunk;
    std::vector<Tally> parts(
        chunks, Tally{std::vector<std::int64_t>(used, 0), std::vector<std::int64_t>(used, 0), {}});
    parallel_for(chunks, threads, [&](std::size_t c) {
      const std::size_t at = c * kChunk, count = std::min(kChunk, n - at);
      look(begin + at, count, std::span(bits).subspan(at * words_each, count * words_each), parts[c]);
    });
    for (const Tally& part : parts)
      for (std::size_t i = 0; i < used; ++i) tally.hits[i] += part.hits[i], tally.own[i] += part.own[i];
  }
  const double looked = static_cast<double>(tally.largest.size()), plus = out.exact ? 0 : 1;
  double running = 0;
  for (std::size_t i = 0; i < used; ++i) {
    running = std::max(running, (plus + static_cast<double>(tally.hits[i])) / (plus + looked));
    out.p_value[order[i]] = running;
    out.single[order[i]] = (plus + static_cast<double>(tally.own[i])) / (plus + looked);
  }
  // The smallest value that at most a share of 1 - level of the patterns exceeds.
  std::sort(tally.largest.begin(), tally.largest.end());
  const auto rank = static_cast<std::size_t>(std::ceil(level * (looked + plus) - 1e-9));
  if (rank >= 1 && rank <= tally.largest.size()) out.critical = tally.largest[rank - 1];
  return out;
}

}  // namespace undertone::statistics
