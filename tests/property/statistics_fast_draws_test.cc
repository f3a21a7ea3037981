// The fast paths of resampling give, bit for bit, what their definitions give: on every instruction set of
// the machine, with any number of threads. Distributions are held to exact probabilities.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/fast_binomial.h"
#include "metrics/statistics/fast_draws.h"
#include "metrics/statistics/fast_philox.h"
#include "metrics/statistics/fast_sums.h"
#include "metrics/statistics/parallel.h"
#include "metrics/statistics/permutation.h"

namespace undertone::statistics {
namespace {

// Runs a check under every instruction set, and leaves the machine's best behind.
template <class Check>
void on_every_instruction_set(Check&& check) {
  const std::string best = instruction_set();
  for (const std::string& name : instruction_sets()) {
    use_instruction_set(name);
    ASSERT_EQ(instruction_set(), name);
    SCOPED_TRACE(name);
    check();
  }
  use_instruction_set("");
  EXPECT_EQ(instruction_set(), best);
}

TEST(FastPhilox, WordsAreThoseOfTheStream) {
  EXPECT_GE(instruction_sets().size(), 2u) << "nothing to compare with";
  EXPECT_THROW(use_instruction_set("no such"), Error);
  on_every_instruction_set([] {
    for (const std::uint64_t substream : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1} << 40}) {
      const PhiloxKey key = philox_key("tests/words");
      for (const std::size_t blocks : {1u, 2u, 3u, 7u, 8u, 33u, 64u}) {
        for (const std::size_t first : {0u, 5u}) {
          std::vector<std::uint32_t> words(4 * blocks), expected;
          philox_words(key, substream, first, words);
          Stream stream("tests/words", substream);
          for (std::size_t i = 0; i < 4 * first; ++i) stream.next_u32();
          for (std::size_t i = 0; i < words.size(); ++i) expected.push_back(stream.next_u32());
          ASSERT_EQ(words, expected) << blocks << " blocks from " << first;
        }
      }
    }
    // Where the low word of the counter runs over.
    std::vector<std::uint32_t> words(16);
    philox_words(philox_key("tests/words"), 3, 0xFFFFFFFEu, words);
    for (std::size_t b = 0; b < 4; ++b) {
      const auto block = philox_block(philox_key("tests/words"), 3, 0xFFFFFFFEu + std::uint64_t{b});
      EXPECT_TRUE(std::equal(block.begin(), block.end(), words.begin() + static_cast<std::ptrdiff_t>(4 * b)));
    }
  });
  std::vector<std::uint32_t> part(3);
  EXPECT_THROW(philox_words(philox_key("x"), 0, 0, part), Error);
}

TEST(FastDraws, EqualTheDefinitionWordByWord) {
  Stream random("tests/fast-draws/sizes");
  std::vector<std::uint64_t> sizes = {1, 2, 3, 7, 34, 480, 1000, 1024, 3855, 4095, 4096, 4097, 9999, 65537};
  for (int i = 0; i < 20; ++i) sizes.push_back(1 + random.below(6000));
  on_every_instruction_set([&] {
    for (const std::uint64_t n : sizes)
      for (const std::uint64_t replicate : {0u, 1u, 999u}) {
        const PhiloxKey key = philox_key("tests/fast-draws");
        const auto expected = indices_by_definition(key, replicate, n, n);
        std::vector<std::uint32_t> indices(n);
        draw_indices(key, replicate, n, indices);
        ASSERT_EQ(indices, expected) << n;
        std::vector<std::uint16_t> counts(n, 77), counted(n);
        draw_counts(key, replicate, counts);
        for (const std::uint32_t i : expected) ++counted[i];
        ASSERT_EQ(counts, counted) << n;
        if (n > kNarrowDraws) continue;
        std::vector<std::uint16_t> narrow(n);
        draw_narrow_indices(key, replicate, n, narrow);
        ASSERT_TRUE(std::equal(narrow.begin(), narrow.end(), expected.begin())) << n;
      }
  });
}

