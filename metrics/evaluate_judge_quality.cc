// What else a suite can ask about a judge against the labels: rank correlations by pairs, the ROC curve,
// pairs with calibrated ties, correlations within items and systems, and the trend over score levels.
#include <fmt/format.h>

#include <map>

#include "metrics/correlation.h"
#include "metrics/judge_pairs.h"
#include "metrics/judge_quality.h"
#include "metrics/rank_correlation.h"

namespace undertone::metrics {
namespace {

using Numbers = std::span<const double>;

struct Asked {
  const Table* table;
  const LabelTable* labels;
  std::size_t first, last;  // groups
  std::string pool;
  const ScoreKind* kind;
  statistics::DrawCache* draws;
  bool pooled() const { return last > first + 1; }
};

Estimate described(const Asked& a, const JudgePairs& p, const std::string& name) {
  return describe_pairs(*a.table, *a.labels, p, a.first, a.last, a.pool, *a.kind, name);
}

// The pairs of one draw of clusters; a cluster drawn twice stands there twice.
struct Drawn {
  std::vector<double> score, correct;
  std::vector<std::uint32_t> group;
};
Drawn drawn(const JudgePairs& p, std::span<const std::uint16_t> counts) {
  Drawn out;
  for (std::size_t i = 0; i < p.score.size(); ++i)
    for (std::uint16_t k = 0; k < counts[p.cluster[i]]; ++k) {
      out.score.push_back(p.score[i]);
      out.correct.push_back(p.correct[i]);
      out.group.push_back(p.group[i]);
    }
  return out;
}

void bootstrap(Estimate& e, const Asked& a, const JudgePairs& p, const Value& value,
               const statistics::DrawStatistic& statistic) {
  e.value = value;
  if (!value) {
    add_reason(e, value.reason());
  } else if (p.sample.units.size() < 2) {
    add_reason(e, "one unit: nothing to resample");
  } else {
    set_interval(e, statistics::bootstrap_interval(
                        statistics::bootstrap_method_from(a.table->settings->method),
                        a.draws->of(p.sample.units.size()), statistic, e.value, a.table->settings->level));
  }
}

struct Whole {
  const char* name;
  const char* asked_by;
  Value (*of)(const Drawn&);
};

std::vector<std::uint8_t> wholly_right(Numbers correct) {
  std::vector<std::uint8_t> out;
  for (double c : correct) out.push_back(c == 1);
  return out;
}

constexpr Whole kWholes[] = {
    {"kendall_b", "kendall", [](const Drawn& d) { return kendall_tau_b(d.score, d.correct); }},
    {"kendall_c", "kendall", [](const Drawn& d) { return kendall_tau_c(d.score, d.correct); }},
    {"gamma", "goodman_kruskal_gamma",
     [](const Drawn& d) { return goodman_kruskal_gamma(d.score, d.correct); }},
    {"auroc", "auroc", [](const Drawn& d) { return area_under_roc(d.score, wholly_right(d.correct)); }},
};

std::vector<Estimate> whole(const Asked& a, const Whole& what) {
  const JudgePairs p = judge_pairs(*a.table, *a.labels, a.first, a.last, a.pool, *a.kind);
  if (p.sample.asked_count == 0) return {};
  Estimate e = described(a, p, what.name);
  bootstrap(e, a, p, what.of({p.score, p.correct, p.group}),
            [&](std::span<const std::uint16_t> counts) { return what.of(drawn(p, counts)); });
  return {e};
}

struct Within {
  const char* name;
  Value (*of)(Numbers, Numbers);
};
constexpr Within kWithin[] = {{"pearson", pearson}, {"spearman", spearman}, {"kendall_b", kendall_tau_b}};

// Values of groups that each lie within one cluster: a draw's mean weighs them by how often their cluster was
// drawn.
struct ClusterValue {
  std::uint32_t cluster;
  double value;
};
std::optional<double> weighted_mean(const std::vector<ClusterValue>& values,
                                    std::span<const std::uint16_t> counts) {
  double sum = 0, n = 0;
  for (const ClusterValue& v : values) sum += counts[v.cluster] * v.value, n += counts[v.cluster];
  return n > 0 ? std::optional(sum / n) : std::nullopt;
}

// Applies `of` to the pairs of each question.
std::vector<ClusterValue> by_question(const JudgePairs& p, const std::function<Value(Numbers, Numbers)>& of) {
  struct One {
    std::uint32_t cluster = 0;
    std::vector<double> score, correct;
  };
  std::map<std::uint32_t, One> questions;
  for (std::size_t i = 0; i < p.score.size(); ++i) {
    One& q = questions[p.question[i]];
    q.cluster = p.cluster[i];
    q.score.push_back(p.score[i]);
    q.correct.push_back(p.correct[i]);
  }
  std::vector<ClusterValue> out;
  for (const auto& [id, q] : questions)
    if (const Value v = of(q.score, q.correct)) out.push_back({q.cluster, *v});
  return out;
}

Estimate mean_by_question(const Asked& a, const JudgePairs& p, const std::string& name,
                          const std::vector<ClusterValue>& values, const char* none) {
  Estimate e = described(a, p, name);
  const std::vector<std::uint16_t> once(p.sample.units.size(), 1);
  const auto mean = weighted_mean(values, once);
  bootstrap(e, a, p, mean ? Value(*mean) : Value::none(none),
            [&](std::span<const std::uint16_t> counts) { return weighted_mean(values, counts); });
  add_reason(e, fmt::format("mean over the {} questions that define it", values.size()));
  return e;
}

std::vector<Estimate> within_groups(const Asked& a) {
  const JudgePairs p = judge_pairs(*a.table, *a.labels, a.first, a.last, a.pool, *a.kind);
  if (p.sample.asked_count == 0) return {};
  std::vector<Estimate> out;
  for (const Within& w : kWithin) {
    out.push_back(mean_by_question(a, p, std::string(w.name) + "_by_item", by_question(p, w.of),
                                   "within no question do score and correctness both vary"));
    Estimate e = described(a, p, std::string(w.name) + "_by_system");
    const GroupedValue value = grouped(p.score, p.correct, p.group, w.of);
    bootstrap(e, a, p, value.value, [&](std::span<const std::uint16_t> counts) {
      const Drawn d = drawn(p, counts);
      return grouped(d.score, d.correct, d.group, w.of).value;
    });
    if (value.undefined)
      add_reason(e, fmt::format("undefined within {} systems, which are left out", value.undefined));
    out.push_back(e);
  }
  return out;
}

// Systems are compared on the same question, as the measure was made for; the tolerance is that of the whole
// sample.
std::vector<Estimate> pairs_with_ties(const Asked& a) {
  const JudgePairs p = judge_pairs(*a.table, *a.labels, a.first, a.last, a.pool, *a.kind);
  if (p.sample.asked_count == 0) return {};
  const PairwiseAccuracy all = pairwise_accuracy(p.score, p.correct, p.question);
  std::vector<Estimate> out;
  for (const bool calibrated : {false, true}) {
    const double epsilon = calibrated ? all.epsilon : 0;
    const auto values = by_question(
        p, [&](Numbers score, Numbers correct) { return pairwise_accuracy_at(score, correct, {}, epsilon); });
    Estimate e = mean_by_question(a, p, calibrated ? "pairwise_accuracy_calibrated" : "pairwise_accuracy",
                                  values, "no question has two answers");
    if (calibrated)
      add_reason(
          e, fmt::format("scores within {:.6g} count as tied; chosen on these items, and held in every draw",
                         epsilon));
    out.push_back(e);
  }
  return out;
}

// z of the clustered trend test, and the share of wholly right answers at each score of a scale with few of
// them.
std::vector<Estimate> trend(const Asked& a) {
  constexpr std::size_t kMostLevels = 21;
  const JudgePairs p = judge_pairs(*a.table, *a.labels, a.first, a.last, a.pool, *a.kind);
  if (p.sample.asked_count == 0) return {};
  const std::vector<std::uint8_t> right = wholly_right(p.correct);
  const auto levels = share_correct_by_level(p.score, right);
  const TrendTest test = clustered_trend(p.score, right, p.cluster);
  Estimate e = described(a, p, "trend_z");
  e.value = test.z;
  e.p_value = test.p_value;
  e.method = "clustered score test of a linear trend, two-sided t";
  if (!test.z) add_reason(e, test.z.reason());
  add_reason(e,
             is_monotone(levels) ? "the share never falls from level to level" : "the share falls somewhere");
  add_reason(e, "a test statistic has no interval");
  std::vector<Estimate> out = {e};
  if (levels.size() > kMostLevels) return out;
  for (const ScoreLevel& level : levels) {
    Sample sample;
    for (std::size_t i = 0; i < p.score.size(); ++i) {
      if (p.score[i] != level.score) continue;
      sample.asked(*p.items[i], 0);
      sample.scored(*p.items[i], 0, right[i]);
    }
    sample.finish(a.table->groups[a.first]);
    sample.note.clear();
    Estimate share = described(a, p, fmt::format("share_right_at_{:g}", level.score));
    share.n = share.asked = share.scored = level.n;
    share.units = static_cast<std::int64_t>(sample.units.size());
    const auto rows = mean_estimates(*a.table, sample, share, {0, 1}, false);
    out.push_back(rows.front());
  }
  return out;
}

}  // namespace

void add_judge_quality_jobs(Jobs& jobs) {
  const Table& table = *jobs.table;
  if (jobs.labels->sets.empty()) return;
  auto add = [&](const Asked& a) {
    for (const Whole& w : kWholes)
      if (table.asks_for(w.asked_by)) jobs.list.push_back([a, w] { return whole(a, w); });
    if (table.asks_for("score_trend")) jobs.list.push_back([a] { return trend(a); });
    if (!a.pooled()) return;  // one system has nothing to compare within an item
    if (table.asks_for("correlation_by_group")) jobs.list.push_back([a] { return within_groups(a); });
    if (table.asks_for("pairwise_accuracy")) jobs.list.push_back([a] { return pairs_with_ties(a); });
  };
  for (const std::string& pool : table.pools)
    for (const ScoreKind& kind : table.scores) {
      if (!kind.part.empty() || !table.judged.contains({kind.judge, pool})) continue;
      if (table.groups.size() > 1)
        add({&table, jobs.labels, 0, table.groups.size(), pool, &kind, jobs.draws});
      for (std::size_t g = 0; g < table.groups.size(); ++g)
        add({&table, jobs.labels, g, g + 1, pool, &kind, jobs.draws});
    }
}

}  // namespace undertone::metrics
