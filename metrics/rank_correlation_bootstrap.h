// Spearman's and Kendall's correlations of every bootstrap draw. Two ratings of few levels go through their
// contingency table; other values through ranks that are sorted once, a draw being a weight per item.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/rank_correlation.h"
#include "metrics/rank_correlation_table.h"
#include "metrics/statistics/bootstrap.h"
#include "metrics/value.h"

namespace undertone::metrics {

struct RankCorrelations {
  Value spearman, kendall_tau_b;
};

// Both correlations of items that count several times or not at all. Finite values, as many on each side;
// throws Error{internal} otherwise. Not thread-safe: one object per thread.
class WeightedRanks {
 public:
  // `cluster` of each item; empty where every item is its own.
  WeightedRanks(std::span<const double> x, std::span<const double> y, std::span<const std::uint32_t> cluster);
  // counts[c]: how often cluster c was drawn.
  RankCorrelations operator()(std::span<const std::uint16_t> counts);
  // Pairs of the items so weighted; items of weight 2 are tied with themselves.
  OrderedPairs pairs(std::span<const std::uint16_t> counts);

 private:
  void weigh(std::span<const std::uint16_t> counts);
  Value spearman();
  std::int64_t discordant();

  struct Item {
    std::uint32_t cluster, x_level, y_level, next_equal;  // the last: first item that differs in x or y
  };
  std::vector<Item> items_;  // by x, then y
  std::size_t x_levels_ = 0, y_levels_ = 0, block_ = 0;
  std::vector<std::uint32_t> weight_, x_weight_, y_weight_;
  std::vector<std::int64_t> x_rank_, y_rank_;
  std::vector<std::uint32_t> within_, below_, from_;
  std::int64_t n_ = 0;
};

// One entry per draw; nothing where a correlation is undefined in it.
struct RankDraws {
  std::vector<std::optional<double>> spearman, kendall_tau_b;
};

// Whole clusters are drawn. The sizes agree as above, and clusters are below draws.clusters().
RankDraws clustered_rank_draws(std::span<const double> x, std::span<const double> y,
                               std::span<const std::uint32_t> cluster, const statistics::Draws& draws,
                               int threads = 1);

// Items are independent: each draw takes as many items as there are, with replacement. Where their table has
// at most 64 cells, or a quarter as many as there are items, its counts are drawn at once (multinomial, from
// `stream`): the same distribution in a time that does not grow with the items. Replicate r reads substream r
// alone.
RankDraws independent_rank_draws(std::span<const double> x, std::span<const double> y,
                                 const std::string& stream, int resamples, int threads = 1);
// The same from the table: always multinomial.
RankDraws independent_rank_draws(const RatingTable& table, const std::string& stream, int resamples,
                                 int threads = 1);

}  // namespace undertone::metrics
