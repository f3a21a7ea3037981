// One log: its rows read again, and what its published score rests on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "judges/audit/audiobench_audit.h"
#include "judges/rating.h"
#include "metrics/statistics/clustered.h"

namespace undertone::audit {
namespace {

// How many times larger one reading of the fractions must make a set than the other to be ruled out.
constexpr std::int64_t kClear = 10;

// Smallest n that is a multiple of `success.denominator` and for which mean x (verdicts that parsed) is
// whole.
std::optional<std::int64_t> items_if_left_out(const Fraction& mean, const Fraction& success) {
  // n = k d, of which k s parsed; mean.denominator has to divide k s.
  if (success.numerator == 0) return std::nullopt;
  const auto parsed = common_multiple(mean.denominator, success.numerator);
  if (!parsed) return std::nullopt;
  return *parsed / success.numerator * success.denominator;
}

std::string treatment(const PublishedScore& p) {
  if (!p.success_rate || !p.success || !p.mean || p.success->denominator < 1) return "unknown";
  if (p.success->numerator == p.success->denominator) return "no failures";
  if (!p.items_if_zero || !p.items_if_left_out) return "unknown";
  if (*p.items_if_left_out >= kClear * *p.items_if_zero) return "counted as 0";
  if (*p.items_if_zero >= kClear * *p.items_if_left_out) return "left out";
  return "undecided";
}

void add_items(PublishedScore& p, std::int64_t rows) {
  if (p.mean && p.success) {
    p.items_if_zero = common_multiple(p.mean->denominator, p.success->denominator);
    p.items_if_left_out = items_if_left_out(*p.mean, *p.success);
  }
  p.zeros = treatment(p);
  p.multiple_of = p.zeros == "left out" ? p.items_if_left_out : p.items_if_zero;
  if (!p.multiple_of) return;
  const std::int64_t m = *p.multiple_of;
  p.items = (std::max<std::int64_t>(rows, 1) + m - 1) / m * m;
  p.failed = *p.items / p.success->denominator * (p.success->denominator - p.success->numerator);
}

// What the score becomes when failures are no zeros. Bounds hold where failures were counted as 0.
void add_bounds(PublishedScore& p, const KeptRows& kept, double legible_sum, double high) {
  if (!p.score || !p.success_rate) return;
  const double failed_share = 1 - *p.success_rate;
  if (p.zeros == "left out") {
    p.without_failures = p.score;
    p.worst = *p.score * *p.success_rate;
    p.best = *p.worst + 100 * failed_share;
    return;
  }
  if (p.zeros != "counted as 0" && p.zeros != "no failures") return;
  if (*p.success_rate > 0) p.without_failures = *p.score / *p.success_rate;
  p.worst = p.score;
  p.best = *p.score + 100 * failed_share;
  if (!p.items || *p.failed < kept.legible) return;
  const auto n = static_cast<double>(*p.items);
  p.worst_with_legible = *p.score + 100 * legible_sum / high / n;
  p.best_with_legible = *p.worst_with_legible + 100 * static_cast<double>(*p.failed - kept.legible) / n;
}

}  // namespace

Verdict read_again(const RecordedRow& row, const Scale& scale) {
  return parse_rating(row.response, "Rating", scale);
}

FileAudit audit_file(const RecordedLog& log, const std::string& file, std::vector<FailedVerdict>& failures) {
  FileAudit out{file, log.model, log.set, log.judge, log.scale, log.scale_reason, {}, {}};
  KeptRows& kept = out.kept;
  kept.rows = static_cast<std::int64_t>(log.rows.size());
  double recorded = 0, scored = 0, legible = 0;
  std::int64_t with_number = 0;
  for (const RecordedRow& row : log.rows) {
    recorded += row.recorded.value_or(0);
    with_number += row.recorded.has_value();
    kept.zeros += row.recorded == 0;
    FailedVerdict failed{file, row.index, row.recorded, row.success, std::nullopt, ""};
    if (!log.scale) {
      failed.why = "the scale of the file is unknown";
    } else {
      const Verdict again = read_again(row, *log.scale);
      if (const auto* s = std::get_if<Scored>(&again))
        failed.legible = s->value;
      else if (const auto* f = std::get_if<ParseFailure>(&again))
        failed.why = f->extra.get("why", "no rating");
      else
        failed.why = "the reply is a refusal";
      if (!std::holds_alternative<ParseFailure>(row.verdict) && !std::holds_alternative<Scored>(row.verdict))
        failed.why = fmt::format("the log calls it {}", verdict_kind(row.verdict));
    }
    if (row.success && (!log.scale || failed.legible == row.recorded)) {
      ++kept.scored;
      scored += *row.recorded;
      continue;
    }
    ++kept.failed;
    kept.zeros_failed += row.recorded == 0;
    if (failed.legible) {
      ++kept.legible;
      legible += *failed.legible;
    }
    failures.push_back(std::move(failed));
  }
  const auto mean = [](double sum, std::int64_t n) {
    return n > 0 ? std::optional(sum / static_cast<double>(n)) : std::nullopt;
  };
  kept.mean_recorded = mean(recorded, with_number);
  kept.mean_scored = mean(scored, kept.scored);
  kept.mean_reread = mean(scored + legible, kept.scored + kept.legible);
  PublishedScore& p = out.published;
  p.score = log.judge_score;
  p.success_rate = log.success_rate;
  if (p.success_rate) p.success = published_fraction(*p.success_rate, 1);
  for (const auto& [task, score] : log.task_scores) p.tasks[task] = published_fraction(score, 1);
  if (!log.scale) {
    p.zeros = "unknown";
    return out;
  }
  if (const auto bounds = statistics::missing_bounds(scored + legible, kept.scored + kept.legible, kept.rows,
                                                     log.scale->low(), log.scale->high())) {
    kept.worst = bounds->worst;
    kept.best = bounds->best;
  }
  const double high = log.scale->high();
  if (p.score) p.mean = published_fraction(*p.score, 100 / high);
  add_items(p, kept.rows);
  add_bounds(p, kept, legible, high);
  return out;
}

}  // namespace undertone::audit
