#include "metrics/comparison_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "metrics/answer_labels.h"
#include "metrics/evaluation_table.h"

namespace undertone {
namespace {

// With fewer questions in common, the runs are of other data.
constexpr double kCommon = 0.5;
// Share of the first run's answers that the second run's judge must have read, to stand in for its own.
constexpr double kRejudged = 0.95;

using Group = std::map<int, std::map<std::string, const EvaluationRow*>>;  // seed -> question -> row
using Groups = std::map<std::pair<std::string, std::string>, Group>;       // system, condition

Groups grouped(const ComparedRun& run) {
  Groups out;
  for (const EvaluationRow& r : *run.rows) out[{r.system, r.condition}][r.seed].emplace(r.question->id, &r);
  return out;
}

std::string said(const Clip* clip) { return clip ? to_json(*clip).at("segments").dump() : ""; }

// Whether questions of one id are the same, asked once a question.
class SameQuestion {
 public:
  bool operator()(const EvaluationRow& a, const EvaluationRow& b) {
    const auto [at, fresh] = known_.try_emplace(a.question->id, false);
    if (fresh) {
      const Question &p = *a.question, &q = *b.question;
      at->second = p.text == q.text && p.reference == q.reference && p.gold == q.gold && p.type == q.type &&
                   said(a.clip) == said(b.clip);
    }
    return at->second;
  }

 private:
  std::map<std::string, bool> known_;
};

// Seeds of both runs that are compared.
std::vector<std::pair<int, int>> seed_pairs(const Group& a, const Group& b, std::vector<std::string>& notes) {
  std::vector<int> x, y;
  for (const auto& [seed, rows] : a) x.push_back(seed);
  for (const auto& [seed, rows] : b) y.push_back(seed);
  std::vector<std::pair<int, int>> out;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) out.emplace_back(x[i], y[i]);
  if (x != y) {
    std::string note = "seeds have other numbers: paired in their order";
    if (x.size() != y.size())
      note += fmt::format("; {} and {} seeds, the further ones are left out", x.size(), y.size());
    notes.push_back(std::move(note));
  }
  return out;
}

const JudgeInfo* judge_of(const ComparedRun& run, const std::string& name) {
  for (const JudgeInfo& j : run.settings->judges)
    if (j.name == name) return &j;
  return nullptr;
}

std::string unit_of(const Scale& scale) {
  return scale.kind == Scale::Kind::percent ? "%" : scale.kind == Scale::Kind::binary ? "1" : "0-5";
}

// Whether each attribute's gold label was answered, by row: "emotion" -> right.
std::map<const EvaluationRow*, std::map<std::string, bool>> label_hits(const ComparedRun& run, int threads) {
  const metrics::Table table = metrics::make_table(*run.rows, *run.settings);
  const metrics::LabelTable labels = metrics::make_labels(table, threads);
  std::map<const EvaluationRow*, std::map<std::string, bool>> out;
  for (std::size_t g = 0; g < table.groups.size(); ++g)
    for (std::size_t i = 0; i < table.groups[g].items.size(); ++i)
      for (const metrics::ItemLabel& l : labels.of[g][i])
        if (const metrics::LabelSet& set = labels.sets[l.attribute]; !set.merged)
          out[table.groups[g].items[i].row][set.name()] = l.answered >= 0 && l.answered == l.gold;
  return out;
}

class Measures {
 public:
  Measures(const ComparedRun& first, const ComparedRun& second, const MeasureOptions& options)
      : first_(first), second_(second), options_(options), pool_(compared_pool(first, second)) {}

  // What every measure of a system has in common.
  ComparedMeasure begin(const PairedRows& p, std::string name) const {
    ComparedMeasure m;
    m.name = std::move(name);
    m.system = p.system;
    m.condition = p.condition;
    m.retrained = options_.retrained.contains(p.system);
    m.notes = p.notes;
    m.not_comparable = p.missing;
    if (!p.missing.empty()) return m;
    std::set<std::string> common;
    for (const auto& one : p.rows)
      if (one.same_question) common.insert(one.first->question->id);
    const std::size_t left = p.only_first.size() + p.only_second.size() + p.changed.size();
    const std::size_t all = common.size() + left;
    if (static_cast<double>(common.size()) < kCommon * static_cast<double>(all))
      m.not_comparable = fmt::format("the questions differ: {} of {} are the same", common.size(), all);
    else if (left > 0)
      m.notes.push_back(fmt::format(
          "{} questions are left out: {} only in the first run, {} only in the second, {} not what they were",
          left, p.only_first.size(), p.only_second.size(), p.changed.size()));
    return m;
  }