TEST(FastDraws, EveryIndexIsAsLikely) {
  for (const std::uint64_t n : {5u, 480u, 3855u}) {  // 3855: the most words passed over
    std::vector<double> seen(n);
    const std::size_t draws = 400 * n;
    std::vector<std::uint32_t> out(draws);
    draw_indices(philox_key("tests/uniform"), 0, n, out);
    for (const std::uint32_t i : out) seen[i] += 1;
    double chi = 0;
    for (const double s : seen) chi += (s - 400) * (s - 400) / 400;
    const auto freedom = static_cast<double>(n - 1);
    EXPECT_NEAR(chi, freedom, 5 * std::sqrt(2 * freedom)) << n;
  }
  std::vector<std::uint32_t> one(1);
  EXPECT_THROW(draw_indices(philox_key("x"), 0, 0, one), Error);
}

TEST(FastDraws, ThreadsAndKeepingChangeNothing) {
  const Draws one("tests/threads", 333, 41), two("tests/threads", 333, 41, 1 << 20, 2),
      eight("tests/threads", 333, 41, 1 << 20, 8), afresh("tests/threads", 333, 41, 0);
  EXPECT_TRUE(one.kept() && !afresh.kept());
  std::vector<std::uint16_t> buffers[4];
  for (int r = 0; r < 333; ++r) {
    const auto expected = one.counts(r, buffers[0]);
    EXPECT_TRUE(std::ranges::equal(expected, two.counts(r, buffers[1])));
    EXPECT_TRUE(std::ranges::equal(expected, eight.counts(r, buffers[2])));
    EXPECT_TRUE(std::ranges::equal(expected, afresh.counts(r, buffers[3])));
  }
  const auto statistic = [](std::span<const std::uint16_t> counts) -> std::optional<double> {
    return counts[0] == 0 ? std::nullopt : std::optional<double>(static_cast<double>(counts[1]) / counts[0]);
  };
  const auto plain = replicate(one, statistic);
  for (const int threads : {1, 2, 8})
    EXPECT_EQ(replicate(
                  afresh, [&] { return DrawStatistic(statistic); }, threads),
              plain)
        << threads;
}

TEST(FastSums, EqualPlainLoopsOnEveryInstructionSet) {
  on_every_instruction_set([] {
    for (std::uint64_t run = 0; run < 30; ++run) {
      Stream random("tests/fast-sums", run);
      const std::size_t rows = 1 + random.below(90), columns = 1 + random.below(20);
      std::vector<double> values(rows * columns);
      const bool whole = random.below(2) == 0;
      for (double& v : values) v = whole ? static_cast<double>(random.below(200)) : 1e3 * random.normal();
      const ClusterMatrix matrix(values, columns);
      const Draws kept("tests/sums", 101, rows), afresh("tests/sums", 101, rows, 0);
      const auto expected = drawn_sums_by_definition(kept, matrix);
      for (const int threads : {1, 2, 8}) {
        EXPECT_EQ(drawn_sums(kept, matrix, threads), expected);
        EXPECT_EQ(drawn_sums(afresh, matrix, threads), expected);
      }
      for (std::size_t g = 0; g < rows; ++g)
        for (std::size_t c = 0; c < columns; ++c) {
          const double given = values[g * columns + c];
          EXPECT_NEAR(matrix.at(g, c), given, whole ? 0 : 5e3 * static_cast<double>(rows) * 0x1p-52);
        }
    }
  });
  const std::vector<double> broken = {1, NAN};
  EXPECT_THROW(ClusterMatrix(broken, 1), Error);
  EXPECT_THROW(ClusterMatrix(broken, 3), Error);
  const std::vector<double> huge = {1e308, 1e308, 1e308};
  EXPECT_THROW(ClusterMatrix(huge, 1), Error);
}

