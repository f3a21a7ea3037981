#include "metrics/rank_correlation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "harness/core/error.h"
#include "metrics/correlation.h"
#include "metrics/statistics/parallel.h"

namespace undertone::metrics {
namespace {

struct Pair {
  double x, y;
};

constexpr std::size_t kParallelFrom = 1 << 15;     // below, starting a thread costs more than it saves
constexpr std::size_t kRadixFrom = kParallelFrom;  // below, a sort by comparisons is as fast

std::int64_t pairs_among(std::int64_t n) { return n * (n - 1) / 2; }

// Merges the sorted values[begin, middle) and values[middle, end) into `out`; says how many pairs stood in
// the wrong order (equal ones do not). Without a branch on the values, which nothing could predict.
std::int64_t merge_counting(const double* values, std::size_t begin, std::size_t middle, std::size_t end,
                            double* out) {
  std::size_t i = begin, j = middle, at = begin;
  std::int64_t inversions = 0;
  while (i < middle && j < end) {
    const double left = values[i], right = values[j];
    const bool wrong = right < left;
    out[at++] = wrong ? right : left;
    inversions += static_cast<std::int64_t>(wrong ? middle - i : 0);
    i += wrong ? 0 : 1;
    j += wrong ? 1 : 0;
  }
  std::copy(values + i, values + middle, out + at);
  std::copy(values + j, values + end, out + at + (middle - i));
  return inversions;
}

// Sorts values[0, n) and counts the pairs that stood in the wrong order; `spare` has as much room.
std::int64_t sort_counting_inversions(double* values, double* spare, std::size_t n) {
  constexpr std::size_t kRun = 16;
  std::int64_t inversions = 0;
  for (std::size_t begin = 0; begin < n; begin += kRun)  // insertion sort of short runs
    for (std::size_t i = begin + 1; i < std::min(begin + kRun, n); ++i) {
      const double v = values[i];
      std::size_t j = i;
      for (; j > begin && values[j - 1] > v; --j) values[j] = values[j - 1];
      values[j] = v;
      inversions += static_cast<std::int64_t>(i - j);
    }
  double *from = values, *to = spare;
  for (std::size_t width = kRun; width < n; width *= 2) {
    for (std::size_t begin = 0; begin < n; begin += 2 * width)
      inversions +=
          merge_counting(from, begin, std::min(begin + width, n), std::min(begin + 2 * width, n), to);
    std::swap(from, to);
  }
  if (from != values) std::copy(from, from + n, values);
  return inversions;
}

// The same on up to two threads.
std::int64_t sort_counting_inversions(std::vector<double>& values, int threads) {
  std::vector<double> spare(values.size());
  const std::size_t n = values.size(), middle = n / 2;
  if (threads < 2 || n < kParallelFrom) return sort_counting_inversions(values.data(), spare.data(), n);
  std::int64_t inversions[2];
  statistics::parallel_for(2, threads, [&](std::size_t half) {
    const std::size_t begin = half ? middle : 0, end = half ? n : middle;
    inversions[half] = sort_counting_inversions(values.data() + begin, spare.data() + begin, end - begin);
  });
  const std::int64_t between = merge_counting(values.data(), 0, middle, n, spare.data());
  values.swap(spare);
  return inversions[0] + inversions[1] + between;
}

bool comes_before(const Pair& a, const Pair& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; }

// The order of finite doubles as that of unsigned numbers; 0.0 and -0.0 are one.
std::uint64_t ordered_bits(double v) {
  const auto bits = std::bit_cast<std::uint64_t>(v == 0 ? 0.0 : v);
  return bits >> 63 ? ~bits : bits | (std::uint64_t{1} << 63);
}

// Sorts by x digit by digit, then each run of equal x by y. No comparison, so nothing is guessed wrongly.
void radix_sort_pairs(Pair* items, Pair* spare, std::size_t n) {
  constexpr int kBits = 11, kDigits = 6;
  constexpr std::size_t kValues = std::size_t{1} << kBits;
  std::vector<std::uint32_t> counts(kDigits * kValues);
  const auto digit = [](double x, int d) { return (ordered_bits(x) >> (d * kBits)) & (kValues - 1); };
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < kDigits; ++d) ++counts[static_cast<std::size_t>(d) * kValues + digit(items[i].x, d)];
  Pair *from = items, *to = spare;
  for (int d = 0; d < kDigits; ++d) {
    std::uint32_t* next = counts.data() + static_cast<std::size_t>(d) * kValues;
    if (next[digit(from[0].x, d)] == n) continue;  // the same in all
    std::uint32_t before = 0;
    for (std::size_t v = 0; v < kValues; ++v) before += std::exchange(next[v], before);
    for (std::size_t i = 0; i < n; ++i) to[next[digit(from[i].x, d)]++] = from[i];
    std::swap(from, to);
  }
  if (from != items) std::copy(from, from + n, items);
  for (std::size_t i = 0; i < n;) {
    std::size_t j = i + 1;
    while (j < n && items[j].x == items[i].x) ++j;
    if (j - i > 1) std::sort(items + i, items + j, comes_before);
    i = j;
  }
}

void sort_pairs(std::vector<Pair>& items, int threads) {
  const std::size_t n = items.size(), middle = n / 2;
  if (n < kRadixFrom || n >= (std::size_t{1} << 32)) {
    std::sort(items.begin(), items.end(), comes_before);
    return;
  }
  std::vector<Pair> spare(n);
  if (threads < 2) {
    radix_sort_pairs(items.data(), spare.data(), n);
    return;
  }
  statistics::parallel_for(2, threads, [&](std::size_t half) {
    const std::size_t begin = half ? middle : 0, end = half ? n : middle;
    radix_sort_pairs(items.data() + begin, spare.data() + begin, end - begin);
  });
  const auto between = items.begin() + static_cast<std::ptrdiff_t>(middle);
  std::merge(items.begin(), between, between, items.end(), spare.begin(), comes_before);
  items.swap(spare);
}

// Pairs of equal neighbours in a sorted range, and the number of distinct runs.
template <class Same>
std::int64_t tied_pairs(std::size_t n, std::int64_t& levels, Same same) {
  std::int64_t pairs = 0;
  levels = 0;
  for (std::size_t i = 0; i < n; ++levels) {
    std::size_t j = i + 1;
    while (j < n && same(i, j)) ++j;
    pairs += pairs_among(static_cast<std::int64_t>(j - i));
    i = j;
  }
  return pairs;
}

Value of_pairs(std::span<const double> x, std::span<const double> y,
               Value (*statistic)(const OrderedPairs&)) {
  if (const char* why = unpaired(x, y)) return Value::none(why);
  return statistic(ordered_pairs(x, y));
}

}  // namespace

