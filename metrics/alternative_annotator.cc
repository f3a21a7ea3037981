#include "metrics/alternative_annotator.h"

#include <cmath>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/multiplicity.h"

namespace undertone::metrics {
namespace {

// Of one value with the ratings of the humans other than `without`.
double alignment(double value, const Ratings& humans, std::size_t item, std::size_t without, bool labels) {
  double sum = 0, n = 0;
  for (std::size_t r = 0; r < humans.raters; ++r) {
    const double other = humans.at(item, r);
    if (r == without || std::isnan(other)) continue;
    sum += labels ? (value == other ? 1.0 : 0.0) : (value - other) * (value - other);
    ++n;
  }
  return labels ? sum / n : -std::sqrt(sum / n);
}

bool rated_by_another(const Ratings& humans, std::size_t item, std::size_t without) {
  for (std::size_t r = 0; r < humans.raters; ++r)
    if (r != without && !std::isnan(humans.at(item, r))) return true;
  return false;
}

// One-sided p of "the mean of d is at least epsilon", clusters dependent.
Value p_below(const std::vector<double>& d, const std::vector<std::uint32_t>& cluster, double epsilon) {
  const auto n = static_cast<double>(d.size());
  double mean = 0;
  for (double v : d) mean += v / n;
  std::map<std::uint32_t, double> totals;
  for (std::size_t i = 0; i < d.size(); ++i) totals[cluster[i]] += (d[i] - mean) / n;
  const auto groups = static_cast<double>(totals.size());
  if (totals.size() < 2) return Value::none("fewer than two clusters");
  double squares = 0;
  for (const auto& [id, total] : totals) squares += total * total;
  const double error = std::sqrt(groups / (groups - 1) * squares);
  if (!(error > 1e-14)) return mean < epsilon ? 0.0 : 1.0;
  const double t = (mean - epsilon) / error;
  const double two_sided = statistics::t_two_sided_p(t, groups - 1);
  return t < 0 ? two_sided / 2 : 1 - two_sided / 2;
}

}  // namespace

AlternativeAnnotatorTest alternative_annotator_test(std::span<const double> judge, const Ratings& humans,
                                                    std::span<const std::uint32_t> cluster,
                                                    const AlternativeAnnotatorOptions& options) {
  if (judge.size() != humans.items() || (!cluster.empty() && cluster.size() != judge.size()))
    throw Error(ErrorKind::internal, "a judge's value and a cluster are needed for each item",
                "alternative_annotator_test");
  AlternativeAnnotatorTest out;
  out.winning_rate = out.advantage =
      Value::none("no human rated enough of the judge's items with another human");
  std::vector<double> p_values;
  std::vector<std::size_t> tested;
  double advantages = 0;
  for (std::size_t r = 0; r < humans.raters; ++r) {
    AlternativeAnnotator one;
    one.rater = r;
    std::vector<double> d;
    std::vector<std::uint32_t> clusters;
    double judge_wins = 0, rater_wins = 0;
    for (std::size_t i = 0; i < judge.size(); ++i) {
      if (std::isnan(judge[i]) || std::isnan(humans.at(i, r)) || !rated_by_another(humans, i, r)) continue;
      const double of_judge = alignment(judge[i], humans, i, r, options.labels),
                   of_rater = alignment(humans.at(i, r), humans, i, r, options.labels);
      const double judge_won = of_judge >= of_rater, rater_won = of_rater >= of_judge;
      judge_wins += judge_won;
      rater_wins += rater_won;
      d.push_back(rater_won - judge_won);
      clusters.push_back(cluster.empty() ? static_cast<std::uint32_t>(i) : cluster[i]);
    }
    one.items = d.size();
    one.clusters = std::set<std::uint32_t>(clusters.begin(), clusters.end()).size();
    if (!d.empty()) {
      one.judge_wins = judge_wins / static_cast<double>(d.size());
      one.rater_wins = rater_wins / static_cast<double>(d.size());
    }
    if (d.size() >= options.fewest && !d.empty()) one.p_value = p_below(d, clusters, options.epsilon);
    if (one.p_value) {
      p_values.push_back(*one.p_value);
      tested.push_back(out.raters.size());
      advantages += one.judge_wins;
    }
    out.raters.push_back(one);
  }
  if (tested.empty()) return out;
  const std::vector<double> adjusted = statistics::benjamini_yekutieli(p_values);
  double won = 0;
  for (std::size_t k = 0; k < tested.size(); ++k) {
    out.raters[tested[k]].won = adjusted[k] <= options.q;
    won += out.raters[tested[k]].won;
  }
  out.winning_rate = won / static_cast<double>(tested.size());
  out.advantage = advantages / static_cast<double>(tested.size());
  return out;
}

}  // namespace undertone::metrics