  // The mean of a judge's scores over a pool, and the share of questions that have one.
  void judged(const PairedRows& p, const std::string& judge, const std::string& pool, bool declared,
              bool scored, std::vector<ComparedMeasure>& out) const {
    ComparedMeasure m = begin(p, fmt::format("{}/all/judge:{}/mean", pool, judge));
    m.judge = judge;
    m.declared = declared;
    const JudgeInfo *a = judge_of(first_, judge), *b = judge_of(second_, judge);
    const JudgeInfo& any = b ? *b : *a;
    for (const JudgeInfo* j : {a, b})  // not asked about answers under this condition
      if (j && !j->conditions.empty() &&
          std::find(j->conditions.begin(), j->conditions.end(), p.condition) == j->conditions.end())
        return;
    m.unit = unit_of(any.scale);
    m.low = any.scale.low();
    m.high = any.scale.high();
    if (m.not_comparable.empty() && (!a || !b))
      m.not_comparable = fmt::format("only the {} run has this judge", a ? "first" : "second");
    const bool another = a && b && first_.judges.at(judge) != second_.judges.at(judge);
    if (m.not_comparable.empty() && !another && a->scale.kind != b->scale.kind)
      m.not_comparable = fmt::format("the scale differs: {} and {}", a->scale.name(), b->scale.name());
    if (!m.not_comparable.empty()) {
      out.push_back(std::move(m));
      return;
    }
    ComparedMeasure share = begin(p, fmt::format("{}/all/judge:{}/scored", pool, judge));
    share.declared = declared;
    share.unit = "1";
    std::int64_t asked = 0, there = 0;
    for (const auto& one : p.rows) {
      const Question& q = *one.second->question;
      if (!one.same_question || metrics::pool_of(q) != pool || q.type == QuestionType::ASR) continue;
      if (!a->sample.empty() && !a->sample.contains(q.id)) continue;
      if (!b->sample.empty() && !b->sample.contains(q.id)) continue;
      SwappedVerdict before{true, score_of(*one.first, judge)};
      if (another)
        before = options_.second_judge ? options_.second_judge(judge, *one.first) : SwappedVerdict{};
      ++asked;
      there += before.stored;
      const auto after = score_of(*one.second, judge);
      if (before.stored) m.pairs.push_back({one.seed, one.unit, before.score, after});
      share.pairs.push_back({one.seed, one.unit, score_of(*one.first, judge) ? 1.0 : 0.0, after ? 1.0 : 0.0});
    }
    if (another && static_cast<double>(there) < kRejudged * static_cast<double>(asked)) {
      m.not_comparable = fmt::format(
          "the judge differs ({:.12} and {:.12}), and of the first run's {} answers the second run's judge "
          "has "
          "read {}: judge that run again with this judge",
          first_.judges.at(judge), second_.judges.at(judge), asked, there);
      m.pairs.clear();
    } else if (another) {
      m.notes.push_back("the judge differs: both runs' answers by the second run's judge");
    }
    if (asked == 0) return;  // nobody asked this judge about this pool
    out.push_back(std::move(m));
    if (scored) out.push_back(std::move(share));
  }

  const std::string& pool() const { return pool_; }

 private:
  const ComparedRun &first_, &second_;
  const MeasureOptions& options_;
  std::string pool_;
};

std::set<std::string> pools_of(const ComparedRun& run) {
  std::set<std::string> out;
  for (const EvaluationRow& r : *run.rows) out.insert(metrics::pool_of(*r.question));
  return out;
}

}  // namespace

std::optional<double> score_of(const EvaluationRow& row, const std::string& judge) {
  if (row.answer.status != AnswerStatus::answered) return std::nullopt;
  const auto found = row.verdicts.find(judge);
  if (found == row.verdicts.end()) return std::nullopt;
  const auto* scored = std::get_if<Scored>(&found->second);
  return scored ? std::optional(scored->value) : std::nullopt;
}

