// Declared and exploratory comparisons: paired differences in points, and relative gains in percent of the
// baseline.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "metrics/evaluation_table.h"
#include "metrics/statistics/permutation.h"

namespace undertone::metrics {
namespace {

struct Measure {
  std::string pool;
  Slice slice;
  const ScoreKind* kind;
};

std::string baseline_name(const Contrast& c) {
  return c.system == c.baseline || c.system_condition != c.baseline_condition
             ? c.baseline + "@" + c.baseline_condition
             : c.baseline;
}

// Items of both arms, paired by question, and by seed where both have the same seeds; else the baseline's
// score is its mean over its seeds.
struct Paired {
  Sample difference, system, baseline;
  bool by_seed = false;
  double worst_sum = 0, best_sum = 0;  // of the differences, missing scores at the ends of the scale
};

Paired pair_up(const Group& a, const Group& b, const Measure& m) {
  Paired out;
  out.by_seed = a.seeds == b.seeds;
  auto in = [&](const Item& i) {
    const Question& q = *i.row->question;
    return pool_of(q) == m.pool && m.slice.has(q) && q.type != QuestionType::ASR && m.kind->counts(i);
  };
  struct Base {
    double sum = 0;
    std::int64_t scored = 0;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Base> base;  // (seed or 0, question)
  for (const Item& i : b.items) {
    if (!in(i)) continue;
    Base& s = base[{out.by_seed ? i.seed : 0, i.question}];
    if (const auto score = score_of(i, *m.kind)) s.sum += *score, ++s.scored;
  }
  const double low = m.kind->scale.low(), high = m.kind->scale.high();
  for (const Item& i : a.items) {
    if (!in(i)) continue;
    const auto found = base.find({out.by_seed ? i.seed : 0, i.question});
    if (found == base.end()) continue;  // asked of one arm only: not a pair
    const std::uint32_t stratum =
        m.slice.kind == Slice::Kind::types ? static_cast<std::uint32_t>(i.row->question->type) : 0;
    for (Sample* s : {&out.difference, &out.system, &out.baseline}) s->asked(i, stratum);
    const auto score = score_of(i, *m.kind);
    std::optional<double> other;
    if (found->second.scored > 0) other = found->second.sum / static_cast<double>(found->second.scored);
    out.worst_sum += score.value_or(low) - other.value_or(high);
    out.best_sum += score.value_or(high) - other.value_or(low);
    if (!score || !other) continue;
    out.difference.scored(i, stratum, *score - *other);
    out.system.scored(i, stratum, *score);
    out.baseline.scored(i, stratum, *other);
  }
  for (Sample* s : {&out.difference, &out.system, &out.baseline}) s->finish(a);
  return out;
}

// Percent by which the system's mean exceeds the baseline's in one draw of units; both arms are drawn
// together.
class Gain {
 public:
  Gain(const statistics::CellSums& system, const statistics::CellSums& baseline)
      : system_(system), baseline_(baseline) {}
  std::optional<double> operator()(std::span<const std::uint16_t> counts) const {
    const auto& d = system_.design;
    double top = 0, bottom = 0, strata = 0;
    for (std::size_t t = 0; t < d.strata; ++t) {
      double x = 0, y = 0;
      bool present = true;  // a type that no drawn unit has leaves the mean over types, in both arms
      for (std::size_t s = 0; s < d.seeds && present; ++s) {
        double a = 0, b = 0, n = 0;
        const std::size_t first = system_.at(s, t, 0);
        for (std::size_t g = 0; g < d.clusters; ++g) {
          const double w = counts[g];
          a += w * system_.a[first + g];
          b += w * baseline_.a[first + g];
          n += w * system_.b[first + g];
        }
        present = n > 0;
        if (present) x += a / n, y += b / n;
      }
      if (present) top += x, bottom += y, strata += 1;
    }
    if (strata == 0 || !(bottom > 0)) return std::nullopt;
    return 100 * (top / bottom - 1);
  }

 private:
  const statistics::CellSums& system_;
  const statistics::CellSums& baseline_;
};

std::vector<Estimate> compare(const Table& table, const Contrast& contrast, const Measure& m, bool declared,
                              statistics::DrawCache& draws) {
  const Group* a = table.find(contrast.system, contrast.system_condition);
  const Group* b = table.find(contrast.baseline, contrast.baseline_condition);
  const std::string path = m.pool + "/" + m.slice.name() + "/" + m.kind->path();
  auto finish = [&](Estimate& e, const char* kind) {
    e.kind = kind;
    e.baseline = baseline_name(contrast);
    e.judge = m.kind->judge;
    e.exploratory = !declared;
  };
  if (!a || !b) {
    if (!declared) return {};
    Estimate e;
    e.tag = path + "/difference";
    e.system = contrast.system;
    e.test_condition = contrast.system_condition;
    e.level = table.settings->level;
    e.reason = fmt::format("no answers of '{}' under condition '{}'", a ? contrast.baseline : contrast.system,
                           a ? contrast.baseline_condition : contrast.system_condition);
    finish(e, "difference");
    return {e};
  }
  const Paired paired = pair_up(*a, *b, m);
  const Sample& d = paired.difference;
  if (d.asked_count == 0) return {};
  std::vector<Estimate> out;
  Estimate e = describe(table, d, path + "/difference", contrast.system, contrast.system_condition);
  finish(e, "difference");
  e.unit = m.kind->scale.kind == Scale::Kind::percent  ? "%"
           : m.kind->scale.kind == Scale::Kind::binary ? "1"
                                                       : "0-5";
  if (!paired.by_seed && b->seeds.size() > 1)
    add_reason(e, "seeds differ: paired by question with the baseline's mean over its seeds");
  else if (!paired.by_seed)
    add_reason(e, "paired by question with the baseline's one seed, which is held fixed");
  if (m.slice.kind != Slice::Kind::types) {
    e.worst = paired.worst_sum / static_cast<double>(d.asked_count);
    e.best = paired.best_sum / static_cast<double>(d.asked_count);
  }
  Estimate gain = e;
  gain.tag = path + "/relative_gain";
  finish(gain, "relative_gain");
  gain.unit = "%";
  gain.worst = gain.best = std::nullopt;

  const double width = m.kind->scale.high() - m.kind->scale.low();
  auto differences = mean_estimates(table, d, e, {-width, width}, false);
  if (declared)
    if (auto naive = if_independent(table, d, e, {-width, width})) differences.push_back(std::move(*naive));
  const statistics::CellSums sums = statistics::cell_sums(d.observations, d.design);
  if (d.design.clusters > 0) {
    const auto test = statistics::sign_flip_test(statistics::cluster_contributions(sums),
                                                 table.settings->stream + "/sign-flip");
    differences.front().p_value = test.p_value;
    if (test.p_value)
      differences.front().method +=
          test.exact ? fmt::format("; sign flips of units, all {} patterns", test.permutations)
                     : fmt::format("; sign flips of units, {} patterns", test.permutations);
    else
      add_reason(differences.front(), test.reason);
  }
  out = std::move(differences);

  const statistics::CellSums top = statistics::cell_sums(paired.system.observations, paired.system.design);
  const statistics::CellSums bottom =
      statistics::cell_sums(paired.baseline.observations, paired.baseline.design);
  const std::size_t units = d.design.clusters;
  const Gain statistic(top, bottom);
  if (units > 0) gain.value = statistic(std::vector<std::uint16_t>(units, 1));
  if (!gain.value) {
    add_reason(gain,
               units == 0 ? "no scored pairs" : "the baseline's mean is not above zero: no percentage of it");
  } else if (units < 2) {
    add_reason(gain, "one unit: nothing to resample");
  } else {
    set_interval(
        gain, statistics::bootstrap_interval(statistics::bootstrap_method_from(table.settings->method),
                                             draws.of(units), statistic, gain.value, table.settings->level));
    if (gain.seeds > 1) gain.method += " (these seeds)";
  }
  out.push_back(gain);
  return out;
}

}  // namespace

void add_contrast_jobs(Jobs& jobs) {
  const Table& table = *jobs.table;
  // The declared measure: the primary judge's question-weighted mean over contextual questions, or over the
  // first pool where there are none. Everything else is exploratory.
  const bool contextual = std::find(table.pools.begin(), table.pools.end(), "cpqa") != table.pools.end();
  for (const Contrast& contrast : table.settings->contrasts)
    for (const std::string& pool : table.pools)
      for (const ScoreKind& kind : table.scores) {
        if (!table.judged.contains({kind.judge, pool})) continue;
        for (const Slice& slice : table.slices(pool)) {
          const bool declared = contrast.declared && kind.judge == table.primary_judge && kind.part.empty() &&
                                slice.kind == Slice::Kind::all &&
                                pool == (contextual ? "cpqa" : table.pools.front());
          jobs.list.push_back([&table, contrast, m = Measure{pool, slice, &kind}, declared,
                               draws = jobs.draws] { return compare(table, contrast, m, declared, *draws); });
        }
      }
}

}  // namespace undertone::metrics
