// Means of the systems and paired differences between them.
#include <fmt/format.h>

#include <algorithm>

#include "metrics/analysis/samples.h"
#include "metrics/evaluation_table.h"
#include "metrics/statistics/parallel.h"

namespace undertone::analysis {
namespace {

void cut(Estimate& e, double low, double high) {
  if (e.low) e.low = std::max(*e.low, low);
  if (e.high) e.high = std::min(*e.high, high);
}

// Intraclass correlation within units, and what it costs, of items' means over seeds.
void add_cluster_effect(const Scores& scores, const AnalysisSettings& settings, const std::string& judge,
                        std::span<const ScoreRow> rows, const Sample& sample, std::vector<Estimate>& out) {
  std::vector<double> values;
  std::vector<std::uint32_t> unit, dense(scores.units, 0);
  for (std::size_t g = 0; g < sample.units.size(); ++g)
    dense[sample.units[g]] = static_cast<std::uint32_t>(g);
  for (std::size_t i = 0, j = 0; i < rows.size(); i = j) {
    double sum = 0, n = 0;
    for (j = i; j < rows.size() && rows[j].item == rows[i].item; ++j)
      if (rows[j].score) sum += *rows[j].score, n += 1;
    if (n == 0) continue;
    values.push_back(sum / n);
    unit.push_back(dense[scores.item_unit[rows[i].item]]);
  }
  const auto effect = statistics::cluster_effect(values, unit, sample.units.size());
  for (const char* tag : {"icc", "deff"}) {
    Estimate e = describe(scores, settings, judge, sample, tag, scores.systems[rows.front().system]);
    e.unit = "1";
    e.n = static_cast<std::int64_t>(values.size());
    e.value = tag == std::string("icc") ? effect.intraclass_correlation : effect.design_effect;
    metrics::add_reason(e, effect.reason);
    out.push_back(std::move(e));
  }
}

}  // namespace

std::vector<Estimated> add_means(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                                 JudgeAnalysis& out) {
  std::vector<std::size_t> systems;
  for (std::size_t k = 0; k < scores.systems.size(); ++k)
    if (!scores.of(judge, k).empty()) systems.push_back(k);
  std::vector<Estimated> family(systems.size());
  std::vector<std::vector<Estimate>> effects(systems.size());
  statistics::parallel_for(systems.size(), settings.threads, [&](std::size_t i) {
    const auto rows = scores.of(judge, systems[i]);
    Sample sample = sample_of(scores, rows, [](const ScoreRow& r) { return r.score; });
    if (scores.scale) {
      sample.bounded = true;
      for (const ScoreRow& r : rows) {
        sample.worst_sum += r.weight * r.score.value_or(scores.scale->low);
        sample.best_sum += r.weight * r.score.value_or(scores.scale->high);
        sample.asked_weight += r.weight;
      }
    }
    family[i] = estimate(scores, sample,
                         describe(scores, settings, out.judge, sample, "mean", scores.systems[systems[i]]));
    if (scores.unit != "item") add_cluster_effect(scores, settings, out.judge, rows, sample, effects[i]);
  });
  const std::size_t first = out.estimates.size();
  for (const Estimated& f : family)
    out.estimates.insert(out.estimates.end(), f.estimates.begin(), f.estimates.end());
  add_simultaneous(settings, stream_of(settings, out.judge + "/means"), family, nullptr, out.estimates);
  if (scores.scale)
    for (std::size_t i = first; i < out.estimates.size(); ++i)
      cut(out.estimates[i], scores.scale->low, scores.scale->high);
  for (auto& e : effects) out.estimates.insert(out.estimates.end(), e.begin(), e.end());
  return family;
}

void add_differences(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
                     JudgeAnalysis& out) {
  const auto pairs = pairs_of(scores, settings);
  std::vector<Estimated> every(pairs.size());
  statistics::parallel_for(pairs.size(), settings.threads, [&](std::size_t p) {
    const auto [a, b] = pairs[p];
    const auto first = scores.of(judge, a), second = scores.of(judge, b);
    if (first.empty() || second.empty()) return;
    const Pairing pairing = paired(scores, first, second);
    Estimate e = describe(scores, settings, out.judge, pairing.difference, "difference", scores.systems[a],
                          scores.systems[b]);
    if (pairing.difference.asked == 0)
      metrics::add_reason(e, "the two share no item: nothing is paired");
    else if (pairing.unpaired > 0)
      metrics::add_reason(e, fmt::format("{} rows of '{}' have no counterpart in '{}' and are left out",
                                         pairing.unpaired, scores.systems[a], scores.systems[b]));
    if (!pairing.by_seed && scores.has_seeds)
      metrics::add_reason(e, "seeds differ: paired by item with the baseline's mean over its seeds");
    every[p] = estimate(scores, pairing.difference, e);
  });
  std::vector<Estimated> family;
  for (Estimated& e : every)
    if (!e.estimates.empty()) family.push_back(std::move(e));
  // Every pair's own p-value comes from the same patterns as the adjusted ones.
  std::vector<std::vector<double>> contributions;
  for (const Estimated& f : family) contributions.push_back(f.contribution);
  const auto test =
      statistics::max_t(contributions, settings.level, stream_of(settings, out.judge + "/differences"),
                        settings.resamples, settings.threads);
  for (std::size_t k = 0; k < family.size(); ++k) {
    Estimate& e = family[k].estimates.front();
    e.p_value = test.single[k];
    if (e.p_value) {
      e.method += fmt::format("; sign flips of {}s, {}{} patterns", e.unit_resampled,
                              test.exact ? "all " : "", test.permutations);
      if (e.seeds > 1) e.method += " (these seeds)";
    }
  }
  for (const Estimated& f : family)
    out.estimates.insert(out.estimates.end(), f.estimates.begin(), f.estimates.end());
  add_simultaneous(settings, stream_of(settings, out.judge + "/differences"), family, &test, out.estimates);
}

}  // namespace undertone::analysis
