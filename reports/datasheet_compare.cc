// Judges against each other, and the orders in which raters put systems.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "metrics/agreement.h"
#include "metrics/rank_correlation.h"
#include "reports/datasheet.h"

namespace undertone {
namespace {

// Orders of fewer systems say nothing.
constexpr std::size_t kFewestSystems = 3;

bool compared(RaterKind kind) { return kind == RaterKind::judge || kind == RaterKind::metric; }

std::optional<double> quadratic_kappa(const Rated& both) {
  double low = both.x.front(), high = both.x.front();
  for (const auto* side : {&both.x, &both.y})
    for (double v : *side) {
      if (v != std::floor(v) || std::fabs(v) > 1000) return std::nullopt;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  metrics::Confusion table(static_cast<std::size_t>(high - low) + 1);
  for (std::size_t i = 0; i < both.x.size(); ++i)
    table.at(static_cast<std::size_t>(both.x[i] - low), static_cast<std::size_t>(both.y[i] - low)) += 1;
  return metrics::cohen_kappa(table, metrics::Weights::quadratic);
}

SystemMeans means_of(const RatingTable& t, const ItemValues& values, double level) {
  SystemMeans out;
  std::map<std::string, ItemValues> by_system;
  for (std::size_t i = 0; i < t.items.size(); ++i)
    if (!t.items[i].system.empty() && values[i])
      by_system.try_emplace(t.items[i].system, t.items.size()).first->second[i] = values[i];
  const ItemValues zero(t.items.size(), 0.0);
  for (const auto& [system, of] : by_system)
    out.systems.push_back({system, measure(Statistic::difference, paired(t, of, zero), level)});
  std::stable_sort(out.systems.begin(), out.systems.end(),
                   [](const auto& a, const auto& b) { return a.mean.value > b.mean.value; });
  return out;
}

// Values of two systems on the same clusters: cluster means, paired.
Rated by_cluster(const RatingTable& t, const ItemValues& values, const std::string& first,
                 const std::string& second) {
  std::map<std::string, std::array<std::vector<double>, 2>> clusters;
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    const RatedItem& item = t.items[i];
    if (!values[i] || (item.system != first && item.system != second)) continue;
    clusters[cluster_of(item)][item.system == second].push_back(*values[i]);
  }
  Rated out;
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (double x : v) sum += x;
    return sum / static_cast<double>(v.size());
  };
  for (const auto& [name, sides] : clusters) {
    if (sides[0].empty() || sides[1].empty()) continue;
    out.x.push_back(mean(sides[0]));
    out.y.push_back(mean(sides[1]));
    out.cluster.push_back(out.clusters++);
  }
  return out;
}

void count_decided(const RatingTable& t, const ItemValues& values, double level, SystemMeans& means) {
  for (std::size_t i = 0; i < means.systems.size(); ++i)
    for (std::size_t j = i + 1; j < means.systems.size(); ++j) {
      ++means.pairs;
      const Measured d =
          measure(Statistic::difference,
                  by_cluster(t, values, means.systems[i].system, means.systems[j].system), level);
      means.decided += d.low && d.high && (*d.low > 0 || *d.high < 0);
    }
}

std::optional<double> tau(const SystemMeans& a, const SystemMeans& b) {
  std::map<std::string, double> there;
  for (const auto& s : b.systems)
    if (s.mean.value) there[s.system] = *s.mean.value;
  std::vector<double> x, y;
  for (const auto& s : a.systems)
    if (const auto at = there.find(s.system); at != there.end() && s.mean.value) {
      x.push_back(*s.mean.value);
      y.push_back(at->second);
    }
  if (x.size() < kFewestSystems) return std::nullopt;
  return metrics::kendall_tau_b(x, y);
}

}  // namespace

void compare_raters(const RatingTable& t, const DatasheetOptions& options, Datasheet& s) {
  std::vector<ItemValues> values;
  for (std::size_t r = 0; r < t.raters.size(); ++r) values.push_back(first_values(t, r));
  const ItemValues humans = HumanRatings(t).means();
  for (std::size_t a = 0; a < t.raters.size(); ++a)
    for (std::size_t b = a + 1; b < t.raters.size(); ++b) {
      if (!compared(t.raters[a].kind) || !compared(t.raters[b].kind)) continue;
      const ItemValues &x = values[a], &y = values[b];
      const Rated both = paired(t, x, y);
      if (both.x.empty()) continue;
      RaterPair pair;
      pair.first = t.raters[a].name;
      pair.second = t.raters[b].name;
      pair.n = static_cast<std::int64_t>(both.x.size());
      pair.spearman = measure(Statistic::spearman, both, options.level);
      const bool one_scale = t.raters[a].low && t.raters[a].low == t.raters[b].low && t.raters[a].high &&
                             t.raters[a].high == t.raters[b].high;
      if (one_scale) {
        for (std::size_t i = 0; i < both.x.size(); ++i) pair.equal += both.x[i] == both.y[i];
        pair.difference = measure(Statistic::difference, both, options.level);
        pair.quadratic_kappa = quadratic_kappa(both);
        pair.alpha = statistic_of(Statistic::alpha, both.x, both.y);
      } else {
        pair.difference.reason = "on two scales, or ones that are not stated";
      }
      if (s.humans > 0)
        if (const auto test =
                both_test(t, x, y, humans, options.stream + "/pair/" + pair.first + "/" + pair.second))
          pair.p_both = test->p_value;
      s.pairs.push_back(std::move(pair));
    }
}

void order_systems(const RatingTable& t, const DatasheetOptions& options, Datasheet& s) {
  std::set<std::string> systems;
  for (const RatedItem& item : t.items)
    if (!item.system.empty()) systems.insert(item.system);
  if (systems.size() < kFewestSystems) return;
  for (std::size_t r = 0; r < t.raters.size(); ++r) {
    if (t.raters[r].kind == RaterKind::script) continue;
    const ItemValues values = first_values(t, r);
    SystemMeans means = means_of(t, values, options.level);
    means.rater = t.raters[r].name;
    if (means.systems.size() < kFewestSystems) continue;
    if (t.raters[r].kind != RaterKind::trivial) count_decided(t, values, options.level, means);
    s.systems.push_back(std::move(means));
  }
  for (SystemMeans& a : s.systems)
    for (const SystemMeans& b : s.systems)
      if (&a != &b)
        if (const auto value = tau(a, b)) a.tau[b.rater] = *value;
}

}  // namespace undertone
