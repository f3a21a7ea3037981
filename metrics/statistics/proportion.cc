#include "metrics/statistics/proportion.h"

#include <algorithm>
#include <cmath>

#include "metrics/statistics/distributions.h"

namespace undertone::statistics {
namespace {

bool share_ok(double p) { return p >= 0 && p <= 1; }  // false for NaN
bool size_ok(double n) { return n > 0 && std::isfinite(n); }

Interval nothing(double level, const char* method, const char* reason) {
  Interval out;
  out.level = level;
  out.method = method;
  out.reason = reason;
  return out;
}

struct Ends {
  double low, high;
};

Ends wilson_ends(double p, double n, double z) {
  const double z2 = z * z, centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  // At a share of 0 or 1 that end is the share itself; rounding would put it a hair beside.
  return {p == 0 ? 0 : centre - half, p == 1 ? 1 : centre + half};
}

constexpr const char* kBadShare = "a share is not within 0 and 1";
constexpr const char* kBadSize = "no items";

}  // namespace

std::optional<double> effective_size(double n, double design_effect) {
  if (!size_ok(n) || !size_ok(design_effect)) return std::nullopt;
  return n / std::max(1.0, design_effect);
}

Interval wilson_interval(double share, double n, double level) {
  constexpr const char* method = "Wilson score on effective n";
  if (!size_ok(n)) return nothing(level, method, kBadSize);
  if (!share_ok(share)) return nothing(level, method, kBadShare);
  Interval out = nothing(level, method, "");
  const Ends e = wilson_ends(share, n, normal_quantile(0.5 + level / 2));
  out.low = e.low;
  out.high = e.high;
  return out;
}

Interval newcombe_interval(double first, double n_first, double second, double n_second, double level) {
  constexpr const char* method = "Newcombe hybrid score on effective n";
  if (!size_ok(n_first) || !size_ok(n_second)) return nothing(level, method, kBadSize);
  if (!share_ok(first) || !share_ok(second)) return nothing(level, method, kBadShare);
  const double z = normal_quantile(0.5 + level / 2), d = first - second;
  const Ends a = wilson_ends(first, n_first, z), b = wilson_ends(second, n_second, z);
  Interval out = nothing(level, method, "");
  out.low = d - std::hypot(first - a.low, b.high - second);
  out.high = d + std::hypot(a.high - first, second - b.low);
  return out;
}

Interval newcombe_paired_interval(const PairedCounts& counts, double design_effect, double level) {
  constexpr const char* method = "Newcombe paired score on effective n";
  const double smallest = std::min({counts.both, counts.only_first, counts.only_second, counts.neither});
  const auto n =
      effective_size(counts.both + counts.only_first + counts.only_second + counts.neither, design_effect);
  if (!n || !(smallest >= 0)) return nothing(level, method, kBadSize);
  const double scale = 1 / std::max(1.0, design_effect);
  const double a = counts.both * scale, b = counts.only_first * scale, c = counts.only_second * scale,
               d = counts.neither * scale;
  const double first = (a + b) / *n, second = (a + c) / *n, difference = (b - c) / *n;
  const double z = normal_quantile(0.5 + level / 2);
  const Ends l = wilson_ends(first, *n, z), m = wilson_ends(second, *n, z);
  // Correlation of the two sides, drawn towards zero by half an item (Newcombe 1998b).
  const double product = (a + b) * (c + d) * (a + c) * (b + d);
  double phi = 0;
  if (product > 0) {
    const double e = a * d - b * c;
    phi = (e > 0 ? std::max(e - *n / 2, 0.0) : e) / std::sqrt(product);
  }
  auto reach = [phi](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y));
  };
  Interval out = nothing(level, method, "");
  out.low = difference - reach(first - l.low, m.high - second);
  out.high = difference + reach(l.high - first, second - m.low);
  return out;
}

CorrectedShare rogan_gladen(const JudgedShare& j, double level) {
  constexpr const char* method = "Rogan-Gladen, Lang-Reiczigel interval";
  CorrectedShare out;
  auto refuse = [&](const char* why) {
    out.interval = nothing(level, method, why);
    return out;
  };
  if (!size_ok(j.n) || !size_ok(j.n_positive) || !size_ok(j.n_negative)) return refuse(kBadSize);
  if (!share_ok(j.apparent) || !share_ok(j.sensitivity) || !share_ok(j.specificity)) return refuse(kBadShare);
  const double youden = j.sensitivity + j.specificity - 1;
  if (!(youden > 1e-12))
    return refuse(
        "the judge is no better than chance (sensitivity + specificity <= 1): nothing to correct with");
  const double raw = (j.apparent + j.specificity - 1) / youden;
  out.value = std::clamp(raw, 0.0, 1.0);
  out.cut = *out.value != raw;
  const double z = normal_quantile(0.5 + level / 2), z2 = z * z;
  const double n = j.n + z2, n_se = j.n_positive + 2, n_sp = j.n_negative + 2;
  const double apparent = (j.n * j.apparent + z2 / 2) / n;
  const double se = (j.n_positive * j.sensitivity + 1) / n_se;
  const double sp = (j.n_negative * j.specificity + 1) / n_sp;
  if (!(se + sp - 1 > 1e-12)) return refuse("too few validated items");
  const double p = (apparent + sp - 1) / (se + sp - 1);
  const double v_se = se * (1 - se) / n_se, v_sp = sp * (1 - sp) / n_sp;
  const double shift = 2 * z2 * (p * v_se - (1 - p) * v_sp);
  const double error =
      std::sqrt(apparent * (1 - apparent) / n + p * p * v_se + (1 - p) * (1 - p) * v_sp) / (se + sp - 1);
  out.interval = nothing(level, method, "");
  out.interval.standard_error = error;
  out.interval.low = std::clamp(p + shift - z * error, 0.0, 1.0);
  out.interval.high = std::clamp(p + shift + z * error, 0.0, 1.0);
  return out;
}

}  // namespace undertone::statistics
