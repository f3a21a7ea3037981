#include "metrics/judge_quality.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"

namespace undertone::metrics {
namespace {

struct Grouped {
  std::vector<double> x, y;
};

std::map<std::uint32_t, Grouped> by_group(std::span<const double> x, std::span<const double> y,
                                          std::span<const std::uint32_t> group) {
  std::map<std::uint32_t, Grouped> out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    Grouped& g = out[group.empty() ? 0 : group[i]];
    g.x.push_back(x[i]);
    g.y.push_back(y[i]);
  }
  return out;
}

const char* ungroupable(std::span<const double> x, std::span<const double> y,
                        std::span<const std::uint32_t> group) {
  if (x.size() != y.size()) return kNotPaired;
  if (!group.empty() && group.size() != x.size()) return "a group is needed for each item";
  if (!all_finite(x) || !all_finite(y)) return kNotFinite;
  return nullptr;
}

// What a pair of items adds to the accuracy of its group once epsilon reaches the difference of their scores:
// a pair that humans tie is gained, one that both order alike is lost.
struct Step {
  double at;
  double change;
};

struct Cell {
  double score, human, n;
};

std::vector<Cell> cells_of(const Grouped& g) {
  std::map<std::pair<double, double>, double> counts;
  for (std::size_t i = 0; i < g.x.size(); ++i)
    counts[{g.x[i] + 0.0, g.y[i] + 0.0}] += 1;  // + 0.0: -0.0 is 0.0
  std::vector<Cell> out;
  for (const auto& [key, n] : counts) out.push_back({key.first, key.second, n});
  return out;
}

// The accuracy of one group without any tolerance; its steps are appended. False where there is no pair.
bool add_group(const Grouped& g, double& accuracy, std::vector<Step>& steps) {
  const auto n = static_cast<double>(g.x.size());
  if (n < 2) return false;
  const double pairs = n * (n - 1) / 2;
  const std::vector<Cell> cells = cells_of(g);
  double agreed = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    agreed += cells[i].n * (cells[i].n - 1) / 2;  // tied on both sides
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      const double both = cells[i].n * cells[j].n;
      const double gap = std::fabs(cells[i].score - cells[j].score);
      const bool human_tied = cells[i].human == cells[j].human;
      if (human_tied) {
        steps.push_back({gap, both / pairs});
      } else if (gap > 0 && (cells[i].score < cells[j].score) == (cells[i].human < cells[j].human)) {
        agreed += both;
        steps.push_back({gap, -both / pairs});
      }
    }
  }
  accuracy += agreed / pairs;
  return true;
}

Value trend_scores(double u, double variance) {
  if (!(variance > 0)) return Value::none("scores or answers are all alike: no trend is defined");
  return u / std::sqrt(variance);
}

}  // namespace

GroupedValue grouped(std::span<const double> x, std::span<const double> y,
                     std::span<const std::uint32_t> group, const PairedStatistic& statistic) {
  GroupedValue out;
  if (const char* why = ungroupable(x, y, group)) {
    out.value = Value::none(why);
    return out;
  }
  double sum = 0;
  const char* last_reason = "no items";
  for (const auto& [id, g] : by_group(x, y, group)) {
    const Value v = statistic(g.x, g.y);
    if (v) {
      sum += *v;
      ++out.groups;
    } else {
      last_reason = v.reason();
      ++out.undefined;
    }
  }
  out.value = out.groups ? Value(sum / static_cast<double>(out.groups)) : Value::none(last_reason);
  return out;
}

GroupMeans group_means(std::span<const double> x, std::span<const double> y,
                       std::span<const std::uint32_t> group) {
  if (const char* why = ungroupable(x, y, group)) throw Error(ErrorKind::internal, why, "group_means");
  GroupMeans out;
  for (const auto& [id, g] : by_group(x, y, group)) {
    double sx = 0, sy = 0;
    for (std::size_t i = 0; i < g.x.size(); ++i) sx += g.x[i], sy += g.y[i];
    out.x.push_back(sx / static_cast<double>(g.x.size()));
    out.y.push_back(sy / static_cast<double>(g.x.size()));
  }
  return out;
}

PairwiseAccuracy pairwise_accuracy(std::span<const double> score, std::span<const double> human,
                                   std::span<const std::uint32_t> group) {
  PairwiseAccuracy out;
  if (const char* why = ungroupable(score, human, group)) {
    out.accuracy = out.calibrated = Value::none(why);
    return out;
  }
  double sum = 0;
  std::vector<Step> steps;
  for (const auto& [id, g] : by_group(score, human, group))
    if (add_group(g, sum, steps)) ++out.groups;
  if (out.groups == 0) {
    out.accuracy = out.calibrated = Value::none("no pair of items");
    return out;
  }
  const auto groups = static_cast<double>(out.groups);
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
  std::size_t i = 0;
  for (; i < steps.size() && steps[i].at == 0; ++i) sum += steps[i].change;  // exact ties hold at epsilon 0
  out.accuracy = sum / groups;
  double best = sum;
  while (i < steps.size()) {
    const double at = steps[i].at;
    for (; i < steps.size() && steps[i].at == at; ++i) sum += steps[i].change;
    if (sum > best + 1e-12 * groups) best = sum, out.epsilon = at;  // rounding of a sum is no gain
  }
  out.calibrated = best / groups;
  return out;
}