// By every method, the intervals of the generic bootstrap with the ratio as its statistic.
TEST(FastSums, RatioIntervalsAreThoseOfTheGenericBootstrap) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    Stream random("tests/ratios", run);
    const std::size_t clusters = 3 + random.below(40);
    std::vector<double> rows;
    for (std::size_t g = 0; g < clusters; ++g) {
      const double size = static_cast<double>(1 + random.below(4));
      for (int c = 0; c < 2; ++c) rows.push_back(std::round(64 * size * random.normal()) / 64);
      rows.push_back(size);
    }
    const ClusterMatrix matrix(rows, 3);
    const Draws draws("tests/ratios", 999, clusters);
    for (const auto method : {BootstrapMethod::percentile, BootstrapMethod::basic, BootstrapMethod::bca}) {
      const auto fast = ratio_intervals(method, draws, matrix, 0.9, 2);
      for (std::size_t c = 0; c < 2; ++c) {
        const DrawStatistic ratio = [&](std::span<const std::uint16_t> counts) -> std::optional<double> {
          double sum = 0, size = 0;
          for (std::size_t g = 0; g < clusters; ++g)
            sum += counts[g] * rows[3 * g + c], size += counts[g] * rows[3 * g + 2];
          return sum / size;
        };
        const Interval plain =
            bootstrap_interval(method, draws, ratio, ratio(std::vector<std::uint16_t>(clusters, 1)), 0.9);
        EXPECT_EQ(fast[c].low, plain.low);
        EXPECT_EQ(fast[c].high, plain.high);
        EXPECT_EQ(fast[c].monte_carlo_error_low, plain.monte_carlo_error_low);
        EXPECT_EQ(fast[c].monte_carlo_error_high, plain.monte_carlo_error_high);
        EXPECT_EQ(fast[c].reason, plain.reason);
      }
    }
  }
}

// Ends that are read off without a full sort are the order statistics of one.
TEST(FastIntervals, EndsAreOrderStatistics) {
  int compared = 0;
  for (std::uint64_t run = 0; run < 40; ++run) {
    Stream random("tests/ends", run);
    const std::size_t n = 5 + random.below(3000);
    std::vector<std::optional<double>> draws(n);
    std::vector<double> sorted;
    for (auto& d : draws) sorted.push_back(*(d = static_cast<double>(random.below(run % 2 ? 20 : 1u << 30))));
    std::sort(sorted.begin(), sorted.end());
    const double level = 0.5 + 0.49 * random.uniform();
    const Interval interval = percentile_interval(draws, level);
    if (!interval.low) continue;  // too few draws for the level
    ++compared;
    const auto at = [&](double rank) {
      rank = std::clamp(rank, 1.0, static_cast<double>(n));
      const auto below = static_cast<std::size_t>(rank);
      const double part = rank - static_cast<double>(below);
      return part == 0 || below == n ? sorted[below - 1]
                                     : sorted[below - 1] + part * (sorted[below] - sorted[below - 1]);
    };
    const double B = static_cast<double>(n);
    EXPECT_EQ(interval.low, at((B + 1) * ((1 - level) / 2)));
    EXPECT_EQ(interval.high, at((B + 1) * ((1 + level) / 2)));
  }
  EXPECT_GT(compared, 20);
}

// A binomial's exact probabilities, up from the mode.
std::vector<double> binomial_masses(std::uint64_t n, double p) {
  std::vector<double> out;
  for (std::uint64_t k = 0; k <= n; ++k) {
    const auto N = static_cast<double>(n), K = static_cast<double>(k);
    out.push_back(std::exp(std::lgamma(N + 1) - std::lgamma(K + 1) - std::lgamma(N - K + 1) +
                           K * std::log(p) + (N - K) * std::log1p(-p)));
  }
  return out;
}

