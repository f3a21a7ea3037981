#include "metrics/analysis/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "metrics/evaluation_table.h"
#include "metrics/statistics/distributions.h"

namespace undertone::analysis {
namespace {

constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

// Numbers those that occur, in their order.
std::vector<std::uint32_t> dense(std::vector<std::uint32_t>& number_of) {
  std::vector<std::uint32_t> present;
  for (std::size_t i = 0; i < number_of.size(); ++i)
    if (number_of[i] != kAbsent) {
      number_of[i] = static_cast<std::uint32_t>(present.size());
      present.push_back(static_cast<std::uint32_t>(i));
    }
  return present;
}

// Makes seeds and units dense; `seeds_asked`: of the rows, scored or not.
void finish(const Scores& scores, Sample& s, std::size_t seeds_asked) {
  std::vector<std::uint32_t> seed(scores.seeds.size(), kAbsent), unit(scores.units, kAbsent);
  for (const auto& o : s.observations) seed[o.seed] = unit[o.cluster] = 0;
  const auto seeds = dense(seed);
  s.units = dense(unit);
  for (auto& o : s.observations) o.seed = seed[o.seed], o.cluster = unit[o.cluster];
  s.design = {static_cast<std::uint32_t>(seeds.size()), 1, static_cast<std::uint32_t>(s.units.size())};
  if (!s.observations.empty() && seeds.size() < seeds_asked)
    s.note = fmt::format("{} of {} seeds have no scored item", seeds_asked - seeds.size(), seeds_asked);
}

std::vector<std::uint32_t> seeds_in(const Scores& scores, std::span<const ScoreRow> rows) {
  std::vector<char> there(scores.seeds.size(), 0);
  for (const ScoreRow& r : rows) there[r.seed] = 1;
  std::vector<std::uint32_t> out;
  for (std::size_t s = 0; s < there.size(); ++s)
    if (there[s]) out.push_back(static_cast<std::uint32_t>(s));
  return out;
}

}  // namespace

std::string stream_of(const AnalysisSettings& settings, const std::string& what) {
  return settings.stream + "/" + what;
}

std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const Scores& scores,
                                                          const AnalysisSettings& settings) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  const std::size_t K = scores.systems.size();
  if (scores.items_are_rows) return out;
  if (!settings.baseline.empty()) {
    const auto at = std::find(scores.systems.begin(), scores.systems.end(), settings.baseline);
    for (std::size_t k = 0; k < K; ++k)
      if (scores.systems[k] != settings.baseline) out.emplace_back(k, at - scores.systems.begin());
  } else if (K <= kMostSystems) {
    for (std::size_t a = 0; a < K; ++a)
      for (std::size_t b = a + 1; b < K; ++b) out.emplace_back(b, a);
  }
  return out;
}

Sample sample_of(const Scores& scores, std::span<const ScoreRow> rows, const RowValue& value) {
  Sample out;
  out.observations.reserve(rows.size());
  for (const ScoreRow& r : rows) {
    ++out.asked;
    const auto v = value(r);
    if (!v || r.weight == 0) continue;
    out.observations.push_back(
        {r.seed, 0, scores.item_unit[r.item], scores.item_clip[r.item], r.weight * *v, r.weight});
  }
  finish(scores, out, seeds_in(scores, rows).size());
  return out;
}

Pairing paired(const Scores& scores, std::span<const ScoreRow> first, std::span<const ScoreRow> second) {
  Pairing out;
  Sample& d = out.difference;
  const auto seeds = seeds_in(scores, first);
  out.by_seed = seeds == seeds_in(scores, second);
  const double low = scores.scale ? scores.scale->low : 0, high = scores.scale ? scores.scale->high : 0;
  d.bounded = scores.scale.has_value();
  d.observations.reserve(first.size());
  auto other = second.begin();
  for (const ScoreRow& r : first) {
    while (other != second.end() && other->item < r.item) ++other;
    double sum = 0, scored = 0;
    bool asked = false;
    for (auto s = other; s != second.end() && s->item == r.item; ++s) {
      if (out.by_seed && s->seed != r.seed) continue;
      asked = true;
      if (s->score) sum += *s->score, scored += 1;
    }
    if (!asked) {
      ++out.unpaired;
      continue;
    }
    ++d.asked;
    const std::optional<double> base = scored > 0 ? std::optional(sum / scored) : std::nullopt;
    d.worst_sum += r.weight * (r.score.value_or(low) - base.value_or(high));
    d.best_sum += r.weight * (r.score.value_or(high) - base.value_or(low));
    d.asked_weight += r.weight;
    if (!r.score || !base || r.weight == 0) continue;
    d.observations.push_back({r.seed, 0, scores.item_unit[r.item], scores.item_clip[r.item],
                              r.weight * (*r.score - *base), r.weight});
  }
  finish(scores, d, seeds.size());
  return out;
}

