#include "tests/simulation/procedures.h"

#include <cmath>
#include <string>

#include "metrics/classification_bootstrap.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation_bootstrap.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/correlation_tests.h"
#include "metrics/statistics/fast_sums.h"
#include "metrics/statistics/paired_tests.h"
#include "metrics/statistics/prediction_powered.h"
#include "metrics/statistics/ratio_interval.h"

namespace undertone::simulation {
namespace {

using statistics::BootstrapMethod;
using statistics::Draws;
using statistics::Interval;
using statistics::Observation;

constexpr double kLevel = 0.95, kAlpha = 0.05, kShift = 0.3;

Hit holds(const Interval& interval, double truth) {
  if (!interval.low || !interval.high) return {};
  return {*interval.low <= truth && truth <= *interval.high, *interval.high - *interval.low};
}
Hit holds(const std::optional<Interval>& interval, double truth) {
  return interval ? holds(*interval, truth) : Hit{};
}
Hit rejects(std::optional<double> p) { return p ? Hit{*p <= kAlpha, 0} : Hit{}; }

statistics::Design design_of(const Cell& c) {
  return {static_cast<std::uint32_t>(c.seeds), 1, static_cast<std::uint32_t>(c.clips)};
}
std::vector<Observation> observations(const Cell& c, const std::vector<double>& values) {
  std::vector<Observation> out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.push_back({static_cast<std::uint32_t>(i / c.items()), 0,
                   static_cast<std::uint32_t>(i % c.items() / c.questions), 0, values[i], 1});
  return out;
}
std::vector<double> differences(const TwoSystems& t) {
  std::vector<double> out;
  for (std::size_t i = 0; i < t.first.ratings.size(); ++i)
    out.push_back(t.second.ratings[i] - t.first.ratings[i]);
  return out;
}
Draws fresh_draws(const Cell& c, Stream& random, int resamples) {
  return Draws("simulation/" + std::to_string(random.next_u64()), resamples, c.clips);
}

std::vector<Hit> mean(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, kShift, random);
  const auto r = statistics::ratio_estimate(observations(c, t.second.ratings), design_of(c), kLevel);
  return {holds(r.new_seeds, t.second.population), holds(r.these_seeds, t.second.these_seeds)};
}

std::vector<Hit> difference(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, kShift, random);
  const auto r = statistics::ratio_estimate(observations(c, differences(t)), design_of(c), kLevel);
  return {holds(r.new_seeds, t.second.population - t.first.population),
          holds(r.these_seeds, t.second.these_seeds - t.first.these_seeds)};
}

std::vector<Hit> gain(const Cell& c, Stream& random, int resamples) {
  const TwoSystems t = two_systems(c, kShift, random);
  std::vector<double> sums(2 * c.clips);
  for (std::size_t i = 0; i < t.first.ratings.size(); ++i) {
    const std::size_t clip = i % c.items() / c.questions;
    sums[2 * clip] += t.second.ratings[i];
    sums[2 * clip + 1] += t.first.ratings[i];
  }
  const double truth = t.second.these_seeds / t.first.these_seeds;
  const auto boot =
      statistics::ratio_intervals(BootstrapMethod::percentile, fresh_draws(c, random, resamples),
                                  statistics::ClusterMatrix(sums, 2), kLevel);
  statistics::Design one = design_of(c);
  one.seeds = 1;  // seeds held: a cluster's sum over them is what is drawn
  const auto side = [&](std::size_t column) {
    std::vector<Observation> all;
    for (std::size_t g = 0; g < c.clips; ++g)
      all.push_back({0, 0, static_cast<std::uint32_t>(g), 0, sums[2 * g + column],
                     static_cast<double>(c.questions * c.seeds)});
    return statistics::linearise(statistics::cell_sums(all, one));
  };
  const auto top = side(0), bottom = side(1);
  return {holds(boot.front(), truth),
          holds(statistics::fieller_interval(
                    statistics::two_estimates(*top.value, top.influence, *bottom.value, bottom.influence),
                    kLevel),
                truth)};
}

std::vector<Hit> spearman(const Cell& c, Stream& random, int resamples) {
  static const double truth = population_spearman(0.6);
  const RatedTwice r = rated_twice(c, 0.6, random);
  metrics::WeightedSpearman of(r.x, r.y, r.clip);
  const auto statistic = [&](std::span<const std::uint16_t> counts) { return of(counts); };
  const metrics::Value value = metrics::spearman(r.x, r.y);
  return {holds(statistics::bootstrap_interval(BootstrapMethod::percentile, fresh_draws(c, random, resamples),
                                               statistic, value, kLevel),
                truth),
          holds(statistics::jackknife_correlation_interval(
                    value, statistics::leave_one_out(c.clips, statistic), kLevel),
                truth)};
}

std::vector<Hit> macro_f1(const Cell& c, Stream& random, int resamples) {
  static const double truth = population_macro_f1();
  const Labelled l = labelled(c, random);
  const auto draws = metrics::clustered_averaged_draws(
      l.gold, l.answered, l.clip, kClasses, metrics::Unmapped::wrong, fresh_draws(c, random, resamples));
  const metrics::Value value = metrics::macro_f1(metrics::confusion_of(l.gold, l.answered, kClasses));
  return {holds(statistics::percentile_interval(draws.macro_f1, kLevel), truth),
          holds(statistics::bootstrap_interval(BootstrapMethod::basic, draws.macro_f1, value, {}, kLevel),
                truth)};
}