TEST(FastBinomial, DrawsHaveTheirProbabilities) {
  const struct {
    std::uint64_t n;
    double p;
  } cases[] = {{1, 0.3},   {5, 0.5},     {20, 0.4},   {30, 0.9},  {100, 0.05},
               {100, 0.3}, {1000, 0.02}, {400, 0.61}, {5000, 0.5}};
  for (const auto& [n, p] : cases) {
    const BinomialChance chance(p);
    Stream words("tests/binomial/" + std::to_string(n));
    const double draws = 200'000;
    std::vector<double> seen(n + 1);
    for (double i = 0; i < draws; ++i) seen[chance.draw(n, words)] += 1;
    const auto mass = binomial_masses(n, p);
    double chi = 0, cells = -1, rest_seen = 0, rest = 0;
    for (std::uint64_t k = 0; k <= n; ++k) {
      if (draws * mass[k] < 10) {
        rest += draws * mass[k], rest_seen += seen[k];
        continue;
      }
      chi += (seen[k] - draws * mass[k]) * (seen[k] - draws * mass[k]) / (draws * mass[k]);
      cells += 1;
    }
    if (rest > 1) chi += (rest_seen - rest) * (rest_seen - rest) / rest, cells += 1;
    EXPECT_LT(chi, cells + 5 * std::sqrt(2 * cells) + 5) << n << " " << p;
    EXPECT_NEAR(rest_seen, rest, 6 * std::sqrt(rest + 1)) << n << " " << p;
  }
}

TEST(FastBinomial, ManyTrialsKeepMeanAndVariance) {
  for (const double p : {1e-6, 3e-4, 0.25, 0.5, 0.999}) {
    const std::uint64_t n = 1'000'000;
    const BinomialChance chance(p);
    Stream words("tests/binomial/large");
    const double mean = static_cast<double>(n) * p, variance = mean * (1 - p), draws = 50'000;
    double sum = 0, squares = 0;
    for (double i = 0; i < draws; ++i) {
      const double d = static_cast<double>(chance.draw(n, words)) - mean;
      sum += d, squares += d * d;
    }
    EXPECT_NEAR(sum / draws, 0, 5 * std::sqrt(variance / draws)) << p;
    // The fourth moment of a binomial is at most 3 variance^2 + variance.
    EXPECT_NEAR(squares / draws, variance, 5 * std::sqrt((2 * variance * variance + variance) / draws)) << p;
  }
}

TEST(FastBinomial, CertainAndImpossibleThings) {
  Stream words("tests/binomial/certain");
  EXPECT_EQ(BinomialChance(0).draw(1000, words), 0u);
  EXPECT_EQ(BinomialChance(1).draw(1000, words), 1000u);
  EXPECT_EQ(BinomialChance(0.5).draw(0, words), 0u);
  EXPECT_THROW(BinomialChance(1.5), Error);
  EXPECT_THROW(BinomialChance(NAN), Error);
  const std::vector<std::uint64_t> none = {0, 0};
  EXPECT_THROW(Multinomial{none}, Error);
}

TEST(FastBinomial, MultinomialEqualsItsDefinition) {
  on_every_instruction_set([] {
    for (std::uint64_t run = 0; run < 12; ++run) {
      Stream random("tests/multinomial", run);
      std::vector<std::uint64_t> weights(1 + random.below(49));
      for (auto& w : weights) w = random.below(3) ? random.below(1000) : 0;
      weights[0] += 1;
      const std::uint64_t trials = random.below(3) ? random.below(5000) : 1'000'000;
      const Multinomial cells(weights);
      std::uint64_t next = 3;
      cells.draw(philox_key("tests/multinomial/draws"), 3, 40, trials,
                 [&](std::uint64_t r, std::span<const std::uint64_t> counts) {
                   ASSERT_EQ(r, next++);
                   const auto expected =
                       cells.draw_by_definition(Stream("tests/multinomial/draws", r), trials);
                   ASSERT_TRUE(std::ranges::equal(counts, expected)) << r;
                   ASSERT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), trials);
                   for (std::size_t c = 0; c < weights.size(); ++c)
                     ASSERT_TRUE(weights[c] > 0 || counts[c] == 0);
                 });
      ASSERT_EQ(next, 40u);
    }
  });
}