std::string compared_pool(const ComparedRun& first, const ComparedRun& second) {
  std::set<std::string> pools = pools_of(second);
  if (pools.empty()) pools = pools_of(first);
  return pools.contains("cpqa") || pools.empty() ? "cpqa" : *pools.begin();
}

std::vector<PairedRows> pair_runs(const ComparedRun& first, const ComparedRun& second) {
  const Groups a = grouped(first), b = grouped(second);
  std::set<std::pair<std::string, std::string>> names;
  for (const Groups* side : {&a, &b})
    for (const auto& [name, group] : *side) names.insert(name);
  std::map<std::string, std::uint32_t> units;
  SameQuestion same;
  std::vector<PairedRows> out;
  for (const auto& name : names) {
    PairedRows& p = out.emplace_back();
    std::tie(p.system, p.condition) = name;
    const auto x = a.find(name), y = b.find(name);
    if (x == a.end() || y == b.end()) {
      const ComparedRun& lacking = x == a.end() ? first : second;
      const auto why = lacking.failures.find(p.system);
      p.missing = fmt::format("the {} run has no answers of it{}", x == a.end() ? "first" : "second",
                              why == lacking.failures.end() ? "" : ": " + why->second);
      continue;
    }
    std::uint32_t seed = 0;
    for (const auto& [one, other] : seed_pairs(x->second, y->second, p.notes)) {
      const auto &before = x->second.at(one), &after = y->second.at(other);
      for (const auto& [id, row] : before) {
        const auto now = after.find(id);
        if (now == after.end()) {
          p.only_first.insert(id);
          continue;
        }
        const bool is_same = same(*row, *now->second);
        if (!is_same) p.changed.insert(id);
        const auto next = static_cast<std::uint32_t>(units.size());
        p.rows.push_back(
            {seed, units.try_emplace(now->second->unit, next).first->second, row, now->second, is_same});
      }
      for (const auto& [id, row] : after)
        if (!before.contains(id)) p.only_second.insert(id);
      ++seed;
    }
  }
  return out;
}

std::vector<ComparedMeasure> measures_of(const ComparedRun& first, const ComparedRun& second,
                                         const std::vector<PairedRows>& pairs,
                                         const MeasureOptions& options) {
  const Measures made(first, second, options);
  const std::string primary = second.settings->primary_judge;
  std::set<std::string> judges, pools = pools_of(first);
  pools.merge(pools_of(second));
  for (const ComparedRun* run : {&first, &second})
    for (const JudgeInfo& j : run->settings->judges) judges.insert(j.name);
  const auto before = label_hits(first, options.threads), after = label_hits(second, options.threads);
  std::vector<ComparedMeasure> out;
  for (const PairedRows& p : pairs) {
    const bool watched = !options.controls.contains(p.system);
    if (judges.contains(primary)) made.judged(p, primary, made.pool(), watched, true, out);
    if (!p.missing.empty()) continue;  // said once
    for (const std::string& judge : judges)
      if (judge != primary) made.judged(p, judge, made.pool(), false, false, out);
    for (const std::string& pool : pools)
      if (pool != made.pool() && judges.contains(primary)) made.judged(p, primary, pool, false, false, out);
    std::map<std::string, ComparedMeasure> labels;
    for (const auto& one : p.rows) {
      const auto x = before.find(one.first), y = after.find(one.second);
      if (!one.same_question || x == before.end() || y == after.end()) continue;
      for (const auto& [attribute, right] : y->second) {
        const auto was = x->second.find(attribute);
        if (was == x->second.end()) continue;
        const std::string name = fmt::format("{}/all/{}/accuracy_unmapped_wrong",
                                             metrics::pool_of(*one.second->question), attribute);
        auto at = labels.find(name);
        if (at == labels.end()) at = labels.emplace(name, made.begin(p, name)).first;
        at->second.unit = "1";
        at->second.pairs.push_back({one.seed, one.unit, was->second ? 1.0 : 0.0, right ? 1.0 : 0.0});
      }
    }
    for (auto& [name, m] : labels) out.push_back(std::move(m));
  }
  return out;
}

}  // namespace undertone
