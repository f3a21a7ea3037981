#include "metrics/statistics/fast_sums.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "harness/core/error.h"
#include "metrics/statistics/fast_draws.h"
#include "metrics/statistics/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "metrics/statistics/fast_sums.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Sums are exact, so a fused multiply-add gives what a product and a sum give.
HWY_BEFORE_NAMESPACE();
namespace undertone::statistics::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Adds up the drawn rows of 1, 2 or 4 columns.
void AddRows(const double* HWY_RESTRICT rows, std::size_t width, const std::uint16_t* HWY_RESTRICT indices,
             std::size_t count, double* HWY_RESTRICT sum) {
  std::size_t i = 0;
  if (width == 1) {
    double a = sum[0], b = 0, e = 0, f = 0;
    for (; i + 4 <= count; i += 4)
      a += rows[indices[i]], b += rows[indices[i + 1]], e += rows[indices[i + 2]], f += rows[indices[i + 3]];
    for (; i < count; ++i) a += rows[indices[i]];
    sum[0] = (a + b) + (e + f);
    return;
  }
  const auto add = [&](auto d, std::size_t at, std::size_t stride) {
    auto a = hn::LoadU(d, sum + at), b = hn::Zero(d), e = hn::Zero(d), f = hn::Zero(d);
    for (i = 0; i + 4 <= count; i += 4) {
      a = hn::Add(a, hn::LoadU(d, rows + stride * indices[i] + at));
      b = hn::Add(b, hn::LoadU(d, rows + stride * indices[i + 1] + at));
      e = hn::Add(e, hn::LoadU(d, rows + stride * indices[i + 2] + at));
      f = hn::Add(f, hn::LoadU(d, rows + stride * indices[i + 3] + at));
    }
    for (; i < count; ++i) a = hn::Add(a, hn::LoadU(d, rows + stride * indices[i] + at));
    hn::StoreU(hn::Add(hn::Add(a, b), hn::Add(e, f)), d, sum + at);
  };
  const hn::CappedTag<double, 2> two;
  const hn::CappedTag<double, 4> four;
  if (width == 2)
    for (std::size_t at = 0; at < 2; at += hn::Lanes(two)) add(two, at, 2);
  else
    for (std::size_t at = 0; at < 4; at += hn::Lanes(four)) add(four, at, 4);
}

// Four draws times a panel of 1, 2 or 4 columns; sums[8 * draw + column].
void FourByNarrow(const double* HWY_RESTRICT counts, const double* HWY_RESTRICT panel, std::size_t width,
                  std::size_t rows, double* HWY_RESTRICT sums) {
  const hn::CappedTag<double, 4> d;
  HWY_ALIGN double drawn[4];
  for (std::size_t c = 0; c < width; ++c)
    for (std::size_t at = 0; at < 4; at += hn::Lanes(d)) {
      auto a = hn::Zero(d), b = hn::Zero(d);
      std::size_t g = 0;
      for (; g + 2 <= rows; g += 2) {
        a = hn::MulAdd(hn::LoadU(d, counts + 4 * g + at), hn::Set(d, panel[width * g + c]), a);
        b = hn::MulAdd(hn::LoadU(d, counts + 4 * g + 4 + at), hn::Set(d, panel[width * (g + 1) + c]), b);
      }
      if (g < rows) a = hn::MulAdd(hn::LoadU(d, counts + 4 * g + at), hn::Set(d, panel[width * g + c]), a);
      hn::StoreU(hn::Add(a, b), d, drawn);
      for (std::size_t k = 0; k < hn::Lanes(d); ++k) sums[8 * (at + k) + c] = drawn[k];
    }
}

