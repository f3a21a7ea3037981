#include "metrics/statistics/planning.h"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <cmath>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"

namespace undertone::statistics {
namespace {

using Plain = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

void need(bool ok, const char* what) {
  if (!ok) throw Error(ErrorKind::internal, what);
}

// Of the variance: what more units lessen, and for new seeds what a seed's own mean varies by.
struct Parts {
  double units, seeds;
  double sum() const { return units + seeds; }
};

Parts parts_of(const PlannedVariance& v, const PlannedDesign& d, bool new_seeds) {
  need(std::min({d.speakers, d.clips, d.questions, d.seeds, d.replicates}) >= 1,
       "a planned design needs numbers of 1 or more");
  for (double c : {v.speaker, v.clip, v.question, v.seed, v.decode, v.replicate})
    need(c >= 0 && std::isfinite(c), "a planned variance is negative or not finite");
  const auto N = static_cast<double>(d.speakers), S = static_cast<double>(d.seeds);
  const double clips = N * static_cast<double>(d.clips), questions = clips * static_cast<double>(d.questions);
  const double answers = questions * S, verdicts = answers * static_cast<double>(d.replicates);
  const double units = v.speaker / N + v.clip / clips + v.question / questions;
  const double residual = v.decode / answers + v.replicate / verdicts;
  return new_seeds ? Parts{units, v.seed / S + residual} : Parts{units + residual, 0};
}

// A whole number in [low, limit] that is enough: the smallest where more is never worse. In small steps,
// because more units leave fewer degrees of freedom where seeds are what varies.
template <class Enough>
std::optional<std::int64_t> smallest(std::int64_t low, std::int64_t limit, const Enough& enough) {
  std::int64_t high = low;
  while (!enough(high)) {
    if (high >= limit) return std::nullopt;
    low = high + 1;
    high = std::min(limit, high + std::max<std::int64_t>(1, high / 8));
  }
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (enough(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return high;
}

}  // namespace

Precision planned_precision(const PlannedVariance& variance, const PlannedDesign& design, bool new_seeds) {
  Precision out;
  const Parts p = parts_of(variance, design, new_seeds);
  if (design.speakers < 2) {
    out.reason = "one unit: no variance can be estimated";
    return out;
  }
  if (new_seeds && design.seeds < 2) {
    out.reason = "one seed says nothing about new seeds";
    return out;
  }
  const auto N = static_cast<double>(design.speakers), S = static_cast<double>(design.seeds);
  out.variance = p.sum();
  out.df = p.seeds > 0 ? harmonic_df({{p.units, N - 1}, {p.seeds, S - 1}}) : N - 1;
  return out;
}

double t_test_power(double effect, double standard_error, double df, double alpha) {
  need(effect > 0 && standard_error > 0 && df > 0 && alpha > 0 && alpha < 1 && std::isfinite(df) &&
           std::isfinite(effect) && std::isfinite(standard_error),
       "t_test_power needs positive numbers");
  const double delta = effect / standard_error, reach = t_quantile(1 - alpha / 2, df);
  const boost::math::non_central_t_distribution<double, Plain> d(df, delta);
  return boost::math::cdf(boost::math::complement(d, reach)) + boost::math::cdf(d, -reach);
}

double minimum_detectable_effect(double standard_error, double df, double power, double alpha) {
  need(standard_error > 0 && df > 0 && alpha > 0 && power > alpha && power < 1,
       "minimum_detectable_effect needs 0 < alpha < power < 1");
  double low = 0, high = 1;
  while (t_test_power(high, 1, df, alpha) < power) low = high, high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = low + (high - low) / 2;
    (t_test_power(middle, 1, df, alpha) < power ? low : high) = middle;
  }
  return high * standard_error;
}

std::optional<std::int64_t> units_needed(double effect, double standard_deviation, double power, double alpha,
                                         std::int64_t limit) {
  return smallest(2, limit, [&](std::int64_t n) {
    const auto G = static_cast<double>(n);
    return t_test_power(effect, standard_deviation / std::sqrt(G), G - 1, alpha) >= power;
  });
}

std::optional<std::int64_t> speakers_needed(double effect, const PlannedVariance& variance,
                                            PlannedDesign design, bool new_seeds, double power, double alpha,
                                            std::int64_t limit) {
  return number_needed(effect, variance, design, &PlannedDesign::speakers, new_seeds, power, alpha, limit);
}

std::optional<std::int64_t> number_needed(double effect, const PlannedVariance& variance,
                                          PlannedDesign design, std::int64_t PlannedDesign::*number,
                                          bool new_seeds, double power, double alpha, std::int64_t limit) {
  const bool units = number == &PlannedDesign::speakers, seeds = number == &PlannedDesign::seeds;
  if ((new_seeds && !seeds && design.seeds < 2) || (!units && design.speakers < 2)) return std::nullopt;
  return smallest(units || (seeds && new_seeds) ? 2 : 1, limit, [&](std::int64_t n) {
    design.*number = n;
    const Precision p = planned_precision(variance, design, new_seeds);
    if (*p.variance == 0) return true;  // nothing varies: any difference is seen
    return t_test_power(effect, std::sqrt(*p.variance), *p.df, alpha) >= power;
  });
}

std::vector<Purchase> purchases(const PlannedVariance& variance, const PlannedDesign& design,
                                bool new_seeds) {
  const Parts now = parts_of(variance, design, new_seeds);
  const double before = now.sum();
  std::vector<Purchase> out;
  auto buy = [&](const char* what, std::int64_t PlannedDesign::*number) {
    Purchase p;
    p.what = what;
    p.design = design;
    p.design.*number *= 2;
    const Parts after = parts_of(variance, p.design, new_seeds);
    p.variance = after.sum();
    p.standard_error_ratio = before > 0 ? std::sqrt(p.variance / before) : 1;
    p.more_answers = p.design.answers() - design.answers();
    p.more_verdicts = p.design.verdicts() - design.verdicts();
    out.push_back(p);
  };
  for (const auto& [name, number] : kDesignNumbers) buy(name, number);
  std::stable_sort(out.begin(), out.end(), [&](const Purchase& a, const Purchase& b) {
    return (before - a.variance) / static_cast<double>(a.more_verdicts) >
           (before - b.variance) / static_cast<double>(b.more_verdicts);
  });
  return out;
}

}  // namespace undertone::statistics