OrderedPairs ordered_pairs(std::span<const double> x, std::span<const double> y, int threads) {
  if (x.size() != y.size() || !all_finite(x) || !all_finite(y))
    throw Error(ErrorKind::internal, "finite values, as many on each side, are needed", "ordered_pairs");
  const std::size_t n = x.size();
  std::vector<Pair> items(n);
  for (std::size_t i = 0; i < n; ++i) items[i] = {x[i], y[i]};
  sort_pairs(items, threads);
  OrderedPairs out;
  out.items = static_cast<std::int64_t>(n);
  std::int64_t unused = 0;
  const std::int64_t same_x =
      tied_pairs(n, out.levels_x, [&](std::size_t i, std::size_t j) { return items[i].x == items[j].x; });
  out.tied_both = tied_pairs(n, unused, [&](std::size_t i, std::size_t j) {
    return items[i].x == items[j].x && items[i].y == items[j].y;
  });
  std::vector<double> by_y(n);
  for (std::size_t i = 0; i < n; ++i) by_y[i] = items[i].y;
  out.discordant = sort_counting_inversions(by_y, threads);
  const std::int64_t same_y =
      tied_pairs(n, out.levels_y, [&](std::size_t i, std::size_t j) { return by_y[i] == by_y[j]; });
  out.tied_x = same_x - out.tied_both;
  out.tied_y = same_y - out.tied_both;
  out.concordant = pairs_among(out.items) - out.discordant - same_x - same_y + out.tied_both;
  return out;
}

Value kendall_tau_b(const OrderedPairs& p) {
  if (p.items < 2) return Value::none(kTooFew);
  if (p.levels_x < 2 || p.levels_y < 2) return Value::none(kConstant);
  const auto ordered = static_cast<double>(p.concordant + p.discordant);
  const double score = static_cast<double>(p.concordant - p.discordant);
  return std::clamp(score / std::sqrt(ordered + static_cast<double>(p.tied_y)) /
                        std::sqrt(ordered + static_cast<double>(p.tied_x)),
                    -1.0, 1.0);
}

Value kendall_tau_c(const OrderedPairs& p) {
  if (p.items < 2) return Value::none(kTooFew);
  if (p.levels_x < 2 || p.levels_y < 2) return Value::none(kConstant);
  const auto n = static_cast<double>(p.items), m = static_cast<double>(std::min(p.levels_x, p.levels_y));
  return 2 * static_cast<double>(p.concordant - p.discordant) / (n * n) * (m / (m - 1));
}

Value goodman_kruskal_gamma(const OrderedPairs& p) {
  if (p.concordant + p.discordant == 0) return Value::none("every pair of items is tied");
  return static_cast<double>(p.concordant - p.discordant) / static_cast<double>(p.concordant + p.discordant);
}

Value kendall_tau_b(std::span<const double> x, std::span<const double> y) {
  return of_pairs(x, y, kendall_tau_b);
}
Value kendall_tau_c(std::span<const double> x, std::span<const double> y) {
  return of_pairs(x, y, kendall_tau_c);
}
Value goodman_kruskal_gamma(std::span<const double> x, std::span<const double> y) {
  return of_pairs(x, y, goodman_kruskal_gamma);
}

Value area_under_roc(std::span<const double> score, std::span<const std::uint8_t> right) {
  if (score.size() != right.size()) return Value::none(kNotPaired);
  if (!all_finite(score)) return Value::none(kNotFinite);
  const std::vector<double> rank = midranks(score);
  double sum = 0, positives = 0;
  for (std::size_t i = 0; i < rank.size(); ++i)
    if (right[i]) sum += rank[i], positives += 1;
  const double negatives = static_cast<double>(score.size()) - positives;
  if (positives == 0) return Value::none("no answer is right");
  if (negatives == 0) return Value::none("no answer is wrong");
  return (sum - positives * (positives + 1) / 2) / positives / negatives;
}

}  // namespace undertone::metrics