// Four draws times one panel of eight columns. `counts`: those of the four draws, cluster by cluster.
void FourByPanel(const double* HWY_RESTRICT counts, const double* HWY_RESTRICT panel, std::size_t rows,
                 double* HWY_RESTRICT sums) {
  const hn::CappedTag<double, 4> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t at = 0; at < 8; at += 2 * lanes) {
    auto a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0, e0 = a0, e1 = a0, f0 = a0, f1 = a0;
    for (std::size_t g = 0; g < rows; ++g) {
      const auto low = hn::LoadU(d, panel + 8 * g + at), high = hn::LoadU(d, panel + 8 * g + at + lanes);
      const auto a = hn::Set(d, counts[4 * g]), b = hn::Set(d, counts[4 * g + 1]);
      a0 = hn::MulAdd(a, low, a0), a1 = hn::MulAdd(a, high, a1);
      b0 = hn::MulAdd(b, low, b0), b1 = hn::MulAdd(b, high, b1);
      const auto e = hn::Set(d, counts[4 * g + 2]), f = hn::Set(d, counts[4 * g + 3]);
      e0 = hn::MulAdd(e, low, e0), e1 = hn::MulAdd(e, high, e1);
      f0 = hn::MulAdd(f, low, f0), f1 = hn::MulAdd(f, high, f1);
    }
    hn::StoreU(a0, d, sums + at), hn::StoreU(a1, d, sums + at + lanes);
    hn::StoreU(b0, d, sums + 8 + at), hn::StoreU(b1, d, sums + 8 + at + lanes);
    hn::StoreU(e0, d, sums + 16 + at), hn::StoreU(e1, d, sums + 16 + at + lanes);
    hn::StoreU(f0, d, sums + 24 + at), hn::StoreU(f1, d, sums + 24 + at + lanes);
  }
}

}  // namespace undertone::statistics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace undertone::statistics {
namespace {

HWY_EXPORT(AddRows);
HWY_EXPORT(FourByNarrow);
HWY_EXPORT(FourByPanel);

void need(bool holds, const char* what, const char* where) {
  if (!holds) throw Error(ErrorKind::internal, what, where);
}

// Draws of a job: long enough that threads hardly meet, short enough that they end together.
constexpr std::size_t kDrawsPerJob = 64;

}  // namespace

ClusterMatrix::ClusterMatrix(std::span<const double> row_major, std::size_t columns)
    : rows_(columns ? row_major.size() / columns : 0), columns_(columns) {
  need(columns > 0 && row_major.size() % columns == 0, "values do not fill whole rows", "ClusterMatrix");
  place_.assign(columns, kConstant);
  constant_.assign(columns, 0.0);
  std::vector<double> steps(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    double largest = 0;
    bool varies = false;
    for (std::size_t g = 0; g < rows_; ++g) {
      const double v = row_major[g * columns + c];
      need(std::isfinite(v), "a value is not finite", "ClusterMatrix");
      largest = std::max(largest, std::fabs(v));
      varies = varies || v != row_major[c];
    }
    // Every partial sum is a multiple of the grid's step and at most 2^52 steps.
    const double most = largest * static_cast<double>(rows_);
    need(std::isfinite(most), "values are too large to add up", "ClusterMatrix");
    int exponent = 0;
    std::frexp(most, &exponent);
    steps[c] = std::ldexp(1.0, std::max(exponent - 52, -1070));
    if (varies) {
      place_[c] = varying_.size();
      varying_.push_back(c);
    } else if (rows_ > 0) {
      constant_[c] = std::nearbyint(row_major[c] / steps[c]) * steps[c];
    }
  }
  if (varying_.empty()) return;
  width_ = std::min<std::size_t>(8, std::bit_ceil(varying_.size()));
  values_.assign(panels() * rows_ * width_, 0.0);
  for (std::size_t k = 0; k < varying_.size(); ++k) {
    const double step = steps[varying_[k]];
    for (std::size_t g = 0; g < rows_; ++g)
      values_[(k / width_ * rows_ + g) * width_ + k % width_] =
          std::nearbyint(row_major[g * columns + varying_[k]] / step) * step;
  }
}

void ClusterMatrix::put_constants(double* out) const {
  for (std::size_t c = 0; c < columns_; ++c)
    if (place_[c] == kConstant) out[c] = static_cast<double>(rows_) * constant_[c];
}

