#include "reports/paper_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/statistics/distributions.h"
#include "metrics/statistics/paired_tests.h"
#include "metrics/statistics/planning.h"

namespace undertone::paper {
namespace {

using statistics::PlannedDesign;
using statistics::PlannedVariance;

constexpr double kPower = 0.8;
constexpr std::int64_t kMostUnits = 10'000'000;

// The planner's view of it: units are speakers.
PlannedVariance planned_variance(const Measured& m) {
  PlannedVariance v;
  v.speaker = m.of_units * static_cast<double>(m.units);
  v.seed = m.of_seeds * static_cast<double>(m.seeds);
  return v;
}
PlannedDesign planned_design(const Measured& m) {
  PlannedDesign d;
  d.speakers = m.units;
  d.seeds = m.seeds;
  return d;
}

double half_width_of(const Measured& m, double level) {
  return statistics::t_quantile((1 + level) / 2, m.df) * m.standard_error;
}

std::string number_text(const std::string& what, std::optional<std::int64_t> needed, std::int64_t now) {
  return needed ? fmt::format("{} {} ({} now)", *needed, what, now)
                : fmt::format("no number of {} alone ({} now)", what, now);
}

std::string needed(const Measured& m, double effect, double alpha, double power, const Units& units) {
  const bool new_seeds = m.seeds > 1;
  const PlannedVariance v = planned_variance(m);
  const auto more = statistics::number_needed(effect, v, planned_design(m), &PlannedDesign::speakers,
                                              new_seeds, power, alpha, kMostUnits);
  std::string out = "needs " + number_text(units.plural, more, m.units);
  if (more && units.clips > 0)
    out += fmt::format(", about {:.0f} clips", std::ceil(static_cast<double>(*more) * units.clips));
  if (!new_seeds || m.of_seeds <= 0) return out;
  const auto seeds = statistics::number_needed(effect, v, planned_design(m), &PlannedDesign::seeds, new_seeds,
                                               power, alpha, 100'000);
  return out + ", or " + number_text("seeds", seeds, m.seeds);
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::not_comparable:
      return "NOT COMPARABLE";
    case Verdict::not_reproduced:
      return "NOT REPRODUCED";
    case Verdict::cannot_tell:
      return "CANNOT TELL";
    case Verdict::consistent:
      return "CONSISTENT";
    case Verdict::reproduced:
      return "REPRODUCED";
  }
  return "";
}

std::optional<Measured> measured(double value, double half_width, std::optional<double> these_seeds,
                                 std::int64_t units, std::int64_t seeds, double level) {
  if (units < 2 || !(half_width > 0) || !std::isfinite(half_width)) return std::nullopt;
  Measured out;
  out.value = value;
  out.units = units;
  out.seeds = std::max<std::int64_t>(1, seeds);
  const auto df = static_cast<double>(units - 1);
  const double t = statistics::t_quantile((1 + level) / 2, df);
  // With seeds held, or unknown: all of the variance is given to the units. Where seeds do vary, their few
  // degrees of freedom are in the half-width already, and reading it with more of them keeps every interval
  // at the level or wider ones at lower levels.
  const double whole = half_width / t, held = these_seeds ? *these_seeds / t : whole;
  out.standard_error = whole;
  out.df = df;
  out.of_units = whole * whole;
  if (out.seeds < 2 || !these_seeds || !(held > 0) || half_width <= *these_seeds * (1 + 1e-9)) return out;
  // Var = held^2 + x, and the half-width is t(df(x)) sqrt(Var): the x that gives it.
  PlannedVariance v;
  v.speaker = held * held * static_cast<double>(units);
  PlannedDesign d = planned_design(out);
  double low = 0, high = whole * whole;
  for (int i = 0; i < 200 && high - low > 1e-14 * whole * whole; ++i) {
    const double x = (low + high) / 2;
    v.seed = x * static_cast<double>(out.seeds);
    const auto p = statistics::planned_precision(v, d, true);
    if (!p.variance || !p.df) return out;
    (statistics::t_quantile((1 + level) / 2, *p.df) * std::sqrt(*p.variance) < half_width ? low : high) = x;
  }
  v.seed = low * static_cast<double>(out.seeds);
  const auto p = statistics::planned_precision(v, d, true);
  out.of_units = held * held;
  out.of_seeds = low;
  out.standard_error = std::sqrt(*p.variance);
  out.df = *p.df;
  return out;
}

namespace {

// Variances and their degrees of freedom, added.
Measured added(double value, const Measured& a, double wa, const Measured& b, double wb) {
  Measured out;
  out.value = value;
  out.of_units = wa * wa * a.of_units + wb * wb * b.of_units;
  out.of_seeds = wa * wa * a.of_seeds + wb * wb * b.of_seeds;
  const double va = wa * wa * a.standard_error * a.standard_error;
  const double vb = wb * wb * b.standard_error * b.standard_error;
  out.standard_error = std::sqrt(va + vb);
  out.df = (va + vb) * (va + vb) / (va * va / a.df + vb * vb / b.df);
  out.units = std::min(a.units, b.units);
  out.seeds = std::min(a.seeds, b.seeds);
  return out;
}

}  // namespace

Measured unpaired_difference(const Measured& a, const Measured& b) {
  return added(a.value - b.value, a, 1, b, -1);
}

Measured gain_over(const Measured& d, const Measured& base) {
  return added(100 * d.value / base.value, d, 100 / base.value, base,
               -100 * d.value / (base.value * base.value));
}

Measured scaled(Measured m, double factor) {
  m.value *= factor;
  m.standard_error *= std::abs(factor);
  m.of_units *= factor * factor;
  m.of_seeds *= factor * factor;
  return m;
}

Judged judge_value(const Measured& ours, const Target& target, double margin, double level) {
  Judged out;
  const double difference = ours.value - target.printed;
  Measured with = ours;  // the paper's own sample varies about what is measured here, too
  with.standard_error = std::hypot(ours.standard_error, target.standard_error);
  const double half = half_width_of(with, level);
  out.low = difference - half;
  out.high = difference + half;
  const double room = margin - target.rounding;
  if (room > 0) {
    const auto tost =
        statistics::two_one_sided_tests(difference, with.standard_error, ours.df, -room, room, 1 - level);
    out.p_value = tost.p_value;
    if (tost.shown) {
      out.verdict = Verdict::reproduced;
      out.why = fmt::format("equivalent within {:g} (p = {:.3g})", margin, *tost.p_value);
      return out;
    }
  }
  if (*out.low > target.rounding || *out.high < -target.rounding) {
    out.verdict = Verdict::not_reproduced;
    out.why = fmt::format("the interval of the difference, {:+.2f} to {:+.2f}, leaves out what was printed",
                          *out.low, *out.high);
  } else if (half <= 2 * margin) {
    out.verdict = Verdict::consistent;
    out.why = fmt::format("the interval covers what was printed, half-width {:.2f}", half);
  } else {
    out.verdict = Verdict::cannot_tell;
    out.why = fmt::format("half-width {:.2f} is more than twice the margin", half);
  }
  return out;
}

Judged judge_direction(const Measured& difference, int sign, double margin, double level) {
  Judged out;
  const double half = half_width_of(difference, level);
  out.low = difference.value - half;
  out.high = difference.value + half;
  out.p_value = statistics::t_two_sided_p(difference.value / difference.standard_error, difference.df);
  const double least = sign > 0 ? *out.low : -*out.high, most = sign > 0 ? *out.high : -*out.low;
  if (least > 0) {
    out.verdict = Verdict::reproduced;
    out.why = fmt::format("the interval lies {} zero", sign > 0 ? "above" : "below");
    return out;
  }
  if (most < 0) {
    out.verdict = Verdict::not_reproduced;
    out.why = "the interval lies on the other side of zero";
    return out;
  }
  const auto tost = statistics::two_one_sided_tests(difference.value, difference.standard_error,
                                                    difference.df, -margin, margin, 1 - level);
  if (tost.shown) {
    out.verdict = Verdict::not_reproduced;
    out.why = fmt::format("no difference: within {:.3g} of zero (p = {:.3g})", margin, *tost.p_value);
  } else if (sign * difference.value > 0 && half <= 2 * margin) {
    out.verdict = Verdict::consistent;
    out.why = "points the claimed way, but the interval covers zero";
  } else {
    out.verdict = Verdict::cannot_tell;
    out.why =
        half > 2 * margin
            ? fmt::format("the interval covers zero and its half-width {:.3g} is more than twice the margin",
                          half)
            : std::string("the estimate points the other way, but the interval covers zero");
  }
  return out;
}

std::string needed_text(const Measured& ours, double margin, double level, const Units& units,
                        double theirs) {
  // Standard errors add as squares, and their sum may be margin / reach: what is left of the margin for ours.
  const double reach = statistics::normal_quantile(level) + statistics::normal_quantile((1 + kPower) / 2);
  const double left = margin * margin - reach * reach * theirs * theirs;
  if (!(left > 0))
    return fmt::format(
        "needs more than can be run here: the paper's own sampling error, {:.2f}, is too large", theirs);
  return needed(ours, std::sqrt(left), 2 * (1 - level), (1 + kPower) / 2, units);
}

std::string needed_for_direction(const Measured& ours, double margin, double level, const Units& units) {
  return needed(ours, margin, 1 - level, kPower, units);
}

std::vector<std::string> rule_sentences(double margin, double level) {
  const double alpha = 1 - level;
  return {
      fmt::format(
          "A value is REPRODUCED where two one-sided tests at {:g} show it within {:g} points of the printed "
          "one; CONSISTENT where its {:g} % interval covers the printed one and has a half-width of at most "
          "{:g} "
          "points; NOT REPRODUCED where the interval leaves it out; else CANNOT TELL, with what it would "
          "take "
          "(power 0.8). Rounding of the printed value counts against equivalence and for coverage.",
          alpha, margin, 100 * level, 2 * margin),
      "Other clips than the paper's add its sampling error: the variance between units here, over as many "
      "clips as the "
      "paper has, and that of one training seed.",
      "NOT COMPARABLE: another judge, scale, set of questions, or system; which, is said. Of such a run only "
      "claims about "
      "order and direction are tested.",
      fmt::format("A direction is REPRODUCED where the {:g} % interval lies on the claimed side of zero, "
                  "also after Holm's "
                  "adjustment over all claims tested for direction; NOT REPRODUCED where it lies on the "
                  "other side, or "
                  "where two one-sided tests at {:g} show the difference within the margin of zero ({:g} % "
                  "of the scale); "
                  "CONSISTENT where it points the claimed way with a half-width of at most twice the margin; "
                  "else CANNOT "
                  "TELL. A claim is as strong as the weakest of its contrasts, its controls (placebo, same "
                  "condition at "
                  "test) among them.",
                  100 * level, alpha, margin),
      fmt::format("By chance alone up to {:g} % of values that are truly the same, and of differences that "
                  "stand at the "
                  "margin, are NOT REPRODUCED, and up to {:g} % of differences that are truly zero lie on "
                  "the other side.",
                  100 * alpha, 50 * alpha)};
}

}  // namespace undertone::paper
