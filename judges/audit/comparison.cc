// Verdicts on identical answers: a judge against itself, and two judges against each other.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "judges/audit/audiobench_audit.h"
#include "metrics/agreement.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation.h"
#include "metrics/statistics/clustered.h"

namespace undertone::audit {
namespace {

constexpr double kLevel = 0.95;

struct Read {
  std::optional<double> value, recorded;
};
using Triple = std::tuple<std::string, std::string, std::string>;  // question, reference, answer

Triple triple_of(const RecordedRow& row) { return {row.question, row.reference, row.answer}; }

Read read_row(const RecordedRow& row, const Scale& scale) {
  const Verdict again = read_again(row, scale);
  const auto* scored = std::get_if<Scored>(&again);
  return {scored ? std::optional(scored->value) : std::nullopt, row.recorded};
}

SelfAgreement self_agreement(const std::string& judge, const std::string& scale,
                             const std::map<Triple, std::vector<Read>>& triples) {
  SelfAgreement out;
  out.judge = judge;
  out.scale = scale;
  std::vector<statistics::Observation> observed;
  double sum = 0;
  std::uint32_t cluster = 0;
  for (const auto& [triple, reads] : triples) {
    std::vector<Read> legible;
    for (const Read& r : reads)
      if (r.value) legible.push_back(r);
    if (legible.size() < 2) continue;
    for (std::size_t i = 0; i < legible.size(); ++i)
      for (std::size_t j = i + 1; j < legible.size(); ++j) {
        const double difference = std::fabs(*legible[i].value - *legible[j].value);
        ++out.pairs;
        out.differ += difference > 0;
        out.differ_recorded += legible[i].recorded != legible[j].recorded;
        out.largest = std::max(out.largest, difference);
        sum += difference;
        observed.push_back({0, 0, cluster, 0, difference > 0 ? 1.0 : 0.0, 1});
      }
    ++cluster;
  }
  out.triples = cluster;
  if (out.pairs == 0) return out;
  out.mean_difference = sum / static_cast<double>(out.pairs);
  const auto estimate = statistics::ratio_estimate(observed, {1, 1, cluster}, kLevel);
  out.share = estimate.value;
  out.interval = estimate.these_seeds;
  return out;
}

struct Both {
  std::string question, set;
  double first = 0, second = 0;
};

std::optional<double> quadratic_kappa(std::span<const Both> rows, const Scale& scale) {
  if (scale.kind != Scale::Kind::discrete_0_5 && scale.kind != Scale::Kind::binary) return std::nullopt;
  metrics::Confusion table(static_cast<std::size_t>(scale.high()) + 1);
  for (const Both& b : rows)
    table.at(static_cast<std::size_t>(b.first), static_cast<std::size_t>(b.second)) += 1;
  return metrics::cohen_kappa(table, metrics::Weights::quadratic);
}

void measure(JudgePair& pair, std::span<const Both> rows, const Scale& scale) {
  std::vector<double> x, y, ratings;
  std::map<std::string, std::uint32_t> clusters;
  std::vector<statistics::Observation> differences;
  for (const Both& b : rows) {
    x.push_back(b.first);
    y.push_back(b.second);
    ratings.insert(ratings.end(), {b.first, b.second});
    pair.equal += b.first == b.second;
    const auto cluster = static_cast<std::uint32_t>(clusters.size());
    differences.push_back({0, 0, clusters.try_emplace(b.set + '\x1f' + b.question, cluster).first->second, 0,
                           b.first - b.second, 1});
  }
  pair.both_scored = static_cast<std::int64_t>(rows.size());
  if (rows.empty()) {
    pair.reason = "no row was scored by both";
    return;
  }
  const auto mean =
      statistics::ratio_estimate(differences, {1, 1, static_cast<std::uint32_t>(clusters.size())}, kLevel);
  pair.mean_difference = mean.value;
  pair.interval = mean.these_seeds;
  pair.quadratic_kappa = quadratic_kappa(rows, scale);
  const metrics::Value rho = metrics::spearman(x, y);
  pair.spearman = rho;
  pair.reason = rho.reason();
  pair.kendall = metrics::kendall_tau_b(x, y);
  pair.alpha = metrics::krippendorff_alpha({ratings, 2}, metrics::Level::interval);
}

using Place = std::tuple<std::string, std::string, int>;  // set, model, index

void compare_judges(std::span<const RecordedLog> logs, AudiobenchAudit& audit) {
  std::map<std::string, std::map<Place, std::pair<const RecordedLog*, const RecordedRow*>>> by_judge;
  for (const RecordedLog& log : logs)
    for (const RecordedRow& row : log.rows)
      by_judge[log.judge].emplace(Place{log.set, log.model, row.index}, std::pair{&log, &row});
  for (auto first = by_judge.begin(); first != by_judge.end(); ++first)
    for (auto second = std::next(first); second != by_judge.end(); ++second) {
      std::map<std::string, std::pair<Scale, std::vector<Both>>> rows;   // by scale
      std::map<std::string, std::map<std::string, std::int64_t>> asked;  // scale -> set -> rows
      for (const auto& [place, here] : first->second) {
        const auto there = second->second.find(place);
        if (there == second->second.end()) continue;
        const auto& [log, row] = here;
        const auto& [other_log, other_row] = there->second;
        if (triple_of(*row) != triple_of(*other_row)) {
          ++audit.other_answers;
          continue;
        }
        if (!log->scale || !other_log->scale || log->scale->kind != other_log->scale->kind) {
          ++audit.other_scales;
          continue;
        }
        const std::string scale(log->scale->name());
        ++asked[scale][log->set];
        auto& [of, both] = rows.try_emplace(scale, *log->scale, std::vector<Both>{}).first->second;
        const Read a = read_row(*row, *log->scale), b = read_row(*other_row, *log->scale);
        if (a.value && b.value) both.push_back({row->question, log->set, *a.value, *b.value});
      }
      for (const auto& [scale, of] : rows) {
        JudgePair all{first->first, second->first, scale, "", 0, 0, 0, {}, {}, {}, {}, {}, {}, ""};
        for (const auto& [set, n] : asked.at(scale)) all.items += n;
        measure(all, of.second, of.first);
        audit.judges.push_back(all);
        for (const auto& [set, n] : asked.at(scale)) {
          std::vector<Both> part;
          for (const Both& b : of.second)
            if (b.set == set) part.push_back(b);
          JudgePair one{first->first, second->first, scale, set, n, 0, 0, {}, {}, {}, {}, {}, {}, ""};
          measure(one, part, of.first);
          audit.judges.push_back(std::move(one));
        }
      }
    }
}

}  // namespace

void compare_verdicts(std::span<const RecordedLog> logs, AudiobenchAudit& audit) {
  std::map<std::pair<std::string, std::string>, std::map<Triple, std::vector<Read>>> groups;
  for (const RecordedLog& log : logs) {
    if (!log.scale) continue;
    auto& triples = groups[{log.judge, std::string(log.scale->name())}];
    for (const RecordedRow& row : log.rows) triples[triple_of(row)].push_back(read_row(row, *log.scale));
  }
  for (const auto& [of, triples] : groups) audit.self.push_back(self_agreement(of.first, of.second, triples));
  compare_judges(logs, audit);
}

}  // namespace undertone::audit