Value pairwise_accuracy_at(std::span<const double> score, std::span<const double> human,
                           std::span<const std::uint32_t> group, double epsilon) {
  if (const char* why = ungroupable(score, human, group)) return Value::none(why);
  if (!(epsilon >= 0)) return Value::none("epsilon is negative or not a number");
  double sum = 0;
  std::size_t groups = 0;
  std::vector<Step> steps;
  for (const auto& [id, g] : by_group(score, human, group))
    if (add_group(g, sum, steps)) ++groups;
  if (groups == 0) return Value::none("no pair of items");
  for (const Step& s : steps)
    if (s.at <= epsilon) sum += s.change;
  return sum / static_cast<double>(groups);
}

std::vector<ScoreLevel> share_correct_by_level(std::span<const double> score,
                                               std::span<const std::uint8_t> right) {
  if (score.size() != right.size() || !all_finite(score))
    throw Error(ErrorKind::internal, "finite scores, one per answer, are needed", "share_correct_by_level");
  std::map<double, ScoreLevel> levels;
  for (std::size_t i = 0; i < score.size(); ++i) {
    ScoreLevel& level = levels[score[i] + 0.0];
    level.score = score[i] + 0.0;
    ++level.n;
    level.right += right[i] ? 1 : 0;
  }
  std::vector<ScoreLevel> out;
  for (const auto& [at, level] : levels) out.push_back(level);
  return out;
}

bool is_monotone(std::span<const ScoreLevel> levels) {
  return std::is_sorted(levels.begin(), levels.end(), [](const ScoreLevel& a, const ScoreLevel& b) {
    return a.right * b.n < b.right * a.n;
  });
}

TrendTest cochran_armitage(std::span<const ScoreLevel> levels) {
  TrendTest out;
  double n = 0, right = 0, mean = 0;
  for (const ScoreLevel& l : levels) {
    n += static_cast<double>(l.n);
    right += static_cast<double>(l.right);
    mean += static_cast<double>(l.n) * l.score;
  }
  if (!(n > 0)) return out;
  mean /= n;
  const double share = right / n;
  double u = 0, spread = 0;
  for (const ScoreLevel& l : levels) {
    const double t = l.score - mean;
    u += t * (static_cast<double>(l.right) - static_cast<double>(l.n) * share);
    spread += static_cast<double>(l.n) * t * t;
  }
  out.z = out.p_value = trend_scores(u, share * (1 - share) * spread);
  if (out.z) out.p_value = std::erfc(std::fabs(*out.z) / std::sqrt(2.0));
  return out;
}

TrendTest clustered_trend(std::span<const double> score, std::span<const std::uint8_t> right,
                          std::span<const std::uint32_t> cluster) {
  TrendTest out;
  if (score.size() != right.size() || score.size() != cluster.size() || !all_finite(score)) {
    out.z = out.p_value =
        Value::none(score.size() == right.size() && score.size() == cluster.size() ? kNotFinite : kNotPaired);
    return out;
  }
  const auto n = static_cast<double>(score.size());
  if (score.empty()) return out;
  double mean = 0, share = 0;
  for (std::size_t i = 0; i < score.size(); ++i) mean += score[i] / n, share += (right[i] ? 1 : 0) / n;
  std::map<std::uint32_t, double> totals;
  double u = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    const double one = (score[i] - mean) * ((right[i] ? 1 : 0) - share);
    totals[cluster[i]] += one;
    u += one;
  }
  out.clusters = totals.size();
  if (totals.size() < 2) {
    out.z = out.p_value = Value::none("fewer than two clusters");
    return out;
  }
  const auto groups = static_cast<double>(totals.size());
  double squares = 0, largest = 0;
  for (const auto& [id, total] : totals)
    squares += total * total, largest = std::max(largest, std::fabs(total));
  const bool rounding = largest <= 1e-13 * n * std::max(1.0, std::fabs(mean));  // nothing but rounding varies
  out.z = out.p_value = trend_scores(u, rounding ? 0 : squares * groups / (groups - 1));
  if (out.z) out.p_value = statistics::t_two_sided_p(*out.z, groups - 1);
  return out;
}

}  // namespace undertone::metrics
