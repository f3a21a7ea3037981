// What a judge's scores follow besides quality.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/analysis/samples.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/multiplicity.h"
#include "metrics/statistics/parallel.h"

namespace undertone::analysis {
namespace {

struct Data {
  std::vector<double> score, covariate, human;
  std::vector<std::uint32_t> item, system, unit;
};

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return v.empty() ? 0 : sum / static_cast<double>(v.size());
}

void centre(std::vector<double>& v) {
  const double mean = mean_of(v);
  for (double& x : v) x -= mean;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Takes the groups' means out. Twice over crossed groups until nothing is left to take: exact at once where
// every item has every system.
void take_out(std::vector<double>& v, const std::vector<std::uint32_t>& group, std::size_t groups) {
  std::vector<double> sum(groups, 0.0), n(groups, 0.0);
  for (std::size_t i = 0; i < v.size(); ++i) sum[group[i]] += v[i], n[group[i]] += 1;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] -= sum[group[i]] / n[group[i]];
}
void take_out_both(std::vector<double>& v, const Data& d, const Scores& scores) {
  const double before = dot(v, v);
  for (int round = 0; round < 50; ++round) {
    const double was = dot(v, v);
    take_out(v, d.item, scores.items.size());
    take_out(v, d.system, scores.systems.size());
    if (std::fabs(was - dot(v, v)) <= 1e-12 * before) break;
  }
}

// Slope of y on x, both already without what else explains them, per `deviation` of the covariate.
void set_slope(Favour& f, const std::vector<double>& x, const std::vector<double>& y,
               const std::vector<std::uint32_t>& unit, std::size_t units, double before, double level) {
  const double xx = dot(x, x);
  if (!(xx > 1e-20 * std::max(1e-300, before))) {
    f.reason = "the covariate does not vary beyond what is held equal";
    return;
  }
  const double slope = dot(x, y) / xx;
  std::vector<double> influence(units, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) influence[unit[i]] += x[i] * (y[i] - slope * x[i]) / xx;
  const auto G = static_cast<double>(f.units);
  const double error = G > 1 ? std::sqrt(dot(influence, influence) * G / (G - 1)) : 0;
  const auto interval =
      statistics::t_interval(slope * *f.deviation, error * *f.deviation, G - 1, level, "cluster-robust t");
  f.slope = slope * *f.deviation;
  f.low = interval.low;
  f.high = interval.high;
  f.reason = interval.reason;
  if (interval.low) f.p_value = statistics::t_two_sided_p(slope / error, G - 1);
}

Favour favour_of(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                 const Scores::Covariate& covariate, bool with_human) {
  Favour f;
  f.covariate = covariate.name;
  Data d;
  std::vector<char> seen(scores.units, 0);
  for (std::size_t k = 0; k < scores.systems.size(); ++k)
    for (const ScoreRow& r : scores.of(judge, k)) {
      const auto& x = covariate.value[r.row];
      if (!r.score || !x || (with_human && !r.human)) continue;
      d.score.push_back(*r.score);
      d.covariate.push_back(*x);
      if (with_human) d.human.push_back(*r.human);
      d.item.push_back(r.item);
      d.system.push_back(r.system);
      d.unit.push_back(scores.item_unit[r.item]);
      f.units += !seen[d.unit.back()];
      seen[d.unit.back()] = 1;
    }
  f.n = static_cast<std::int64_t>(d.score.size());
  f.method = with_human ? "slope at an equal human rating"
                        : "slope among answers to the same item, systems' means taken out";
  if (f.n < 4) {
    f.reason = "fewer than four answers have it";
    return f;
  }
  std::vector<double> x = d.covariate, y = d.score;
  centre(x);
  centre(y);
  const double before = dot(x, x);
  f.deviation = std::sqrt(before / static_cast<double>(f.n - 1));
  if (with_human) {
    std::vector<double> h = d.human;
    centre(h);
    const double hh = dot(h, h);
    if (hh > 0) {
      const double bx = dot(x, h) / hh, by = dot(y, h) / hh;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] -= bx * h[i], y[i] -= by * h[i];
    }
  } else if (!scores.items_are_rows && (scores.systems.size() > 1 || scores.seeds.size() > 1)) {
    take_out_both(x, d, scores);
    take_out_both(y, d, scores);
  } else {
    f.method = "slope over items: without human ratings better answers may have more of it";
  }
  set_slope(f, x, y, d.unit, scores.units, before, settings.level);
  return f;
}

}  // namespace

void add_favours(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                 JudgeAnalysis& out) {
  const bool with_human = rated_count(scores, judge) >= kFewestRated;
  out.favours.resize(scores.covariates.size());
  statistics::parallel_for(scores.covariates.size(), settings.threads, [&](std::size_t c) {
    out.favours[c] = favour_of(scores, settings, judge, scores.covariates[c], with_human);
  });
  std::vector<double> p;
  for (const Favour& f : out.favours)
    if (f.p_value) p.push_back(*f.p_value);
  const auto adjusted = statistics::holm(p);
  std::size_t at = 0;
  for (Favour& f : out.favours)
    if (f.p_value) f.p_adjusted = adjusted[at++];
}

}  // namespace undertone::analysis
