#include "metrics/agreement.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/correlation.h"

namespace undertone::metrics {
namespace {

constexpr const char* kShape = "the number of ratings is no multiple of the number of raters";
constexpr const char* kInfinite = "a rating is infinite";
constexpr const char* kAlike = "all ratings are alike: chance agreement is certain";
constexpr const char* kNoPairs = "no item has two ratings";

const char* unusable(const Ratings& r) {
  if (r.raters == 0 || r.values.size() % r.raters != 0) return kShape;
  for (double v : r.values)
    if (std::isinf(v)) return kInfinite;
  return nullptr;
}

// The ratings of one item that are there.
std::vector<double> given(const Ratings& r, std::size_t item) {
  std::vector<double> out;
  for (std::size_t k = 0; k < r.raters; ++k)
    if (const double v = r.at(item, k); !std::isnan(v)) out.push_back(v + 0.0);
  return out;
}

double squared(double v) { return v * v; }

// How many ordered pairs of unlike values there are: m^2 - sum of squared counts.
double unlike_pairs(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto m = static_cast<double>(values.size());
  double alike = 0;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t j = i;
    while (j < values.size() && values[j] == values[i]) ++j;
    alike += squared(static_cast<double>(j - i));
    i = j;
  }
  return m * m - alike;
}

// Sum of (a - b)^2 over ordered pairs: 2 m times the sum of squares about the mean.
double squared_gaps(std::span<const double> values) {
  const auto m = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (double v : values) mean += v / m;
  for (double v : values) squares += squared(v - mean);
  return 2 * m * squares;
}

double ratio_gaps(std::span<const double> values) {
  std::map<double, double> counts;
  for (double v : values) counts[v] += 1;
  double sum = 0;
  for (auto a = counts.begin(); a != counts.end(); ++a)
    for (auto b = std::next(a); b != counts.end(); ++b)
      sum += 2 * a->second * b->second * squared((a->first - b->first) / (a->first + b->first));
  return sum;
}

double disagreement(std::span<const double> values, Level level) {
  switch (level) {
    case Level::nominal:
      return unlike_pairs({values.begin(), values.end()});
    case Level::ordinal:  // the values are midranks already
    case Level::interval:
      return squared_gaps(values);
    case Level::ratio:
      return ratio_gaps(values);
  }
  return 0;
}

}  // namespace

Value cohen_kappa(const Confusion& table, Weights weights) {
  const ClassMargins m = margins(table);
  double n = 0;
  for (double v : m.support) n += v;
  if (!(n > 0)) return Value::none("no items");
  double observed = 0, expected = 0;
  for (std::size_t g = 0; g < table.classes; ++g)
    for (std::size_t a = 0; a < table.classes; ++a) {
      const double gap = std::fabs(static_cast<double>(g) - static_cast<double>(a));
      const double w = weights == Weights::none     ? (g == a ? 0 : 1)
                       : weights == Weights::linear ? gap
                                                    : gap * gap;
      observed += w * table.at(g, a) / n;
      expected += w * (m.support[g] / n) * (m.answered[a] / n);
    }
  if (!(expected > 1e-14)) return Value::none(kAlike);
  return 1 - observed / expected;
}

Value fleiss_kappa(const Ratings& r) {
  if (const char* why = unusable(r)) return Value::none(why);
  if (r.items() == 0) return Value::none("no items");
  std::map<double, double> totals;
  double agreed = 0;
  std::size_t ratings_each = 0;
  for (std::size_t i = 0; i < r.items(); ++i) {
    const std::vector<double> values = given(r, i);
    if (i == 0) ratings_each = values.size();
    if (values.size() != ratings_each) return Value::none("items differ in their number of ratings");
    if (ratings_each < 2) return Value::none(kNoPairs);
    const auto m = static_cast<double>(ratings_each);
    agreed += 1 - unlike_pairs(values) / (m * (m - 1));
    for (double v : values) totals[v] += 1;
  }
  const auto items = static_cast<double>(r.items()), all = items * static_cast<double>(ratings_each);
  double chance = 0;
  for (const auto& [value, count] : totals) chance += squared(count / all);
  if (totals.size() < 2) return Value::none(kAlike);
  return (agreed / items - chance) / (1 - chance);
}

Value krippendorff_alpha(const Ratings& r, Level level) {
  if (const char* why = unusable(r)) return Value::none(why);
  // Values that can be paired, item by item.
  std::vector<double> values;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < r.items(); ++i) {
    const std::vector<double> item = given(r, i);
    if (item.size() < 2) continue;
    values.insert(values.end(), item.begin(), item.end());
    ends.push_back(values.size());
  }
  if (ends.empty()) return Value::none(kNoPairs);
  if (level == Level::ratio && std::any_of(values.begin(), values.end(), [](double v) { return v < 0; }))
    return Value::none("a rating is negative: no ratio scale");
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); }))
    return Value::none(kAlike);
  // (sum of n_g..n_h - (n_g + n_h) / 2)^2 is the squared difference of the two values' midranks.
  if (level == Level::ordinal) values = midranks(values);
  double observed = 0;
  std::size_t begin = 0;
  for (std::size_t end : ends) {
    const std::span<const double> item(values.data() + begin, end - begin);
    observed += disagreement(item, level) / static_cast<double>(item.size() - 1);
    begin = end;
  }
  const auto n = static_cast<double>(values.size());
  return 1 - (n - 1) * observed / disagreement(values, level);
}

