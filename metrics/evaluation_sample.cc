#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/evaluation_table.h"

namespace undertone::metrics {

Sample::Count& Sample::count(const Item& item, std::uint32_t stratum) {
  if (counts_.size() <= stratum) counts_.resize(stratum + 1);
  if (!item.row->clip)
    without_clip = true;
  else if (item.row->clip->unit != "" && item.row->clip->unit != item.row->clip->id)
    units_are_clips = false;
  return counts_[stratum];
}

void Sample::scored(const Item& item, std::uint32_t stratum, double numerator, double denominator) {
  observations.push_back({item.seed, stratum, item.unit, item.clip, numerator, denominator});
  Count& c = count(item, stratum);
  c.second += 1;
  c.sum += numerator;
}

void Sample::finish(const Group& group) {
  for (const Count& c : counts_) asked_count += c.first;
  auto dense = [&](auto member, std::uint32_t& size) {
    std::vector<std::uint32_t> present;
    for (const auto& o : observations) present.push_back(o.*member);
    std::sort(present.begin(), present.end());
    present.erase(std::unique(present.begin(), present.end()), present.end());
    for (auto& o : observations)
      o.*member = static_cast<std::uint32_t>(std::lower_bound(present.begin(), present.end(), o.*member) -
                                             present.begin());
    size = static_cast<std::uint32_t>(present.size());
    return present;
  };
  const auto seeds = dense(&statistics::Observation::seed, design.seeds);
  dense(&statistics::Observation::stratum, design.strata);
  units = dense(&statistics::Observation::cluster, design.clusters);
  if (!observations.empty() && seeds.size() < group.seeds.size())
    note = fmt::format("{} of {} seeds have no scored item", group.seeds.size() - seeds.size(),
                       group.seeds.size());
}

std::optional<statistics::Bounds> Sample::bounds(double low, double high) const {
  statistics::Bounds mean{0, 0};
  double strata = 0;
  for (const Count& c : counts_) {
    const auto b = statistics::missing_bounds(c.sum, c.second, c.first, low, high);
    if (!b) continue;
    mean.worst += b->worst;
    mean.best += b->best;
    strata += 1;
  }
  if (strata == 0) return std::nullopt;
  return statistics::Bounds{mean.worst / strata, mean.best / strata};
}

void add_reason(Estimate& e, const std::string& reason) {
  if (reason.empty()) return;
  e.reason += (e.reason.empty() ? "" : "; ") + reason;
}

Estimate describe(const Table& table, const Sample& sample, std::string tag, const std::string& system,
                  const std::string& condition) {
  Estimate e;
  e.tag = std::move(tag);
  e.system = system;
  e.test_condition = condition;
  e.kind = "value";
  e.level = table.settings->level;
  e.unit_resampled = sample.without_clip      ? "question"
                     : sample.units_are_clips ? "clip"
                                              : table.settings->unit_resampled;
  e.units = static_cast<std::int64_t>(sample.units.size());
  e.n = e.scored = static_cast<std::int64_t>(sample.observations.size());
  e.asked = sample.asked_count;
  e.seeds = static_cast<int>(std::max<std::uint32_t>(1, sample.design.seeds));
  add_reason(e, sample.note);
  if (sample.without_clip) add_reason(e, "no clip is known: each question counts as its own unit");
  if (e.units > 0 && e.units < 20)
    add_reason(
        e, e.unit_resampled.find(' ') == std::string::npos
               ? fmt::format("conditional on these {} {}s: fewer than 20", e.units, e.unit_resampled)
               : fmt::format("conditional on these {} units ({}): fewer than 20", e.units, e.unit_resampled));
  return e;
}

void set_interval(Estimate& e, const statistics::Interval& interval) {
  e.low = interval.low;
  e.high = interval.high;
  e.level = interval.level;
  e.method = interval.method;
  if (interval.resamples > 0) {
    e.method += fmt::format(", B = {}", interval.resamples);
    if (interval.monte_carlo_error_low)
      e.method += fmt::format(", Monte-Carlo error of the ends {:.2g} and {:.2g}",
                              *interval.monte_carlo_error_low, *interval.monte_carlo_error_high);
  }
  add_reason(e, interval.reason);
}

namespace {
void cut(Estimate& e, Range range) {
  if (e.low) e.low = std::max(*e.low, range.low);
  if (e.high) e.high = std::min(*e.high, range.high);
}
}  // namespace

std::optional<Estimate> if_independent(const Table& table, const Sample& sample, const Estimate& described,
                                       Range range) {
  if (sample.observations.size() <= sample.units.size()) return std::nullopt;
  std::vector<statistics::Observation> each = sample.observations;
  for (std::uint32_t i = 0; i < each.size(); ++i) each[i].seed = 0, each[i].cluster = i;
  const statistics::Design design{1, sample.design.strata, static_cast<std::uint32_t>(each.size())};
  const auto r = statistics::ratio_estimate(each, design, table.settings->level);
  if (!r.value) return std::nullopt;
  Estimate e = described;
  e.tag += "/if_independent";
  e.value = r.value;
  e.units = static_cast<std::int64_t>(each.size());
  e.unit_resampled = "answer";
  e.exploratory = true;
  e.worst = e.best = std::nullopt;
  e.reason = "as if every answer were an independent draw: for comparison only, no claim rests on it";
  set_interval(e, r.these_seeds);
  e.method = "t, every answer as independent";
  cut(e, range);
  return e;
}

std::vector<Estimate> mean_estimates(const Table& table, const Sample& sample, const Estimate& described,
                                     Range range, bool conditional) {
  const auto r = statistics::ratio_estimate(sample.observations, sample.design, table.settings->level);
  std::vector<Estimate> out;
  Estimate e = described;
  e.value = r.value;
  if (r.dropped_strata > 0)
    add_reason(e, fmt::format("{} strata have no score under some seed and are left out", r.dropped_strata));
  Estimate other = e;
  set_interval(e, r.new_seeds ? *r.new_seeds : r.these_seeds);
  cut(e, range);
  out.push_back(e);
  if (r.new_seeds) {
    other.tag = described.tag + "/these_seeds";
    set_interval(other, r.these_seeds);
    cut(other, range);
    out.push_back(other);
  }
  if (conditional && r.value && described.units < 20 && !sample.without_clip && !sample.units_are_clips) {
    Estimate fixed = described;
    fixed.tag += "/these_units";
    fixed.value = r.value;
    set_interval(fixed,
                 statistics::conditional_interval(sample.observations, sample.design, table.settings->level));
    cut(fixed, range);
    out.push_back(fixed);
  }
  return out;
}

}  // namespace undertone::metrics
