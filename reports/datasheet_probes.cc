#include "reports/datasheet_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/statistics/clustered.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

using Expects = Probe::Expects;

// Mean of values in clusters, with a clustered t interval.
class ClusteredMean {
 public:
  void add(const std::string& cluster, double value) {
    const auto next = static_cast<std::uint32_t>(clusters_.size());
    const std::uint32_t at = clusters_.try_emplace(cluster, next).first->second;
    observations_.push_back({0, 0, at, 0, value, 1});
  }
  Measured mean(double level) const {
    const auto clusters = static_cast<std::uint32_t>(clusters_.size());
    const auto e = statistics::ratio_estimate(observations_, {1, 1, clusters}, level);
    return measured(e.value, e.these_seeds, observations_.size(), clusters);
  }

 private:
  std::map<std::string, std::uint32_t> clusters_;
  std::vector<statistics::Observation> observations_;
};

ProbeRow named(const std::string& judge, const Probe& probe) {
  ProbeRow row;
  row.judge = judge;
  row.probe = probe.name;
  row.changes = probe.changes;
  row.source = probe.source;
  row.sound = to_string(probe.expects);
  return row;
}

std::string of_answers(std::int64_t n, std::int64_t of) { return fmt::format("{} of {} answers", n, of); }

// Where all clusters agree there is no interval, and nothing to be unsure about but how many they are.
struct Ends {
  double low, high;
};
std::optional<Ends> ends_of(const Measured& m) {
  if (!m.value) return std::nullopt;
  if (m.low && m.high) return Ends{*m.low, *m.high};
  if (m.clusters >= 2) return Ends{*m.value, *m.value};
  return std::nullopt;
}

std::string shifted(const ProbeRow& r) {
  return fmt::format("{} by {}", *r.shift.value > 0 ? "rises" : "falls",
                     format_number(std::fabs(*r.shift.value)));
}

std::string says_of_fall(const ProbeRow& r, const Ends& e, double range) {
  const double least = kLeastFall * range;
  if (r.down == 0) return fmt::format("exposed: none of {} falls", r.shift.n);
  if (e.low > -least)
    return fmt::format("exposed: {}, less than {} of the scale", shifted(r), format_number(kLeastFall));
  if (*r.shift.value <= -least && e.high < 0)
    return fmt::format("sound: {}, {} fall", shifted(r), of_answers(r.down, r.shift.n));
  return fmt::format("cannot tell: {} fall, but the interval allows for less than {} of the scale",
                     of_answers(r.down, r.shift.n), format_number(kLeastFall));
}

std::string says(const ProbeRow& r, Expects expects, double range) {
  if (expects == Expects::lowest) {
    if (r.scored == 0) return "cannot tell: nothing was rated";
    const auto above =
        static_cast<std::int64_t>(std::llround(*r.above_lowest->value * static_cast<double>(r.scored)));
    return above == 0 ? fmt::format("sound: none of {} gets more than the lowest", r.scored)
                      : fmt::format("exposed: {} get more than the lowest", of_answers(above, r.scored));
  }
  const auto ends = ends_of(r.shift);
  if (r.shift.n == 0)
    return expects == Expects::not_higher && r.asked > 0 && r.failures.contains("not_run")
               ? "sound: it gives no rating"
               : "cannot tell: no answer was rated both times";
  if (!ends) return "cannot tell: " + r.shift.reason;
  if (expects == Expects::lower) return says_of_fall(r, *ends, range);
  if (r.up == 0 && r.down == 0) return fmt::format("sound: none of {} moves", r.shift.n);
  const std::string moved = fmt::format("{} up, {} down of {}", r.up, r.down, r.shift.n);
  if (ends->low > 0) return fmt::format("exposed: {}, {}", shifted(r), moved);
  if (ends->high < 0)
    return fmt::format("{}: {}, {}", expects == Expects::unmoved ? "exposed" : "sound", shifted(r), moved);
  if (expects == Expects::not_higher && r.up == 0) return fmt::format("sound: none rises, {}", moved);
  return fmt::format("cannot tell: {}, on average neither way for certain", moved);
}

}  // namespace

ProbeRow probe_row(const Probe& probe, const std::string& judge, const Scale& scale,
                   std::span<const ProbedItem> items, std::int64_t eligible, double level) {
  ProbeRow row = named(judge, probe);
  row.eligible = eligible;
  row.asked = static_cast<std::int64_t>(items.size());
  ClusteredMean shift, above;
  double sum = 0;
  for (const ProbedItem& item : items) {
    const Scored* after = item.after ? std::get_if<Scored>(&*item.after) : nullptr;
    if (!after) {
      ++row.failures[item.after ? std::string(verdict_kind(*item.after)) : "not asked"];
      continue;
    }
    ++row.scored;
    sum += after->value;
    shift.add(item.cluster, after->value - item.before);
    above.add(item.cluster, after->value > scale.low() ? 1 : 0);
    row.up += after->value > item.before;
    row.down += after->value < item.before;
  }
  row.shift = shift.mean(level);
  if (probe.expects == Expects::lowest) row.above_lowest = above.mean(level);
  if (row.scored > 0) row.mean = sum / static_cast<double>(row.scored);
  row.says = says(row, probe.expects, scale.high() - scale.low());
  return row;
}