std::vector<double> drawn_sums(const Draws& draws, const ClusterMatrix& matrix, int threads) {
  need(draws.clusters() == matrix.rows(), "as many rows as clusters are needed", "drawn_sums");
  const auto replicates = static_cast<std::size_t>(std::max(0, draws.resamples()));
  const std::size_t rows = matrix.rows(), columns = matrix.columns(), width = matrix.width();
  const std::vector<std::size_t>& varying = matrix.varying();
  std::vector<double> out(replicates * columns);
  if (rows == 0) return out;
  // Few columns: the rows are added as they are drawn; counting them first would cost more than adding.
  const bool as_drawn = width <= 4 && !draws.kept() && rows <= kNarrowDraws;
  parallel_ranges(replicates, kDrawsPerJob, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) matrix.put_constants(out.data() + r * columns);
    if (varying.empty()) return;
    if (as_drawn) {
      for (std::size_t r = begin; r < end; ++r) {
        alignas(32) double sum[4] = {};
        each_narrow_draw(draws.key(), r, rows, [&](std::span<const std::uint16_t> indices) {
          HWY_DYNAMIC_DISPATCH(AddRows)(matrix.panel(0), width, indices.data(), indices.size(), sum);
        });
        for (std::size_t k = 0; k < varying.size(); ++k) out[r * columns + varying[k]] = sum[k];
      }
      return;
    }
    std::vector<std::uint16_t> buffer, four(4 * rows);
    std::vector<double> counts(4 * rows);
    alignas(64) double sums[4 * 8];
    for (std::size_t r = begin; r < end; r += 4) {
      const std::size_t here = std::min<std::size_t>(4, end - r);
      for (std::size_t k = 0; k < here; ++k) {
        if (!draws.kept()) {
          draw_every_fourth_count(draws.key(), r + k, rows, four.data() + k);
          continue;
        }
        const auto of = draws.counts(static_cast<int>(r + k), buffer);
        for (std::size_t g = 0; g < rows; ++g) four[4 * g + k] = of[g];
      }
      std::copy(four.begin(), four.end(), counts.begin());
      for (std::size_t p = 0; p < matrix.panels(); ++p) {
        if (width == 8)
          HWY_DYNAMIC_DISPATCH(FourByPanel)(counts.data(), matrix.panel(p), rows, sums);
        else
          HWY_DYNAMIC_DISPATCH(FourByNarrow)(counts.data(), matrix.panel(p), width, rows, sums);
        const std::size_t first = p * width, last = std::min(varying.size(), first + width);
        for (std::size_t k = 0; k < here; ++k)
          for (std::size_t c = first; c < last; ++c)
            out[(r + k) * columns + varying[c]] = sums[8 * k + c - first];
      }
    }
  });
  return out;
}

std::vector<double> drawn_sums_by_definition(const Draws& draws, const ClusterMatrix& matrix) {
  need(draws.clusters() == matrix.rows(), "as many rows as clusters are needed", "drawn_sums_by_definition");
  std::vector<double> out;
  std::vector<std::uint16_t> buffer;
  for (int r = 0; r < draws.resamples(); ++r) {
    const auto counts = draws.counts(r, buffer);
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
      double sum = 0;
      for (std::size_t g = 0; g < matrix.rows(); ++g) sum += counts[g] * matrix.at(g, c);
      out.push_back(sum);
    }
  }
  return out;
}

std::vector<double> left_out_sums(const ClusterMatrix& matrix) {
  std::vector<double> total(matrix.columns()), out;
  for (std::size_t g = 0; g < matrix.rows(); ++g)
    for (std::size_t c = 0; c < matrix.columns(); ++c) total[c] += matrix.at(g, c);
  out.reserve(matrix.rows() * matrix.columns());
  for (std::size_t g = 0; g < matrix.rows(); ++g)
    for (std::size_t c = 0; c < matrix.columns(); ++c) out.push_back(total[c] - matrix.at(g, c));
  return out;
}

std::vector<Interval> ratio_intervals(BootstrapMethod method, const Draws& draws, const ClusterMatrix& matrix,
                                      double level, int threads) {
  const std::size_t columns = matrix.columns();
  need(columns >= 2, "a numerator and the sizes are needed", "ratio_intervals");
  const auto ratio = [&](const std::vector<double>& sums, std::size_t row,
                         std::size_t c) -> std::optional<double> {
    const double size = sums[row * columns + columns - 1];
    if (!(size > 0)) return std::nullopt;
    return sums[row * columns + c] / size;
  };
  const std::vector<double> drawn = drawn_sums(draws, matrix, threads);
  const std::vector<double> jackknife =
      method == BootstrapMethod::bca ? left_out_sums(matrix) : std::vector<double>();
  std::vector<double> total(columns);
  for (std::size_t g = 0; g < matrix.rows(); ++g)
    for (std::size_t c = 0; c < columns; ++c) total[c] += matrix.at(g, c);
  std::vector<Interval> out(columns - 1);
  parallel_for(out.size(), threads, [&](std::size_t c) {
    std::vector<std::optional<double>> values(static_cast<std::size_t>(draws.resamples())), left_out;
    for (std::size_t r = 0; r < values.size(); ++r) values[r] = ratio(drawn, r, c);
    for (std::size_t g = 0; g * columns < jackknife.size(); ++g) left_out.push_back(ratio(jackknife, g, c));
    out[c] = bootstrap_interval(method, values, ratio(total, 0, c), left_out, level);
  });
  return out;
}

}  // namespace undertone::statistics
#endif
