// A judge against human ratings: how far off, how alike, and means on the human scale.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/analysis/samples.h"
#include "metrics/correlation.h"
#include "metrics/evaluation_table.h"
#include "metrics/rank_correlation.h"
#include "metrics/statistics/correlation_tests.h"
#include "metrics/statistics/prediction_powered.h"

namespace undertone::analysis {
namespace {

constexpr std::size_t kMostGroups = 200;
constexpr std::size_t kMostKendall = 5'000'000;  // answers ranked, over all units left out: seconds

// Rows with a verdict and a human rating, of all systems.
struct Rated {
  std::vector<double> score, human;
  std::vector<std::uint32_t> group;  // unit, or groups of units where there are many
  std::size_t groups = 0, units = 0;
};

Rated rated_rows(const Scores& scores, std::size_t judge) {
  Rated out;
  std::vector<std::uint32_t> number(scores.units, ~std::uint32_t{0});
  for (std::size_t k = 0; k < scores.systems.size(); ++k)
    for (const ScoreRow& r : scores.of(judge, k)) {
      if (!r.score || !r.human) continue;
      std::uint32_t& n = number[scores.item_unit[r.item]];
      if (n == ~std::uint32_t{0}) n = static_cast<std::uint32_t>(out.units++);
      out.score.push_back(*r.score);
      out.human.push_back(*r.human);
      out.group.push_back(n);
    }
  out.groups = std::min(out.units, kMostGroups);
  for (auto& g : out.group) g = static_cast<std::uint32_t>(g % std::max<std::size_t>(1, out.groups));
  return out;
}

// A correlation without each group in turn.
template <class Correlation>
std::vector<std::optional<double>> left_out(const Rated& rated, const Correlation& correlation) {
  std::vector<std::optional<double>> out;
  for (std::size_t g = 0; g < rated.groups; ++g) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < rated.score.size(); ++i)
      if (rated.group[i] != g) x.push_back(rated.score[i]), y.push_back(rated.human[i]);
    out.push_back(correlation(x, y));
  }
  return out;
}

Estimate correlation_estimate(const Estimate& described, const char* name, const Rated& rated,
                              const metrics::Value& value,
                              const std::vector<std::optional<double>>& without) {
  Estimate e = described;
  e.tag = std::string("human/") + name;
  e.unit = "1";
  e.value = value;
  if (!value) {
    metrics::add_reason(e, value.reason());
    return e;
  }
  metrics::set_interval(e, statistics::jackknife_correlation_interval(e.value, without, described.level));
  if (rated.groups < rated.units)
    e.method += fmt::format(" ({} groups of {}s left out in turn)", rated.groups, described.unit_resampled);
  return e;
}

void add_correlations(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                      JudgeAnalysis& out) {
  const Rated rated = rated_rows(scores, judge);
  Estimate e;
  e.judge = out.judge;
  e.kind = "value";
  e.level = settings.level;
  e.unit_resampled = scores.unit;
  e.units = static_cast<std::int64_t>(rated.units);
  e.n = e.scored = e.asked = static_cast<std::int64_t>(rated.score.size());
  const auto pearson = [](const auto& x, const auto& y) { return metrics::pearson(x, y); };
  out.estimates.push_back(correlation_estimate(
      e, "pearson", rated, metrics::pearson(rated.score, rated.human), left_out(rated, pearson)));
  metrics::WeightedSpearman spearman(rated.score, rated.human, rated.group);
  out.estimates.push_back(
      correlation_estimate(e, "spearman", rated, metrics::spearman(rated.score, rated.human),
                           statistics::leave_one_out(
                               rated.groups, [&](std::span<const std::uint16_t> c) { return spearman(c); })));
  const metrics::Value tau = metrics::kendall_tau_b(rated.score, rated.human);
  if (rated.groups * rated.score.size() <= kMostKendall) {
    const auto kendall = [](const auto& x, const auto& y) { return metrics::kendall_tau_b(x, y); };
    out.estimates.push_back(correlation_estimate(e, "kendall_b", rated, tau, left_out(rated, kendall)));
  } else {
    Estimate k = e;
    k.tag = "human/kendall_b";
    k.unit = "1";
    k.value = tau;
    metrics::add_reason(k, "too many rated answers for an interval by leaving units out");
    out.estimates.push_back(std::move(k));
  }
  // Of the systems' means over the rated rows: with few systems it means little.
  std::vector<double> x, y;
  for (std::size_t k = 0; k < scores.systems.size(); ++k) {
    double a = 0, b = 0, n = 0;
    for (const ScoreRow& r : scores.of(judge, k))
      if (r.score && r.human) a += *r.score, b += *r.human, n += 1;
    if (n > 0) x.push_back(a / n), y.push_back(b / n);
  }
  if (x.size() < 2) return;
  Estimate by_system = e;
  by_system.tag = "human/pearson/by_system";
  by_system.unit = "1";
  by_system.unit_resampled = "system";
  by_system.units = by_system.n = static_cast<std::int64_t>(x.size());
  const metrics::Value v = metrics::pearson(x, y);
  by_system.value = v;
  metrics::add_reason(by_system, v ? fmt::format("{} systems: {}", x.size(),
                                                 x.size() < 10 ? "it means little" : "no interval is given")
                                   : v.reason());
  out.estimates.push_back(std::move(by_system));
}

