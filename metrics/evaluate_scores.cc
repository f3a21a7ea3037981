// Means of judges' scores, and how strongly items of a unit hang together.
#include <map>

#include "metrics/evaluation_table.h"

namespace undertone::metrics {
namespace {

// The unit that a reader sees beside a value.
std::string unit_name(const Scale& scale) {
  switch (scale.kind) {
    case Scale::Kind::binary:
      return "1";
    case Scale::Kind::percent:
      return "%";
    default:
      return "0-5";
  }
}

std::vector<Estimate> judge_mean(const Table& table, const Group& group, const std::string& pool,
                                 const Slice& slice, const ScoreKind& kind) {
  Sample sample;
  for (const Item& item : group.items) {
    const Question& q = *item.row->question;
    if (pool_of(q) != pool || !slice.has(q) || q.type == QuestionType::ASR) continue;
    if (!kind.counts(item)) continue;
    sample.asked(item, slice.stratum(q));
    if (const auto score = score_of(item, kind)) sample.scored(item, slice.stratum(q), *score);
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e = describe(table, sample, pool + "/" + slice.name() + "/" + kind.path() + "/mean", group.system,
                        group.condition);
  e.judge = kind.judge;
  e.unit = unit_name(kind.scale);
  if (const auto b = sample.bounds(kind.scale.low(), kind.scale.high())) e.worst = b->worst, e.best = b->best;
  const bool primary = kind.judge == table.primary_judge && kind.part.empty();
  const Range range{kind.scale.low(), kind.scale.high()};
  auto out = mean_estimates(table, sample, e, range, primary);
  if (primary && slice.kind == Slice::Kind::all)
    if (auto naive = if_independent(table, sample, e, range)) out.push_back(std::move(*naive));
  return out;
}

// Intraclass correlation and design effect of the primary judge's scores, averaged over seeds per question.
std::vector<Estimate> cluster_effect_of(const Table& table, const Group& group, const std::string& pool,
                                        const ScoreKind& kind) {
  Sample sample;
  std::map<std::uint32_t, std::pair<std::uint32_t, std::pair<double, double>>>
      by_question;  // unit, (sum, count)
  for (const Item& item : group.items) {
    if (pool_of(*item.row->question) != pool || item.row->question->type == QuestionType::ASR) continue;
    if (!kind.counts(item)) continue;
    sample.asked(item, 0);
    const auto score = score_of(item, kind);
    if (!score) continue;
    sample.scored(item, 0, *score);
    auto& [unit, sums] = by_question[item.question];
    unit = item.unit;
    sums.first += *score;
    sums.second += 1;
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  std::map<std::uint32_t, std::uint32_t> dense;
  for (std::uint32_t i = 0; i < sample.units.size(); ++i) dense[sample.units[i]] = i;
  std::vector<double> values;
  std::vector<std::uint32_t> cluster;
  for (const auto& [question, entry] : by_question) {
    values.push_back(entry.second.first / entry.second.second);
    cluster.push_back(dense.at(entry.first));
  }
  const auto effect = statistics::cluster_effect(values, cluster, sample.units.size());
  std::vector<Estimate> out;
  for (const char* name : {"icc", "deff"}) {
    Estimate e =
        describe(table, sample, pool + "/all/" + kind.path() + "/" + name, group.system, group.condition);
    e.judge = kind.judge;
    e.unit = "1";
    e.value = name[0] == 'i' ? effect.intraclass_correlation : effect.design_effect;
    e.method = name[0] == 'i' ? "one-way analysis of variance" : "cluster-robust over independent variance";
    add_reason(e, effect.reason);
    add_reason(e, "no interval is computed");
    out.push_back(e);
  }
  return out;
}

}  // namespace

void add_score_jobs(Jobs& jobs) {
  const Table& table = *jobs.table;
  for (const Group& group : table.groups)
    for (const std::string& pool : table.pools) {
      const auto slices = table.slices(pool);
      jobs.list.push_back([&table, &group, pool, slices] {
        std::vector<Estimate> out;
        auto add = [&](std::vector<Estimate> more) { out.insert(out.end(), more.begin(), more.end()); };
        for (const ScoreKind& kind : table.scores) {
          if (!table.judged.contains({kind.judge, pool})) continue;
          for (const Slice& slice : slices) add(judge_mean(table, group, pool, slice, kind));
          if (kind.part.empty() && kind.judge == table.primary_judge)
            add(cluster_effect_of(table, group, pool, kind));
        }
        return out;
      });
    }
}

}  // namespace undertone::metrics
