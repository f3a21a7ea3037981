// Sums of drawn clusters: what the bootstrap of everything that is a function of sums needs (means, ratios,
// differences, confusion margins, tables of ratings).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/interval.h"

namespace undertone::statistics {

// A row per cluster. Values are rounded to a grid per column on which every sum of as many rows as there are
// clusters is exact (whole numbers below 2^52 / rows stand on it): so neither the order of adding nor the
// instruction set changes a byte. The rounding is at most rows * max|value| * 2^-53 a value, that of an
// ordinary sum. Throws Error{internal} where values are not finite or do not fill whole rows.
class ClusterMatrix {
 public:
  ClusterMatrix(std::span<const double> row_major, std::size_t columns);
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  double at(std::size_t row, std::size_t column) const {
    const std::size_t k = place_[column];
    return k == kConstant ? constant_[column] : values_[(k / width_ * rows_ + row) * width_ + k % width_];
  }

  // How it is kept: columns that do not vary need no adding. The others stand in panels of width() columns,
  // 1, 2, 4 or 8, row after row; those past the last are zeros.
  std::size_t width() const { return width_; }
  std::size_t panels() const { return width_ ? (varying_.size() + width_ - 1) / width_ : 0; }
  const double* panel(std::size_t p) const { return values_.data() + p * rows_ * width_; }
  const std::vector<std::size_t>& varying() const { return varying_; }  // columns, in order
  // Puts into out[columns] what each draw adds up to in the columns that do not vary.
  void put_constants(double* out) const;

 private:
  static constexpr std::size_t kConstant = static_cast<std::size_t>(-1);
  std::size_t rows_, columns_, width_ = 0;
  std::vector<std::size_t> varying_, place_;  // place_: of a column among the varying ones
  std::vector<double> values_, constant_;
};

// out[r * columns + c]: the sum of column c over the clusters of draw r, each as often as it was drawn.
std::vector<double> drawn_sums(const Draws& draws, const ClusterMatrix& matrix, int threads = 1);
// The same by the definition, on plain loops over counts.
std::vector<double> drawn_sums_by_definition(const Draws& draws, const ClusterMatrix& matrix);
// out[g * columns + c]: the sum of column c over all clusters but g.
std::vector<double> left_out_sums(const ClusterMatrix& matrix);

// Cluster-bootstrap intervals of sum(column c) / sum(last column), for every column c but the last: means
// where the last column holds sizes, and paired differences of such means from the same draws. Nothing where
// a draw's sizes add to 0.
std::vector<Interval> ratio_intervals(BootstrapMethod method, const Draws& draws, const ClusterMatrix& matrix,
                                      double level, int threads = 1);

}  // namespace undertone::statistics