// Means and covariances of multinomial counts: n p and -n p q.
TEST(FastBinomial, MultinomialMoments) {
  const std::vector<std::uint64_t> weights = {500, 300, 0, 120, 60, 15, 5};
  const double n = 1000, total = 1000, draws = 40'000;
  std::vector<double> sum(7), cross(49);
  Multinomial(weights).draw(philox_key("tests/moments"), 0, 40'000, 1000,
                            [&](std::uint64_t, std::span<const std::uint64_t> counts) {
                              for (std::size_t a = 0; a < 7; ++a) {
                                const double da = static_cast<double>(counts[a]) - n * weights[a] / total;
                                sum[a] += da;
                                for (std::size_t b = 0; b < 7; ++b)
                                  cross[a * 7 + b] +=
                                      da * (static_cast<double>(counts[b]) - n * weights[b] / total);
                              }
                            });
  for (std::size_t a = 0; a < 7; ++a)
    for (std::size_t b = 0; b < 7; ++b) {
      const double p = weights[a] / total, q = weights[b] / total;
      const double expected = a == b ? n * p * (1 - p) : -n * p * q;
      const double spread =
          std::sqrt((n * p * (1 - p) * n * q * (1 - q) + expected * expected + n * p) / draws);
      EXPECT_NEAR(cross[a * 7 + b] / draws, expected, 5 * spread + 1e-12) << a << b;
      EXPECT_NEAR(sum[a] / draws, 0, 5 * std::sqrt(n * p * (1 - p) / draws) + 1e-12);
    }
}

// Every pattern of one stream in order, its bits flipping one contribution after the other.
TEST(FastSignFlips, EqualOnePatternAfterTheOther) {
  on_every_instruction_set([] {
    int compared = 0;
    for (std::uint64_t run = 0; run < 12; ++run) {
      Stream random("tests/flips", run);
      std::vector<double> d(21 + random.below(200));
      for (double& v : d) v = std::round(8 * (random.normal() + 0.1)) / 8;
      const auto zeros = std::count(d.begin(), d.end(), 0.0);
      if (static_cast<std::ptrdiff_t>(d.size()) - zeros <= static_cast<std::ptrdiff_t>(kExactSignFlips))
        continue;  // all patterns are tried
      ++compared;
      const int permutations = 1 + static_cast<int>(random.below(3000));
      Stream stream("tests/flips/patterns");
      const double observed = std::fabs(std::accumulate(d.begin(), d.end(), 0.0));
      std::vector<double> moving;
      std::copy_if(d.begin(), d.end(), std::back_inserter(moving), [](double v) { return v != 0; });
      int hits = 0;
      for (int r = 0; r < permutations; ++r) {
        double sum = 0;
        std::uint64_t bits = 0;
        for (std::size_t j = 0; j < moving.size(); ++j) {
          if (j % 64 == 0) bits = stream.next_u64();
          sum += (bits >> (j % 64)) & 1 ? -moving[j] : moving[j];
        }
        hits += std::fabs(sum) >= observed ? 1 : 0;  // eighths add up exactly
      }
      for (const int threads : {1, 2, 8}) {
        const TestResult result = sign_flip_test(d, "tests/flips/patterns", permutations, threads);
        ASSERT_EQ(result.p_value, static_cast<double>(1 + hits) / static_cast<double>(1 + permutations));
      }
    }
    EXPECT_GT(compared, 9);
  });
}

TEST(ParallelRanges, CoverEverythingOnce) {
  for (const int threads : {1, 2, 8})
    for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 1000u}) {
      std::vector<int> seen(count);
      parallel_ranges(count, 64, threads, [&](std::size_t begin, std::size_t end) {
        ASSERT_LE(end - begin, 64u);
        for (std::size_t i = begin; i < end; ++i) ++seen[i];
      });
      EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int s) { return s == 1; }));
    }
}

}  // namespace
}  // namespace undertone::statistics
