#include "metrics/statistics/prediction_powered.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/error.h"

namespace undertone::statistics {
namespace {

// One side: means, and the clusters' influences on A (`human`) and on F_L - F (`shift`).
struct Side {
  double human_mean = 0, shift_mean = 0, prediction_mean = 0;
  std::vector<double> human, shift;
  std::size_t rated_clusters = 0;
  const char* reason = nullptr;
};

Side side_of(std::span<const RatedItem> items, std::size_t clusters) {
  Side s;
  s.human.assign(clusters, 0.0);
  s.shift.assign(clusters, 0.0);
  double weight = 0, rated_prediction = 0;
  std::vector<char> rated(clusters, 0);
  for (const RatedItem& i : items) {
    if (i.cluster >= clusters) throw Error(ErrorKind::internal, "a cluster is out of range");
    if (!std::isfinite(i.prediction) || (i.human && !std::isfinite(*i.human))) {
      s.reason = "a value is not finite";
      return s;
    }
    s.prediction_mean += i.prediction / static_cast<double>(items.size());
    if (!i.human) continue;
    if (!(i.inclusion > 0 && i.inclusion <= 1)) {
      s.reason = "an inclusion probability is not above 0 and at most 1";
      return s;
    }
    weight += 1 / i.inclusion;
    s.human_mean += *i.human / i.inclusion;
    rated_prediction += i.prediction / i.inclusion;
    rated[i.cluster] = 1;
  }
  s.rated_clusters = static_cast<std::size_t>(std::count(rated.begin(), rated.end(), 1));
  if (!(weight > 0)) {
    s.reason = "no item has a human rating";
    return s;
  }
  s.human_mean /= weight;
  rated_prediction /= weight;
  s.shift_mean = rated_prediction - s.prediction_mean;
  for (const RatedItem& i : items) {
    s.shift[i.cluster] -= (i.prediction - s.prediction_mean) / static_cast<double>(items.size());
    if (!i.human) continue;
    const double share = 1 / i.inclusion / weight;
    s.human[i.cluster] += share * (*i.human - s.human_mean);
    s.shift[i.cluster] += share * (i.prediction - rated_prediction);
  }
  return s;
}

double best_tuning(const Side& s) {
  double ab = 0, bb = 0, scale = 0;
  for (std::size_t g = 0; g < s.human.size(); ++g) {
    ab += s.human[g] * s.shift[g];
    bb += s.shift[g] * s.shift[g];
    scale = std::max(scale, std::fabs(s.human[g]));
  }
  // Every item rated with equal chances, or verdicts that do not vary: nothing to gain.
  return bb > 1e-26 * std::max(1.0, scale * scale) ? std::clamp(ab / bb, 0.0, 1.0) : 0.0;
}

Interval interval_of(double value, const std::vector<double>& influence, std::size_t rated_clusters,
                     double level, const char* method) {
  double squares = 0;
  for (double u : influence) squares += u * u;
  const auto G = static_cast<double>(rated_clusters);
  return t_interval(value, G > 1 ? std::sqrt(squares * G / (G - 1)) : 0.0, G - 1, level, method);
}

Interval refused(double level, const char* method, const char* reason) {
  Interval out;
  out.level = level;
  out.method = method;
  out.reason = reason;
  return out;
}

constexpr const char* kMethod = "prediction-powered clustered t (PPI++)";
constexpr const char* kHumanMethod = "clustered t, human ratings only";

}  // namespace

PredictionPowered prediction_powered_mean(std::span<const RatedItem> items, std::size_t clusters,
                                          double level, std::optional<double> tuning) {
  PredictionPowered out;
  const Side s = side_of(items, clusters);
  if (s.reason) {
    out.interval = refused(level, kMethod, s.reason);
    out.human_only_interval = refused(level, kHumanMethod, s.reason);
    return out;
  }
  out.tuning = tuning ? *tuning : best_tuning(s);
  out.value = s.human_mean - *out.tuning * s.shift_mean;
  out.human_only = s.human_mean;
  out.mean_prediction = s.prediction_mean;
  std::vector<double> influence(clusters);
  for (std::size_t g = 0; g < clusters; ++g) influence[g] = s.human[g] - *out.tuning * s.shift[g];
  out.interval = interval_of(*out.value, influence, s.rated_clusters, level, kMethod);
  out.human_only_interval = interval_of(s.human_mean, s.human, s.rated_clusters, level, kHumanMethod);
  return out;
}

PredictionPowered prediction_powered_difference(std::span<const RatedItem> first,
                                                std::span<const RatedItem> second, std::size_t clusters,
                                                double level) {
  PredictionPowered out;
  const Side a = side_of(first, clusters), b = side_of(second, clusters);
  if (const char* why = a.reason ? a.reason : b.reason) {
    out.interval = refused(level, kMethod, why);
    out.human_only_interval = refused(level, kHumanMethod, why);
    return out;
  }
  const double ta = best_tuning(a), tb = best_tuning(b);
  out.value = (a.human_mean - ta * a.shift_mean) - (b.human_mean - tb * b.shift_mean);
  out.human_only = a.human_mean - b.human_mean;
  out.mean_prediction = a.prediction_mean - b.prediction_mean;
  std::vector<double> influence(clusters), human(clusters);
  for (std::size_t g = 0; g < clusters; ++g) {
    influence[g] = (a.human[g] - ta * a.shift[g]) - (b.human[g] - tb * b.shift[g]);
    human[g] = a.human[g] - b.human[g];
  }
  const std::size_t rated = std::min(a.rated_clusters, b.rated_clusters);
  out.interval = interval_of(*out.value, influence, rated, level, kMethod);
  out.human_only_interval = interval_of(*out.human_only, human, rated, level, kHumanMethod);
  return out;
}

}  // namespace undertone::statistics