std::vector<statistics::RatedItem> rated_items(const Scores& scores, std::span<const ScoreRow> rows) {
  std::vector<statistics::RatedItem> out;
  for (const ScoreRow& r : rows)
    if (r.score) out.push_back({*r.score, r.human, r.inclusion, scores.item_unit[r.item]});
  return out;
}

// Both systems' rows with the same item and seed, subtracted, where humans rated both of a pair or neither.
std::optional<std::vector<statistics::RatedItem>> subtracted(const Scores& scores,
                                                             std::span<const ScoreRow> a,
                                                             std::span<const ScoreRow> b) {
  std::vector<statistics::RatedItem> out;
  if (a.size() != b.size()) return std::nullopt;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].item != b[i].item || a[i].seed != b[i].seed ||
        a[i].human.has_value() != b[i].human.has_value() || a[i].inclusion != b[i].inclusion ||
        a[i].score.has_value() != b[i].score.has_value())
      return std::nullopt;
    if (!a[i].score) continue;
    out.push_back({*a[i].score - *b[i].score,
                   a[i].human ? std::optional(*a[i].human - *b[i].human) : std::nullopt, a[i].inclusion,
                   scores.item_unit[a[i].item]});
  }
  return out;
}

// The two estimates of a prediction-powered result: with the judge's help, and from the ratings alone.
void add_powered(Estimate described, const statistics::PredictionPowered& p, std::int64_t rated,
                 std::int64_t verdicts, const std::string& what, JudgeAnalysis& out) {
  described.unit = "";
  described.n = rated;
  described.asked = described.scored = verdicts;
  described.worst = described.best = std::nullopt;
  Estimate powered = described, alone = described;
  powered.tag = "human_scale/" + what;
  powered.value = p.value;
  metrics::set_interval(powered, p.interval);
  if (p.tuning) powered.method += fmt::format(", tuning {:.3f}", *p.tuning);
  alone.tag = "human_only/" + what;
  alone.value = p.human_only;
  metrics::set_interval(alone, p.human_only_interval);
  out.estimates.push_back(std::move(powered));
  out.estimates.push_back(std::move(alone));
}

std::int64_t count_rated(std::span<const statistics::RatedItem> items) {
  return std::count_if(items.begin(), items.end(), [](const auto& i) { return i.human.has_value(); });
}

}  // namespace

void add_human(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
               JudgeAnalysis& out) {
  if (!scores.has_human) return;
  if (rated_count(scores, judge) == 0) return;
  add_correlations(scores, settings, judge, out);
  std::vector<std::vector<statistics::RatedItem>> items;
  for (std::size_t k = 0; k < scores.systems.size(); ++k) {
    const auto rows = scores.of(judge, k);
    items.push_back(rated_items(scores, rows));
    if (rows.empty()) continue;
    // How far the judge is off: over rows that a human rated too.
    const Sample off = sample_of(scores, rows, [](const ScoreRow& r) {
      return r.score && r.human ? std::optional(*r.score - *r.human) : std::nullopt;
    });
    if (!off.observations.empty()) {
      Estimate e = describe(scores, settings, out.judge, off, "minus_human", scores.systems[k], "human");
      e.asked = e.scored;
      const Estimated bias = estimate(scores, off, e);
      out.estimates.insert(out.estimates.end(), bias.estimates.begin(), bias.estimates.end());
    }
    const Sample all = sample_of(scores, rows, [](const ScoreRow& r) { return r.score; });
    add_powered(describe(scores, settings, out.judge, all, "", scores.systems[k]),
                statistics::prediction_powered_mean(items[k], scores.units, settings.level),
                count_rated(items[k]), static_cast<std::int64_t>(items[k].size()), "mean", out);
  }
  for (const auto& [a, b] : pairs_of(scores, settings)) {
    const auto first = scores.of(judge, a), second = scores.of(judge, b);
    if (count_rated(items[a]) == 0 || count_rated(items[b]) == 0) continue;
    const Sample all = paired(scores, first, second).difference;
    const Estimate e = describe(scores, settings, out.judge, all, "", scores.systems[a], scores.systems[b]);
    const auto both_rated = subtracted(scores, first, second);
    const auto p = both_rated ? statistics::prediction_powered_mean(*both_rated, scores.units, settings.level)
                              : statistics::prediction_powered_difference(items[a], items[b], scores.units,
                                                                          settings.level);
    add_powered(
        e, p, both_rated ? count_rated(*both_rated) : count_rated(items[a]) + count_rated(items[b]),
        static_cast<std::int64_t>(both_rated ? both_rated->size() : items[a].size() + items[b].size()),
        "difference", out);
  }
}

}  // namespace undertone::analysis