ProbeRow probe_not_run(const std::string& judge, const Probe& probe, const std::string& why) {
  ProbeRow row = named(judge, probe);
  row.shift.reason = why;
  row.says = "not run: " + why;
  return row;
}

ProbeRow self_preference(const RatingTable& t, std::size_t rater,
                         const std::map<std::string, std::vector<std::string>>& systems,
                         const std::string& primary, double level) {
  Probe probe;
  probe.name = "self-preference";
  probe.changes = "who answered: a system of the judge's own model, or another";
  probe.source = "Panickssery et al. 2024, arXiv 2404.13076";
  const Rater& judge = t.raters[rater];
  const auto shares = [&](const std::vector<std::string>& resources) {
    return std::any_of(resources.begin(), resources.end(), [&](const std::string& r) {
      return (r.starts_with("weights:") || r.starts_with("endpoint:")) &&
             std::find(judge.resources.begin(), judge.resources.end(), r) != judge.resources.end();
    });
  };
  std::map<std::string, bool> own;
  for (const auto& [system, resources] : systems) own[system] = shares(resources);
  std::set<std::string> answered;
  for (const RatedItem& item : t.items) answered.insert(item.system);
  const auto any_of = [&](bool wanted) {
    return std::any_of(answered.begin(), answered.end(), [&](const std::string& s) {
      const auto found = own.find(s);
      return (found != own.end() && found->second) == wanted;
    });
  };
  if (!any_of(true)) return probe_not_run(judge.name, probe, "no system is known to share its model");
  if (!any_of(false)) return probe_not_run(judge.name, probe, "every system shares its model");

  ItemValues yardstick = HumanRatings(t).means();
  std::string by = "people";
  if (HumanRatings(t).raters() > 0 && !on_humans_scale(t, rater))
    return probe_not_run(judge.name, probe, "people rated on another scale");
  if (HumanRatings(t).raters() == 0) {
    std::size_t other = t.raters.size();
    for (std::size_t r = 0; r < t.raters.size(); ++r)
      if (t.raters[r].name == primary && r != rater) other = r;
    if (other == t.raters.size())
      return probe_not_run(judge.name, probe,
                           "no human rated, and there is no other judge to hold it against");
    if (t.raters[other].low != judge.low || t.raters[other].high != judge.high)
      return probe_not_run(judge.name, probe,
                           fmt::format("no human rated, and '{}' judges on another scale", primary));
    yardstick = first_values(t, other);
    by = fmt::format("'{}'", primary);
  }

  const ItemValues said = first_values(t, rater);
  struct Residuals {
    std::string cluster;
    double sum[2] = {0, 0};  // of residuals: of others, of its own
    int n[2] = {0, 0};
  };
  std::map<std::string, Residuals> questions;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    if (!said[i] || !yardstick[i]) continue;
    const auto found = own.find(t.items[i].system);
    const int side = found != own.end() && found->second;
    Residuals& q = questions[t.items[i].id.substr(0, t.items[i].id.find('/'))];
    q.cluster = cluster_of(t.items[i]);
    q.sum[side] += *said[i] - *yardstick[i];
    ++q.n[side];
  }
  ProbeRow row = named(judge.name, probe);
  row.sound = "does not favour it";
  row.eligible = static_cast<std::int64_t>(questions.size());
  ClusteredMean favour;
  for (const auto& [id, q] : questions) {
    if (q.n[0] == 0 || q.n[1] == 0) continue;
    const double d = q.sum[1] / q.n[1] - q.sum[0] / q.n[0];
    favour.add(q.cluster, d);
    row.up += d > 0;
    row.down += d < 0;
  }
  row.shift = favour.mean(level);
  row.asked = row.scored = row.shift.n;
  const auto ends = ends_of(row.shift);
  const std::string against = fmt::format("its rating less that of {}, own model less others", by);
  if (!ends)
    row.says = "cannot tell: " + (row.shift.n == 0 ? "no question was answered by both" : row.shift.reason);
  else if (ends->low > 0)
    row.says = fmt::format("exposed: favours its own by {} ({})", format_number(*row.shift.value), against);
  else if (ends->high < 0 || (row.up == 0 && row.down == 0))
    row.says = fmt::format("sound: does not favour its own ({})", against);
  else
    row.says = fmt::format("cannot tell: neither way for certain ({})", against);
  return row;
}

}  // namespace undertone
