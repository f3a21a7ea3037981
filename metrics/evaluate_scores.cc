// Means of judges' scores and of exact match, word error rates, and how strongly items of a unit hang
// together.
#include <limits>
#include <map>

#include "metrics/evaluation_table.h"
#include "metrics/text_match.h"

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

std::uint32_t stratum_of(const Slice& slice, const Question& q) {
  return slice.kind == Slice::Kind::types ? static_cast<std::uint32_t>(q.type) : 0;
}

std::vector<Estimate> judge_mean(const Table& table, const Group& group, const std::string& pool,
                                 const Slice& slice, const ScoreKind& kind) {
  Sample sample;
  for (const Item& item : group.items) {
    const Question& q = *item.row->question;
    if (pool_of(q) != pool || !slice.has(q) || q.type == QuestionType::ASR) continue;
    if (!kind.part.empty() && !kind.questions.contains(item.question)) continue;
    sample.asked(item, stratum_of(slice, q));
    if (const auto score = score_of(item, kind)) sample.scored(item, stratum_of(slice, q), *score);
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e = describe(table, sample, pool + "/" + slice.name() + "/" + kind.path() + "/mean", group.system,
                        group.condition);
  e.judge = kind.judge;
  e.unit = unit_name(kind.scale);
  if (const auto b = sample.bounds(kind.scale.low(), kind.scale.high())) e.worst = b->worst, e.best = b->best;
  const bool primary = kind.judge == table.primary_judge && kind.part.empty();
  return mean_estimates(table, sample, e, {kind.scale.low(), kind.scale.high()}, primary);
}

// Per item of the group 1, 0, or -1 where there is nothing to match.
std::vector<signed char> exact_matches(const Group& group, const std::string& pool) {
  std::vector<signed char> out;
  for (const Item& item : group.items) {
    const Question& q = *item.row->question;
    out.push_back(pool_of(q) != pool || q.reference.empty() || q.type == QuestionType::ASR || !item.answered()
                      ? -1
                      : (exact_match(q.reference, item.row->answer.text) ? 1 : 0));
  }
  return out;
}

std::vector<Estimate> exact_match_mean(const Table& table, const Group& group, const std::string& pool,
                                       const Slice& slice, const std::vector<signed char>& matches) {
  Sample sample;
  for (std::size_t i = 0; i < group.items.size(); ++i) {
    const Item& item = group.items[i];
    const Question& q = *item.row->question;
    if (pool_of(q) != pool || !slice.has(q) || q.reference.empty() || q.type == QuestionType::ASR) continue;
    sample.asked(item, stratum_of(slice, q));
    if (matches[i] >= 0) sample.scored(item, stratum_of(slice, q), matches[i]);
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e =
      describe(table, sample, pool + "/" + slice.name() + "/exact_match", group.system, group.condition);
  e.unit = "1";
  if (const auto b = sample.bounds(0, 1)) e.worst = b->worst, e.best = b->best;
  return mean_estimates(table, sample, e, {0, 1}, false);
}

// Errors over reference words, summed over utterances: a ratio, so utterances weigh by their length.
std::vector<Estimate> word_error_rate_of(const Table& table, const Group& group, const std::string& pool) {
  Sample sample;
  for (const Item& item : group.items) {
    const Question& q = *item.row->question;
    if (pool_of(q) != pool || q.type != QuestionType::ASR) continue;
    const auto reference = normalised_words(q.reference);
    if (reference.empty()) continue;  // no words to get wrong: no rate
    sample.asked(item, 0);
    if (!item.answered()) continue;
    const WordErrors counts = align_words(reference, normalised_words(item.row->answer.text));
    sample.scored(item, 0, static_cast<double>(counts.errors()),
                  static_cast<double>(counts.reference_words()));
  }
  sample.finish(group);
  if (sample.asked_count == 0) return {};
  Estimate e = describe(table, sample, pool + "/all/wer", group.system, group.condition);
  e.unit = "1";
  if (e.scored < e.asked) add_reason(e, "no bounds for the missing: a word error rate has no upper end");
  return mean_estimates(table, sample, e, {0, std::numeric_limits<double>::infinity()}, false);
}

// Intraclass correlation and design effect of the primary judge's scores, averaged over seeds per question.
std::vector<Estimate> cluster_effect_of(const Table& table, const Group& group, const std::string& pool,
                                        const ScoreKind& kind) {
  Sample sample;
  std::map<std::uint32_t, std::pair<std::uint32_t, std::pair<double, double>>>
      by_question;  // unit, (sum, count)
  for (const Item& item : group.items) {
    if (pool_of(*item.row->question) != pool || item.row->question->type == QuestionType::ASR) continue;
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
        const auto matches = exact_matches(group, pool);
        for (const Slice& slice : slices) add(exact_match_mean(table, group, pool, slice, matches));
        add(word_error_rate_of(table, group, pool));
        return out;
      });
    }
}

}  // namespace undertone::metrics