Value gwet_ac(const Ratings& r, GwetWeights kind, std::span<const double> categories) {
  if (const char* why = unusable(r)) return Value::none(why);
  std::vector<double> scale(categories.begin(), categories.end());
  if (scale.empty())
    for (double v : r.values)
      if (!std::isnan(v)) scale.push_back(v + 0.0);
  std::sort(scale.begin(), scale.end());
  scale.erase(std::unique(scale.begin(), scale.end()), scale.end());
  const std::size_t q = scale.size();
  if (q < 2) return Value::none("fewer than two categories: chance agreement is undefined");
  const double width = scale.back() - scale.front(), steps = static_cast<double>(q * (q - 1)) / 2;
  auto weight = [&](std::size_t a, std::size_t b) -> double {
    const double gap = std::fabs(scale[a] - scale[b]) / width, apart = a > b ? double(a - b) : double(b - a);
    switch (kind) {
      case GwetWeights::none:
        return a == b ? 1 : 0;
      case GwetWeights::linear:
        return 1 - gap;
      case GwetWeights::quadratic:
        return 1 - gap * gap;
      case GwetWeights::ordinal:
        return a == b ? 1 : 1 - (apart + 1) * apart / 2 / steps;
    }
    return 0;
  };
  std::vector<double> counts(q), share(q, 0.0);
  double agreed = 0, paired = 0, rated = 0;
  for (std::size_t i = 0; i < r.items(); ++i) {
    std::fill(counts.begin(), counts.end(), 0.0);
    double m = 0;
    for (double v : given(r, i)) {
      const auto at = std::lower_bound(scale.begin(), scale.end(), v);
      if (at == scale.end() || *at != v) return Value::none("a rating is none of the categories");
      counts[static_cast<std::size_t>(at - scale.begin())] += 1;
      m += 1;
    }
    if (m < 1) continue;
    rated += 1;
    for (std::size_t k = 0; k < q; ++k) share[k] += counts[k] / m;
    if (m < 2) continue;
    paired += 1;
    for (std::size_t k = 0; k < q; ++k) {
      if (counts[k] == 0) continue;
      double like = -1;  // the rating itself
      for (std::size_t l = 0; l < q; ++l) like += weight(k, l) * counts[l];
      agreed += counts[k] * like / (m * (m - 1));
    }
  }
  if (paired == 0) return Value::none(kNoPairs);
  double all_weights = 0, spread = 0;
  for (std::size_t k = 0; k < q; ++k) {
    spread += share[k] / rated * (1 - share[k] / rated);
    for (std::size_t l = 0; l < q; ++l) all_weights += weight(k, l);
  }
  const double chance = all_weights * spread / (static_cast<double>(q) * static_cast<double>(q - 1));
  if (!(chance < 1 - 1e-14)) return Value::none("chance agreement is certain");
  return (agreed / paired - chance) / (1 - chance);
}

IntraclassCorrelation intraclass_correlation(const Ratings& r) {
  IntraclassCorrelation out;
  auto none = [&](const char* why) {
    out.single = out.average = Value::none(why);
    return out;
  };
  if (const char* why = unusable(r)) return none(why);
  if (!all_finite(r.values)) return none("a rating is missing: every rater must have rated every item");
  if (r.items() < 2 || r.raters < 2) return none("fewer than two items or raters");
  const auto n = static_cast<double>(r.items()), k = static_cast<double>(r.raters);
  double mean = 0, scale = 0;
  for (double v : r.values) mean += v / (n * k), scale = std::max(scale, std::fabs(v));
  std::vector<double> item_mean(r.items(), 0.0), rater_mean(r.raters, 0.0);
  for (std::size_t i = 0; i < r.items(); ++i)
    for (std::size_t j = 0; j < r.raters; ++j) {
      item_mean[i] += (r.at(i, j) - mean) / k;  // less the grand mean
      rater_mean[j] += (r.at(i, j) - mean) / n;
    }
  double items = 0, raters = 0, residual = 0, total = 0;
  for (double v : item_mean) items += k * v * v;
  for (double v : rater_mean) raters += n * v * v;
  for (std::size_t i = 0; i < r.items(); ++i)
    for (std::size_t j = 0; j < r.raters; ++j) {
      residual += squared(r.at(i, j) - mean - item_mean[i] - rater_mean[j]);
      total += squared(r.at(i, j) - mean);
    }
  if (!(total > 1e-26 * n * k * std::max(1.0, scale * scale))) return none("all ratings are alike");
  const double ms_items = items / (n - 1), ms_raters = raters / (k - 1),
               ms_residual = residual / ((n - 1) * (k - 1));
  const double single = ms_items + (k - 1) * ms_residual + k * (ms_raters - ms_residual) / n;
  const double average = ms_items + (ms_raters - ms_residual) / n;
  auto share = [&](double variance) {
    return variance > 1e-13 * (ms_items + ms_raters + ms_residual)
               ? Value((ms_items - ms_residual) / variance)
               : Value::none("the variance that it divides by is estimated as not positive");
  };
  out.single = share(single);
  out.average = share(average);
  return out;
}

}  // namespace undertone::metrics
