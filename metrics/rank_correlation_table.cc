#include "metrics/rank_correlation_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"

namespace undertone::metrics {
namespace {

// Room for the margins of a table on the stack where it is small, as a table of ratings is.
class Margin {
 public:
  explicit Margin(std::size_t n) : n_(n) {
    if (n > small_.size()) large_.resize(n);
  }
  std::int64_t* data() { return large_.empty() ? small_.data() : large_.data(); }
  std::int64_t& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return n_; }

 private:
  std::size_t n_;
  std::array<std::int64_t, 16> small_{};
  std::vector<std::int64_t> large_;
};

std::int64_t pairs_among(std::int64_t n) { return n * (n - 1) / 2; }

void check(std::span<const std::uint64_t> counts, std::size_t x_levels, std::size_t y_levels) {
  if (counts.size() != x_levels * y_levels)
    throw Error(ErrorKind::internal, "a count per cell is needed", "table of ratings");
}

constexpr std::size_t kWhole = 64;  // ratings are mostly whole numbers below this

// Levels of whole numbers 0 to 63, as ratings are: no sorting. Nothing where a value is another.
bool whole_levels(std::span<const double> values, std::vector<double>& distinct,
                  std::vector<std::uint32_t>& level) {
  bool seen[kWhole] = {};
  level.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    if (!(v >= 0 && v < static_cast<double>(kWhole))) return false;
    const auto whole = static_cast<std::uint32_t>(static_cast<std::int32_t>(v));
    if (static_cast<double>(whole) != v) return false;
    level[i] = whole;
    seen[whole] = true;
  }
  std::uint32_t level_of[kWhole] = {};
  distinct.clear();
  for (std::size_t v = 0; v < kWhole; ++v)
    if (seen[v]) {
      level_of[v] = static_cast<std::uint32_t>(distinct.size());
      distinct.push_back(static_cast<double>(v));
    }
  if (distinct.size() < kWhole && !distinct.empty() &&
      distinct.back() != static_cast<double>(distinct.size() - 1))
    for (std::uint32_t& l : level) l = level_of[l];
  return true;
}

std::vector<std::uint32_t> levels_of(std::span<const double> values, std::vector<double>& distinct) {
  std::vector<std::uint32_t> out;
  if (whole_levels(values, distinct, out)) return out;
  distinct.assign(values.begin(), values.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  out.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = static_cast<std::uint32_t>(std::lower_bound(distinct.begin(), distinct.end(), values[i]) -
                                        distinct.begin());
  return out;
}

}  // namespace

RatingLevels rating_levels(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || !all_finite(x) || !all_finite(y))
    throw Error(ErrorKind::internal, "finite values, as many on each side, are needed", "rating_levels");
  RatingLevels out;
  out.cell = levels_of(x, out.x);
  const std::vector<std::uint32_t> of_y = levels_of(y, out.y);
  for (std::size_t i = 0; i < of_y.size(); ++i)
    out.cell[i] = out.cell[i] * static_cast<std::uint32_t>(out.y.size()) + of_y[i];
  return out;
}

RatingTable rating_table(std::span<const double> x, std::span<const double> y) {
  RatingLevels levels = rating_levels(x, y);
  RatingTable out{std::move(levels.x), std::move(levels.y), {}};
  out.counts.resize(out.x.size() * out.y.size());
  for (const std::uint32_t c : levels.cell) ++out.counts[c];
  return out;
}

OrderedPairs ordered_pairs_of_table(std::span<const std::uint64_t> counts, std::size_t x_levels,
                                    std::size_t y_levels) {
  check(counts, x_levels, y_levels);
  OrderedPairs out;
  Margin above(y_levels);  // items in lower levels of x, by level of y
  std::int64_t same_x = 0, same_y = 0;
  for (std::size_t i = 0; i < x_levels; ++i) {
    std::int64_t row = 0, before = 0,
                 after = out.items;  // items above and to the left, above and to the right
    for (std::size_t j = 0; j < y_levels; ++j) {
      const auto here = static_cast<std::int64_t>(counts[i * y_levels + j]);
      after -= above[j];
      out.concordant += here * before;
      out.discordant += here * after;
      out.tied_both += pairs_among(here);
      before += above[j];
      above[j] += here;
      row += here;
    }
    out.items += row;
    same_x += pairs_among(row);
    out.levels_x += row > 0 ? 1 : 0;
  }
  for (std::size_t j = 0; j < y_levels; ++j) {
    same_y += pairs_among(above[j]);
    out.levels_y += above[j] > 0 ? 1 : 0;
  }
  out.tied_x = same_x - out.tied_both;
  out.tied_y = same_y - out.tied_both;
  return out;
}

Value spearman_of_table(std::span<const std::uint64_t> counts, std::size_t x_levels, std::size_t y_levels) {
  check(counts, x_levels, y_levels);
  Margin of_y(y_levels);
  std::int64_t n = 0;
  for (std::size_t i = 0; i < x_levels; ++i)
    for (std::size_t j = 0; j < y_levels; ++j) of_y[j] += static_cast<std::int64_t>(counts[i * y_levels + j]);
  for (std::size_t j = 0; j < y_levels; ++j) n += of_y[j];
  if (n < 2) return Value::none(kTooFew);
  // Twice the midrank less its mean is before - after: a whole number. It stands in of_y from here on.
  double yy = 0, xx = 0, xy = 0;
  std::int64_t before = 0;
  for (std::size_t j = 0; j < y_levels; ++j) {
    const std::int64_t here = of_y[j], rank = 2 * before + here - n;
    yy += static_cast<double>(here) * static_cast<double>(rank) * static_cast<double>(rank);
    before += here;
    of_y[j] = rank;
  }
  before = 0;
  for (std::size_t i = 0; i < x_levels; ++i) {
    std::int64_t here = 0;
    double product = 0;
    for (std::size_t j = 0; j < y_levels; ++j) {
      const auto count = static_cast<std::int64_t>(counts[i * y_levels + j]);
      here += count;
      product += static_cast<double>(count) * static_cast<double>(of_y[j]);
    }
    const auto rank = static_cast<double>(2 * before + here - n);
    xx += static_cast<double>(here) * rank * rank;
    xy += rank * product;
    before += here;
  }
  if (!(xx > 0) || !(yy > 0)) return Value::none(kConstant);
  return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

}  // namespace undertone::metrics
