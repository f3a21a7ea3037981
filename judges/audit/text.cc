// The audit for a terminal: what is wrong first, then what stands behind the scores.
#include <fmt/format.h>

#include "judges/audit/audiobench_audit.h"

namespace undertone::audit {
namespace {

std::string number(const std::optional<double>& v, int digits = 2) {
  return v ? fmt::format("{:.{}f}", *v, digits) : "-";
}
std::string fraction(const std::optional<Fraction>& f) {
  return f ? fmt::format("{}/{}", f->numerator, f->denominator) : "-";
}

void add_failures(const AudiobenchAudit& a, std::string& out) {
  std::int64_t zeros = 0, zeros_failed = 0, legible = 0;
  for (const FileAudit& f : a.files) {
    zeros += f.kept.zeros;
    zeros_failed += f.kept.zeros_failed;
    legible += f.kept.legible;
  }
  out += fmt::format(
      "{} files, {} rows. {} verdicts failed to parse, {} of the {} recorded zeros are such failures; {} can "
      "be "
      "read.\n",
      a.files.size(), a.rows, a.failures.size(), zeros_failed, zeros, legible);
  for (const FailedVerdict& f : a.failures)
    out += fmt::format("  {} row {}: recorded {}, {}\n", f.file, f.index,
                       f.recorded ? fmt::format("{:g}", *f.recorded) : "no number",
                       f.legible ? fmt::format("the reply rates {:g}", *f.legible) : f.why);
}

void add_published(const AudiobenchAudit& a, std::string& out) {
  out +=
      "\nPublished scores with failures: score [bounds], without failures, mean rating as a fraction, "
      "items\n";
  for (const FileAudit& f : a.files) {
    const PublishedScore& p = f.published;
    if (p.success_rate && *p.success_rate == 1) continue;
    out +=
        fmt::format("  {}: {} [{}, {}], {} without, {} of {}, failures {}, {}\n", f.file, number(p.score),
                    number(p.worst_with_legible ? p.worst_with_legible : p.worst),
                    number(p.best_with_legible ? p.best_with_legible : p.best), number(p.without_failures),
                    fraction(p.mean), f.scale ? f.scale->name() : "unknown scale", p.zeros,
                    p.items ? fmt::format("at least {} of {} failed", *p.failed, *p.items) : "items unknown");
  }
}

void add_rankings(const AudiobenchAudit& a, std::string& out) {
  out += "\nRankings\n";
  for (const Ranking& r : a.rankings) {
    if (r.refused) out += fmt::format("  {} by {}: refused, {}\n", r.set, r.judge, r.reason);
    for (const auto& [scale, models] : r.by_scale) {
      if (models.size() < 2) continue;
      std::string line;
      for (std::size_t i = 0; i < models.size(); ++i)
        line += fmt::format("{}{} {:.2f}",
                            i == 0                  ? ""
                            : models[i - 1].certain ? " > "
                                                    : " ? ",
                            models[i].model, models[i].score);
      out += fmt::format("  {} by {}, {}: {}\n", r.set, r.judge, scale, line);
    }
    if (!r.items_note.empty()) out += fmt::format("    {}\n", r.items_note);
  }
  out += "  (\">\": no failed verdict could turn the order; \"?\": one could, or the bounds are unknown)\n";
}

void add_comparisons(const AudiobenchAudit& a, std::string& out) {
  out += "\nThe same judge on identical question, reference and answer\n";
  for (const SelfAgreement& s : a.self)
    if (s.pairs > 0)
      out += fmt::format("  {} on {}: {} of {} pairs differ ({} triples), {} [{}, {}], by up to {:g}\n",
                         s.judge, s.scale, s.differ, s.pairs, s.triples, number(s.share),
                         number(s.interval.low), number(s.interval.high), s.largest);
  out += "\nTwo judges on the same rows\n";
  for (const JudgePair& p : a.judges)
    if (p.set.empty())
      out += fmt::format(
          "  {} and {} on {}: {} items, {} equal, mean difference {} [{}, {}], quadratic kappa {}, Spearman "
          "{}, "
          "tau-b {}\n",
          p.first, p.second, p.scale, p.both_scored, p.equal, number(p.mean_difference),
          number(p.interval.low), number(p.interval.high), number(p.quadratic_kappa), number(p.spearman),
          number(p.kendall));
  out += fmt::format("  {} rows hold other texts and {} are judged on two scales: not compared\n",
                     a.other_answers, a.other_scales);
}

}  // namespace

std::string to_text(const AudiobenchAudit& a) {
  std::string out;
  add_failures(a, out);
  add_published(a, out);
  add_rankings(a, out);
  add_comparisons(a, out);
  out += "\nWhat these logs cannot tell\n";
  for (const auto& u : a.unknowable) out += "  " + u + "\n";
  for (const auto& w : a.warnings) out += "warning: " + w + "\n";
  return out;
}

}  // namespace undertone::audit
