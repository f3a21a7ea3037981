#include "metrics/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace undertone::metrics {
namespace {

struct Centred {
  double xx = 0, yy = 0, xy = 0, mean_x = 0, mean_y = 0;
};

Centred centred(std::span<const double> x, std::span<const double> y) {
  Centred c;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    c.mean_x += x[i] / n;
    c.mean_y += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i] - c.mean_x, b = y[i] - c.mean_y;
    c.xx += a * a;
    c.yy += b * b;
    c.xy += a * b;
  }
  return c;
}

// Sums of squares no larger than the rounding of their terms are those of a constant.
bool constant(double sum_of_squares, double n, double mean) {
  return !(sum_of_squares > 1e-26 * n * std::max(1.0, mean * mean));
}

std::vector<std::uint32_t> levels_of(std::span<const double> values, std::size_t& count) {
  std::vector<std::uint32_t> order(values.size()), level(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
  count = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || values[order[i]] != values[order[i - 1]]) ++count;
    level[order[i]] = static_cast<std::uint32_t>(count - 1);
  }
  return level;
}

}  // namespace

Value pearson(std::span<const double> x, std::span<const double> y) {
  if (const char* why = unpaired(x, y)) return Value::none(why);
  const Centred c = centred(x, y);
  const auto n = static_cast<double>(x.size());
  if (constant(c.xx, n, c.mean_x) || constant(c.yy, n, c.mean_y)) return Value::none(kConstant);
  return std::clamp(c.xy / std::sqrt(c.xx) / std::sqrt(c.yy), -1.0, 1.0);
}

Value spearman(std::span<const double> x, std::span<const double> y) {
  if (const char* why = unpaired(x, y)) return Value::none(why);
  return pearson(midranks(x), midranks(y));
}

Value point_biserial(std::span<const double> score, std::span<const std::uint8_t> right) {
  std::vector<double> y(right.size());
  for (std::size_t i = 0; i < right.size(); ++i) y[i] = right[i] ? 1 : 0;
  return pearson(score, y);
}

Value concordance(std::span<const double> x, std::span<const double> y) {
  if (const char* why = unpaired(x, y)) return Value::none(why);
  const Centred c = centred(x, y);
  const auto n = static_cast<double>(x.size());
  if (constant(c.xx, n, c.mean_x) && constant(c.yy, n, c.mean_y)) return Value::none("neither side varies");
  const double gap = c.mean_x - c.mean_y;
  return 2 * c.xy / (c.xx + c.yy + n * gap * gap);
}

Value corrected_for_attenuation(Value r, double reliability_x, double reliability_y) {
  auto usable = [](double reliability) { return reliability > 0 && reliability <= 1; };
  if (!r) return r;
  if (!usable(reliability_x) || !usable(reliability_y))
    return Value::none("a reliability is not above 0 and at most 1: nothing to correct with");
  return *r / std::sqrt(reliability_x) / std::sqrt(reliability_y);
}

std::optional<double> pearson(const PairMoments& m) {
  if (m.n < 2) return std::nullopt;
  const double xx = m.xx - m.x * m.x / m.n, yy = m.yy - m.y * m.y / m.n, xy = m.xy - m.x * m.y / m.n;
  // Raw moments lose about eps * sum of squares to cancellation.
  if (!(xx > 1e-13 * m.xx) || !(yy > 1e-13 * m.yy)) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

WeightedSpearman::WeightedSpearman(std::span<const double> x, std::span<const double> y,
                                   std::span<const std::uint32_t> cluster) {
  std::size_t nx = 0, ny = 0;
  const auto lx = levels_of(x, nx), ly = levels_of(y, ny);
  pairs_.reserve(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) pairs_.push_back({lx[i], ly[i], cluster[i], 1});
  auto key = [](const Pair& p) { return std::tuple(p.cluster, p.x_level, p.y_level); };
  std::sort(pairs_.begin(), pairs_.end(), [&](const Pair& a, const Pair& b) { return key(a) < key(b); });
  std::size_t last = 0;
  for (std::size_t i = 1; i < pairs_.size(); ++i) {
    if (key(pairs_[i]) == key(pairs_[last]))
      ++pairs_[last].n;
    else
      pairs_[++last] = pairs_[i];
  }
  if (!pairs_.empty()) pairs_.resize(last + 1);
  x_weight_.resize(nx), x_rank_.resize(nx);
  y_weight_.resize(ny), y_rank_.resize(ny);
}

std::optional<double> WeightedSpearman::operator()(std::span<const std::uint16_t> counts) {
  std::fill(x_weight_.begin(), x_weight_.end(), 0.0);
  std::fill(y_weight_.begin(), y_weight_.end(), 0.0);
  double n = 0;
  for (const Pair& p : pairs_) {
    const double w = static_cast<double>(counts[p.cluster]) * p.n;
    x_weight_[p.x_level] += w;
    y_weight_[p.y_level] += w;
    n += w;
  }
  if (n < 2) return std::nullopt;
  // Midranks less their mean, (n + 1) / 2; whole and half numbers, so the sums below are exact up to 2^53.
  auto rank = [n](const std::vector<double>& weight, std::vector<double>& out) {
    double before = 0, squares = 0;
    for (std::size_t l = 0; l < weight.size(); ++l) {
      out[l] = before + (weight[l] - n) / 2;
      before += weight[l];
      squares += weight[l] * out[l] * out[l];
    }
    return squares;
  };
  const double xx = rank(x_weight_, x_rank_), yy = rank(y_weight_, y_rank_);
  if (!(xx > 0) || !(yy > 0)) return std::nullopt;
  double xy = 0;
  for (const Pair& p : pairs_)
    xy += static_cast<double>(counts[p.cluster]) * p.n * x_rank_[p.x_level] * y_rank_[p.y_level];
  return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

}  // namespace undertone::metrics