// Humans rate three clips in ten, drawn at random; the judge sees every item, half a point too kindly.
std::vector<Hit> prediction_powered(const Cell& c, Stream& random, int) {
  const RatedTwice r = rated_twice(c, 0.8, random);
  std::vector<std::uint32_t> order;
  for (std::size_t g = 0; g < c.clips; ++g) order.push_back(static_cast<std::uint32_t>(g));
  random.shuffle(order);
  const std::size_t rated = 3 * c.clips / 10;
  std::vector<bool> by_human(c.clips);
  for (std::size_t k = 0; k < rated; ++k) by_human[order[k]] = true;
  std::vector<statistics::RatedItem> items;
  for (std::size_t i = 0; i < r.x.size(); ++i) {
    items.push_back({std::min(5.0, r.y[i] + 0.5), std::nullopt,
                     static_cast<double>(rated) / static_cast<double>(c.clips), r.clip[i]});
    if (by_human[r.clip[i]]) items.back().human = r.x[i];
  }
  const auto p = statistics::prediction_powered_mean(items, c.clips, kLevel);
  const double truth = expected_rating(0, 1);
  return {holds(p.interval, truth), holds(p.human_only_interval, truth)};
}

std::vector<Hit> sign_flips(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, 0, random);
  const auto sums = statistics::cell_sums(observations(c, differences(t)), design_of(c));
  return {rejects(statistics::sign_flip_test(statistics::cluster_contributions(sums),
                                             "simulation/" + std::to_string(random.next_u64()), 999)
                      .p_value)};
}

std::vector<Hit> signed_ranks(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, 0, random);
  std::vector<std::uint32_t> clip;
  for (std::size_t i = 0; i < c.items(); ++i) clip.push_back(static_cast<std::uint32_t>(i / c.questions));
  const auto r = statistics::clustered_signed_ranks(differences(t), clip, c.clips,
                                                    "simulation/" + std::to_string(random.next_u64()), 999);
  return {rejects(r.flips.p_value), rejects(r.normal.p_value)};
}

// Right is a rating of 3 and more.
std::vector<Hit> mcnemar(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, 0, random);
  std::vector<double> d(c.clips);
  std::int64_t first = 0, second = 0;
  for (std::size_t i = 0; i < c.items(); ++i) {
    const bool a = t.first.ratings[i] >= 3, b = t.second.ratings[i] >= 3;
    d[i / c.questions] += a - b;
    first += a && !b, second += b && !a;
  }
  return {rejects(statistics::mcnemar_clustered(d).p_value),
          rejects(statistics::mcnemar_exact(first, second).p_value)};
}

// The true difference stands at the margin.
std::vector<Hit> equivalence(const Cell& c, Stream& random, int) {
  const TwoSystems t = two_systems(c, kShift, random);
  const auto r = statistics::ratio_estimate(observations(c, differences(t)), design_of(c), kLevel);
  const double margin = t.second.population - t.first.population;
  if (!r.new_seeds || !r.new_seeds->standard_error) return {Hit{}};
  return {rejects(statistics::two_one_sided_tests(*r.value, *r.new_seeds->standard_error, *r.new_seeds->df,
                                                  -margin, margin, kAlpha)
                      .p_value)};
}

// Two metrics that follow the human equally well.
std::vector<Hit> swaps(const Cell& c, Stream& random, int) {
  Cell two = c;
  two.seeds = 1;
  const TwoSystems metrics = two_systems(two, 0, random);
  std::vector<double> human;
  std::vector<std::uint32_t> clip;
  for (std::size_t i = 0; i < c.items(); ++i) {
    human.push_back((metrics.first.ratings[i] + metrics.second.ratings[i]) / 2 + random.normal());
    clip.push_back(static_cast<std::uint32_t>(i / c.questions));
  }
  return {rejects(statistics::perm_both(metrics.first.ratings, metrics.second.ratings, human, clip, c.clips,
                                        "simulation/" + std::to_string(random.next_u64()), 199)
                      .p_value)};
}

}  // namespace

const std::vector<Procedure>& procedures() {
  static const std::vector<Procedure> all = {
      {"mean", {"crossed seeds t, new seeds", "clustered t, these seeds"}, true, false, 480, mean},
      {"paired difference",
       {"crossed seeds t, new seeds", "clustered t, these seeds"},
       true,
       false,
       480,
       difference},
      {"relative gain, these seeds", {"percentile", "Fieller"}, true, false, 480, gain},
      {"Spearman", {"percentile", "cluster jackknife, Fisher z, t"}, false, false, 480, spearman},
      {"macro-F1", {"percentile", "basic"}, false, false, 480, macro_f1},
      {"mean by PPI++", {"clustered t", "human ratings alone"}, false, false, 480, prediction_powered},
      {"paired difference", {"sign flips"}, true, true, 480, sign_flips},
      {"signed ranks", {"sign flips", "normal"}, false, true, 480, signed_ranks},
      {"right or wrong",
       {"McNemar, clustered", "McNemar, exact (independent items)"},
       false,
       true,
       480,
       mcnemar},
      {"equivalence at the margin", {"two one-sided t, new seeds"}, true, true, 480, equivalence},
      {"two metrics against a human", {"PERM-BOTH"}, false, true, 60, swaps},
  };
  return all;
}

}  // namespace undertone::simulation
