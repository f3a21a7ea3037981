// Statistics of a datasheet, with intervals by leaving out one cluster at a time.
#include <algorithm>
#include <cmath>
#include <map>

#include "judges/words.h"
#include "metrics/agreement.h"
#include "metrics/correlation.h"
#include "metrics/judge_quality.h"
#include "metrics/rank_correlation.h"
#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/correlation_tests.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

// The jackknife evaluates a statistic once a cluster; pairs of items cost n log n each, so that beyond this
// many evaluations times items only the value is given.
constexpr double kMostWork = 4e6;
constexpr int kPermutations = 1999;

// Jackknife of the statistic itself: Var = (G-1)/G sum (theta_(g) - mean)^2, t with G-1 degrees of freedom
// (Efron & Stein 1981).
statistics::Interval plain_jackknife(double value, std::span<const std::optional<double>> left_out,
                                     double level) {
  double sum = 0, n = 0;
  for (const auto& v : left_out) {
    if (!v)
      return {{}, {}, level, "cluster jackknife t", "undefined without one of the clusters", {}, {},
              0,  {}, {}};
    sum += *v;
    ++n;
  }
  const double mean = sum / n;
  double squares = 0;
  for (const auto& v : left_out) squares += (*v - mean) * (*v - mean);
  return statistics::t_interval(value, std::sqrt((n - 1) / n * squares), n - 1, level, "cluster jackknife t");
}

}  // namespace

metrics::Value statistic_of(Statistic s, std::span<const double> x, std::span<const double> y) {
  switch (s) {
    case Statistic::spearman:
      return metrics::spearman(x, y);
    case Statistic::kendall:
      return metrics::kendall_tau_b(x, y);
    case Statistic::pairwise:
      return metrics::pairwise_accuracy_at(x, y, {}, 0);
    case Statistic::pairwise_calibrated:
      return metrics::pairwise_accuracy(x, y).calibrated;
    case Statistic::alpha: {
      std::vector<double> both;
      for (std::size_t i = 0; i < x.size(); ++i) both.insert(both.end(), {x[i], y[i]});
      return metrics::krippendorff_alpha({both, 2}, metrics::Level::interval);
    }
    case Statistic::difference: {
      if (x.empty()) return {};
      double sum = 0;
      for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] - y[i];
      return sum / static_cast<double>(x.size());
    }
    case Statistic::auroc: {
      std::vector<std::uint8_t> right;
      for (double v : y) right.push_back(v >= 1);
      return metrics::area_under_roc(x, right);
    }
  }
  return {};
}

Measured measured(const std::optional<double>& value, const statistics::Interval& interval, std::size_t n,
                  std::size_t clusters) {
  Measured m;
  m.value = value;
  m.low = interval.low;
  m.high = interval.high;
  m.reason = interval.reason;
  m.n = static_cast<std::int64_t>(n);
  m.clusters = static_cast<std::int64_t>(clusters);
  return m;
}

double words_of(const RatedItem& item) { return static_cast<double>(judge_words(item.answer).size()); }

Rated paired(const RatingTable& table, const ItemValues& x, const ItemValues& y) {
  Rated out;
  std::map<std::string, std::uint32_t> clusters;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    if (!x[i] || !y[i]) continue;
    out.x.push_back(*x[i]);
    out.y.push_back(*y[i]);
    const auto next = static_cast<std::uint32_t>(clusters.size());
    out.cluster.push_back(clusters.try_emplace(cluster_of(table.items[i]), next).first->second);
  }
  out.clusters = static_cast<std::uint32_t>(clusters.size());
  return out;
}

Measured measure(Statistic s, const Rated& rated, double level) {
  Measured out;
  out.n = static_cast<std::int64_t>(rated.x.size());
  out.clusters = rated.clusters;
  const metrics::Value value = statistic_of(s, rated.x, rated.y);
  out.value = value;
  out.reason = value.reason();
  if (!value) return out;
  if (rated.clusters < 3) {
    out.reason = "fewer than three clusters: no interval";
    return out;
  }
  if (s == Statistic::pairwise_calibrated) {
    out.reason = "no interval: the threshold is chosen on the same items";
    return out;
  }
  const bool pairs = s == Statistic::pairwise;
  const double n = static_cast<double>(rated.x.size()), g = static_cast<double>(rated.clusters);
  if (n * g * (pairs ? n : 1) > kMostWork * (pairs ? 10 : 1)) {
    out.reason = "too many items for an interval by leaving out clusters";
    return out;
  }
  const auto without = [&](std::span<const std::uint16_t> counts) -> std::optional<double> {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < rated.x.size(); ++i)
      if (counts[rated.cluster[i]] > 0) {
        x.push_back(rated.x[i]);
        y.push_back(rated.y[i]);
      }
    return statistic_of(s, x, y);
  };
  const auto left_out = statistics::leave_one_out(rated.clusters, without);
  const bool correlation = s == Statistic::spearman || s == Statistic::kendall;
  const statistics::Interval interval =
      correlation ? statistics::jackknife_correlation_interval(value, left_out, level)
                  : plain_jackknife(*value, left_out, level);
  out.low = interval.low;
  out.high = interval.high;
  out.reason = interval.reason;
  return out;
}

std::optional<statistics::TestResult> both_test(const RatingTable& t, const ItemValues& x,
                                                const ItemValues& y, const ItemValues& humans,
                                                const std::string& stream) {
  ItemValues all(t.items.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (x[i] && y[i]) all[i] = humans[i];
  const Rated a = paired(t, x, all), b = paired(t, y, all);
  if (a.x.size() < 3 || a.clusters < 3) return std::nullopt;
  return statistics::perm_both(metrics::midranks(a.x), metrics::midranks(b.x), metrics::midranks(a.y),
                               a.cluster, a.clusters, stream, kPermutations);
}

}  // namespace undertone
