#include "metrics/statistics/fast_sums.h"

#include <algorithm>
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

// Adds up rows of four.
void AddRows(const double* HWY_RESTRICT rows, const std::uint16_t* HWY_RESTRICT indices, std::size_t count,
             double* HWY_RESTRICT sum) {
  const hn::CappedTag<double, 4> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t at = 0; at < 4; at += lanes) {
    auto a = hn::LoadU(d, sum + at), b = hn::Zero(d), e = hn::Zero(d), f = hn::Zero(d);
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      a = hn::Add(a, hn::LoadU(d, rows + 4 * std::size_t{indices[i]} + at));
      b = hn::Add(b, hn::LoadU(d, rows + 4 * std::size_t{indices[i + 1]} + at));
      e = hn::Add(e, hn::LoadU(d, rows + 4 * std::size_t{indices[i + 2]} + at));
      f = hn::Add(f, hn::LoadU(d, rows + 4 * std::size_t{indices[i + 3]} + at));
    }
    for (; i < count; ++i) a = hn::Add(a, hn::LoadU(d, rows + 4 * std::size_t{indices[i]} + at));
    hn::StoreU(hn::Add(hn::Add(a, b), hn::Add(e, f)), d, sum + at);
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
HWY_EXPORT(FourByPanel);

void need(bool holds, const char* what, const char* where) {
  if (!holds) throw Error(ErrorKind::internal, what, where);
}

// Draws of a job: long enough that threads hardly meet, short enough that they end together.
constexpr std::size_t kDrawsPerJob = 64;

void narrow_sums(const Draws& draws, const ClusterMatrix& matrix, std::size_t r, double* out) {
  alignas(32) double sum[4] = {};
  thread_local std::vector<std::uint16_t> indices;
  indices.resize(matrix.rows());
  draw_narrow_indices(draws.key(), r, matrix.rows(), indices);
  HWY_DYNAMIC_DISPATCH(AddRows)(matrix.narrow(), indices.data(), indices.size(), sum);
  std::copy_n(sum, matrix.columns(), out);
}

}  // namespace

ClusterMatrix::ClusterMatrix(std::span<const double> row_major, std::size_t columns)
    : rows_(columns ? row_major.size() / columns : 0), columns_(columns) {
  need(columns > 0 && row_major.size() % columns == 0, "values do not fill whole rows", "ClusterMatrix");
  values_.assign(panels() * rows_ * kPanel, 0.0);
  if (columns <= kNarrow) narrow_.assign(rows_ * kNarrow, 0.0);
  for (std::size_t c = 0; c < columns; ++c) {
    double largest = 0;
    for (std::size_t g = 0; g < rows_; ++g) {
      need(std::isfinite(row_major[g * columns + c]), "a value is not finite", "ClusterMatrix");
      largest = std::max(largest, std::fabs(row_major[g * columns + c]));
    }
    // Every partial sum is a multiple of the grid's step and at most 2^52 steps.
    int exponent = 0;
    std::frexp(largest * static_cast<double>(rows_), &exponent);
    need(largest == 0 || std::isfinite(largest * static_cast<double>(rows_)),
         "values are too large to add up", "ClusterMatrix");
    const double step = std::ldexp(1.0, std::max(exponent - 52, -1070));
    for (std::size_t g = 0; g < rows_; ++g) {
      const double v = largest == 0 ? 0 : std::nearbyint(row_major[g * columns + c] / step) * step;
      values_[(c / kPanel * rows_ + g) * kPanel + c % kPanel] = v;
      if (columns <= kNarrow) narrow_[g * kNarrow + c] = v;
    }
  }
}

double ClusterMatrix::at(std::size_t row, std::size_t column) const {
  return values_[(column / kPanel * rows_ + row) * kPanel + column % kPanel];
}

std::vector<double> drawn_sums(const Draws& draws, const ClusterMatrix& matrix, int threads) {
  need(draws.clusters() == matrix.rows(), "as many rows as clusters are needed", "drawn_sums");
  const auto replicates = static_cast<std::size_t>(std::max(0, draws.resamples()));
  const std::size_t rows = matrix.rows(), columns = matrix.columns();
  std::vector<double> out(replicates * columns);
  if (rows == 0) return out;
  // Few columns: the rows are added as they are drawn; counting them first would cost more than adding.
  const bool as_drawn = matrix.narrow() && !draws.kept() && rows <= kNarrowDraws;
  parallel_ranges(replicates, kDrawsPerJob, threads, [&](std::size_t begin, std::size_t end) {
    if (as_drawn) {
      for (std::size_t r = begin; r < end; ++r) narrow_sums(draws, matrix, r, out.data() + r * columns);
      return;
    }
    std::vector<std::uint16_t> buffer;
    std::vector<double> counts(4 * rows);
    alignas(64) double sums[4 * ClusterMatrix::kPanel];
    for (std::size_t r = begin; r < end; r += 4) {
      const std::size_t here = std::min<std::size_t>(4, end - r);
      for (std::size_t k = 0; k < here; ++k) {
        const auto of = draws.counts(static_cast<int>(r + k), buffer);
        for (std::size_t g = 0; g < rows; ++g) counts[4 * g + k] = of[g];
      }
      for (std::size_t p = 0; p < matrix.panels(); ++p) {
        HWY_DYNAMIC_DISPATCH(FourByPanel)(counts.data(), matrix.panel(p), rows, sums);
        const std::size_t first = p * ClusterMatrix::kPanel,
                          wide = std::min(ClusterMatrix::kPanel, columns - first);
        for (std::size_t k = 0; k < here; ++k)
          std::copy_n(sums + k * ClusterMatrix::kPanel, wide, out.data() + (r + k) * columns + first);
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
