#include "metrics/statistics/paired_tests.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/ranks.h"

namespace undertone::statistics {
namespace {

using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

void need(bool ok, const char* what) {
  if (!ok) throw Error(ErrorKind::internal, what);
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// Zero mean, unit variance; false where the values do not vary.
bool standardise(std::vector<double>& v) {
  const auto n = static_cast<double>(v.size());
  double mean = 0, squares = 0;
  for (double x : v) mean += x / n;
  for (double x : v) squares += (x - mean) * (x - mean);
  if (!(squares > 1e-26 * n * std::max(1.0, mean * mean))) return false;
  for (double& x : v) x = (x - mean) / std::sqrt(squares / n);
  return true;
}

}  // namespace

TestStatistic mcnemar_exact(std::int64_t only_first, std::int64_t only_second) {
  constexpr const char* method = "McNemar, exact binomial (independent items)";
  need(only_first >= 0 && only_second >= 0, "mcnemar_exact needs counts that are not negative");
  const std::int64_t n = only_first + only_second, smaller = std::min(only_first, only_second);
  if (n == 0) return TestStatistic::none(method, "both sides are right on the same items");
  TestStatistic out;
  out.method = method;
  out.statistic = static_cast<double>(smaller);
  const boost::math::binomial_distribution<double, Plain> d(static_cast<double>(n), 0.5);
  out.p_value = std::min(1.0, 2 * boost::math::cdf(d, static_cast<double>(smaller)));
  return out;
}

TestStatistic mcnemar_clustered(std::span<const double> differences) {
  constexpr const char* method = "clustered McNemar (Obuchowski)";
  const auto G = static_cast<double>(differences.size());
  if (differences.size() < 2) return TestStatistic::none(method, "fewer than two units");
  if (!all_finite(differences)) return TestStatistic::none(method, "a value is not finite");
  double sum = 0, squares = 0;
  for (double d : differences) sum += d, squares += d * d;
  if (!(squares > 0))
    return TestStatistic::none(method, "both sides are right on as many items in every unit");
  TestStatistic out;
  out.method = method;
  out.statistic = sum / std::sqrt(G / (G - 1) * squares);
  out.p_value = 2 * normal_cdf(-std::fabs(*out.statistic));
  return out;
}

SignedRanks clustered_signed_ranks(std::span<const double> differences,
                                   std::span<const std::uint32_t> cluster, std::size_t clusters,
                                   const std::string& stream, int permutations) {
  constexpr const char* method = "signed ranks by cluster (Rosner, Glynn & Lee)";
  need(differences.size() == cluster.size(), "clustered_signed_ranks needs a cluster for each item");
  SignedRanks out;
  auto refuse = [&](const char* why) {
    out.normal = TestStatistic::none(method, why);
    out.flips.reason = why;
    return out;
  };
  if (!all_finite(differences)) return refuse("a value is not finite");
  if (clusters < 2) return refuse("fewer than two units");
  std::vector<double> kept;
  std::vector<std::uint32_t> at;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    need(cluster[i] < clusters, "a cluster is out of range");
    if (differences[i] == 0) continue;
    kept.push_back(differences[i]);
    at.push_back(cluster[i]);
  }
  if (kept.empty()) return refuse("every difference is zero");
  std::vector<double> sizes;
  for (double v : kept) sizes.push_back(std::fabs(v));
  const auto rank = midranks(sizes);
  std::vector<double> sums(clusters, 0.0);
  for (std::size_t i = 0; i < kept.size(); ++i) sums[at[i]] += kept[i] > 0 ? rank[i] : -rank[i];
  double squares = 0;
  for (double s : sums) out.statistic += s, squares += s * s;
  out.flips = sign_flip_test(sums, stream, permutations);
  if (!(squares > 0)) {  // the signed ranks cancel within every cluster
    out.normal = TestStatistic::none(method, "the signed ranks cancel within every unit");
    return out;
  }
  out.normal.method = method;
  out.normal.statistic = out.statistic / std::sqrt(squares);
  out.normal.p_value = 2 * normal_cdf(-std::fabs(*out.normal.statistic));
  return out;
}

TestResult cluster_swap_test(std::size_t clusters, const SwapStatistic& statistic, const std::string& stream,
                             int permutations) {
  TestResult out;
  std::vector<std::uint8_t> swapped(clusters, 0);
  if (clusters < 2) {
    out.reason = "fewer than two units";
    return out;
  }
  const auto observed = statistic(swapped);
  if (!observed || !std::isfinite(*observed)) {
    out.reason = "the statistic is undefined";
    return out;
  }
  const double reach = std::fabs(*observed) * (1 - 1e-12) - 1e-12;  // equal but for rounding is a hit
  auto hit = [&] {
    const auto drawn = statistic(swapped);
    return !drawn || !(std::fabs(*drawn) < reach);
  };
  std::int64_t hits = 0;
  if (clusters <= 16) {
    out.exact = true;
    out.permutations = std::int64_t{1} << clusters;
    for (std::int64_t pattern = 0; pattern < out.permutations; ++pattern) {
      for (std::size_t g = 0; g < clusters; ++g) swapped[g] = static_cast<std::uint8_t>((pattern >> g) & 1);
      if (hit()) ++hits;
    }
    out.p_value = static_cast<double>(hits) / static_cast<double>(out.permutations);
    return out;
  }
  out.permutations = permutations;
  Stream random(stream);
  for (int r = 0; r < permutations; ++r) {
    std::uint64_t bits = 0;
    for (std::size_t g = 0; g < clusters; ++g, bits >>= 1) {
      if (g % 64 == 0) bits = random.next_u64();
      swapped[g] = static_cast<std::uint8_t>(bits & 1);
    }
    if (hit()) ++hits;
  }
  out.p_value = static_cast<double>(1 + hits) / static_cast<double>(1 + permutations);
  return out;
}

TestResult perm_both(std::span<const double> x, std::span<const double> y, std::span<const double> human,
                     std::span<const std::uint32_t> cluster, std::size_t clusters, const std::string& stream,
                     int permutations) {
  need(x.size() == human.size() && y.size() == human.size() && cluster.size() == human.size(),
       "perm_both needs as many scores, human ratings and clusters");
  TestResult out;
  if (human.size() < 2) {
    out.reason = "fewer than two items";
    return out;
  }
  if (!all_finite(x) || !all_finite(y) || !all_finite(human)) {
    out.reason = "a value is not finite";
    return out;
  }
  std::vector<double> u(x.begin(), x.end()), v(y.begin(), y.end()), h(human.begin(), human.end());
  if (!standardise(u) || !standardise(v) || !standardise(h)) {
    out.reason = "one side does not vary";
    return out;
  }
  // Sums by cluster; an exchange trades the two metrics' entries, so a pattern costs one pass over clusters.
  struct Sums {
    double first = 0, squares = 0, with_human = 0;
  };
  std::vector<Sums> a(clusters), b(clusters);
  for (std::size_t i = 0; i < h.size(); ++i) {
    need(cluster[i] < clusters, "a cluster is out of range");
    Sums &s = a[cluster[i]], &t = b[cluster[i]];
    s.first += u[i], s.squares += u[i] * u[i], s.with_human += u[i] * h[i];
    t.first += v[i], t.squares += v[i] * v[i], t.with_human += v[i] * h[i];
  }
  const auto n = static_cast<double>(h.size());
  auto correlation = [n](const Sums& s) -> std::optional<double> {  // the human side has mean 0, variance 1
    const double variance = s.squares / n - (s.first / n) * (s.first / n);
    if (!(variance > 1e-12)) return std::nullopt;
    return s.with_human / n / std::sqrt(variance);
  };
  return cluster_swap_test(
      clusters,
      [&](std::span<const std::uint8_t> swapped) -> std::optional<double> {
        Sums s, t;
        auto add = [](Sums& to, const Sums& from) {
          to.first += from.first, to.squares += from.squares, to.with_human += from.with_human;
        };
        for (std::size_t g = 0; g < clusters; ++g) {
          add(s, swapped[g] ? b[g] : a[g]);
          add(t, swapped[g] ? a[g] : b[g]);
        }
        const auto rs = correlation(s), rt = correlation(t);
        if (!rs || !rt) return std::nullopt;
        return *rs - *rt;
      },
      stream, permutations);
}

Equivalence two_one_sided_tests(double difference, double standard_error, double df, double low, double high,
                                double alpha) {
  need(low < high && alpha > 0 && alpha < 0.5, "two_one_sided_tests needs low < high and 0 < alpha < 0.5");
  Equivalence out;
  out.interval = t_interval(difference, standard_error, df, 1 - 2 * alpha, "two one-sided t");
  if (!out.interval.low) {
    out.reason = out.interval.reason;
    return out;
  }
  auto upper_tail = [df](double t) {
    const double both = t_two_sided_p(t, df);
    return t >= 0 ? both / 2 : 1 - both / 2;
  };
  out.p_above_low = upper_tail((difference - low) / standard_error);
  out.p_below_high = upper_tail((high - difference) / standard_error);
  out.p_value = std::max(*out.p_above_low, *out.p_below_high);
  out.shown = *out.p_value <= alpha;
  return out;
}

}  // namespace undertone::statistics