Estimate describe(const Scores& scores, const AnalysisSettings& settings, const std::string& judge,
                  const Sample& sample, std::string tag, const std::string& system,
                  const std::string& baseline) {
  Estimate e;
  e.tag = std::move(tag);
  e.system = system;
  e.baseline = baseline;
  e.judge = judge;
  e.kind = baseline.empty() ? "value" : "difference";
  e.level = settings.level;
  e.unit_resampled = scores.unit;
  e.units = static_cast<std::int64_t>(sample.units.size());
  e.n = e.scored = static_cast<std::int64_t>(sample.observations.size());
  e.asked = sample.asked;
  e.seeds = static_cast<int>(std::max<std::uint32_t>(1, sample.design.seeds));
  if (scores.scale) e.unit = fmt::format("{}-{}", scores.scale->low, scores.scale->high);
  metrics::add_reason(e, sample.note);
  if (e.units > 0 && e.units < 20)
    metrics::add_reason(e, fmt::format("conditional on these {} {}s: fewer than 20", e.units, scores.unit));
  if (sample.bounded && sample.asked_weight > 0) {
    e.worst = sample.worst_sum / sample.asked_weight;
    e.best = sample.best_sum / sample.asked_weight;
  }
  return e;
}

Estimated estimate(const Scores& scores, const Sample& sample, const Estimate& described) {
  Estimated out;
  const auto r = statistics::ratio_estimate(sample.observations, sample.design, described.level);
  Estimate e = described;
  e.value = r.value;
  Estimate other = e;
  out.interval = r.new_seeds ? *r.new_seeds : r.these_seeds;
  metrics::set_interval(e, out.interval);
  out.estimates.push_back(e);
  if (r.new_seeds) {
    other.tag += "/these_seeds";
    metrics::set_interval(other, r.these_seeds);
    out.estimates.push_back(other);
    if (r.variance && *r.variance->new_seeds > 0)
      out.seed_share = r.variance->seed / sample.design.seeds / *r.variance->new_seeds;
  }
  // Clips within few speakers: the interval for these very speakers.
  if (r.value && described.units < 20 && scores.unit == "speaker" && scores.has_clips) {
    Estimate fixed = described;
    fixed.tag += "/these_units";
    fixed.value = r.value;
    metrics::set_interval(
        fixed, statistics::conditional_interval(sample.observations, sample.design, described.level));
    out.estimates.push_back(fixed);
  }
  out.influence.assign(scores.units, 0.0);
  out.contribution.assign(scores.units, 0.0);
  if (!r.value) return out;
  const statistics::CellSums sums = statistics::cell_sums(sample.observations, sample.design);
  const auto linear = statistics::linearise(sums);
  const auto share = statistics::cluster_contributions(sums);
  const std::size_t G = sample.units.size();
  for (std::size_t s = 0; s < sample.design.seeds; ++s)
    for (std::size_t g = 0; g < G; ++g)
      out.influence[sample.units[g]] += linear.influence[s * G + g] / sample.design.seeds;
  for (std::size_t g = 0; g < G; ++g) out.contribution[sample.units[g]] = share[g];
  return out;
}

void add_simultaneous(const AnalysisSettings& settings, const std::string& stream,
                      const std::vector<Estimated>& family, const statistics::MaxT* test,
                      std::vector<Estimate>& out) {
  if (family.size() < 2) return;
  std::vector<std::vector<double>> influences;
  for (const Estimated& f : family) influences.push_back(f.influence);
  const auto signs =
      statistics::max_t(influences, settings.level, stream, settings.resamples, settings.threads);
  for (std::size_t k = 0; k < family.size(); ++k) {
    Estimate e = family[k].estimates.front();
    const statistics::Interval& own = family[k].interval;
    e.tag += "/simultaneous";
    e.low = e.high = std::nullopt;
    e.p_value = test ? test->p_value[k] : std::nullopt;
    if (!signs.critical) {
      metrics::add_reason(e, signs.reason);
    } else if (e.value && own.low && own.standard_error && own.df) {
      // With few units few patterns there are: never narrower than the interval of one alone.
      const double z = std::max(*signs.critical, statistics::normal_quantile(0.5 + settings.level / 2));
      const double tail = 1 - statistics::normal_cdf(z);
      const double half = statistics::t_quantile(1 - std::max(tail, 1e-12), *own.df) * *own.standard_error;
      e.low = *e.value - half;
      e.high = *e.value + half;
    }
    e.method = fmt::format("{}; simultaneous over {} by max-T, {} sign patterns of {}s{}", own.method,
                           family.size(), signs.permutations, e.unit_resampled, signs.exact ? " (all)" : "");
    out.push_back(std::move(e));
  }
}

}  // namespace undertone::analysis
