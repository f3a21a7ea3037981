#include "metrics/rank_correlation_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "metrics/rank_correlation_table.h"
#include "metrics/statistics/fast_binomial.h"
#include "metrics/statistics/fast_sums.h"
#include "metrics/statistics/parallel.h"

namespace undertone::metrics {
namespace {

constexpr std::size_t kReplicatesPerJob = 64;
constexpr std::size_t kTableCells = 256;  // of a table per cluster

void need(bool holds, const char* what) {
  if (!holds) throw Error(ErrorKind::internal, what, "bootstrap of rank correlations");
}

std::int64_t pairs_among(std::int64_t n) { return n * (n - 1) / 2; }

}  // namespace

WeightedRanks::WeightedRanks(std::span<const double> x, std::span<const double> y,
                             std::span<const std::uint32_t> cluster) {
  need(x.size() == y.size() && (cluster.empty() || cluster.size() == x.size()), "sides differ in length");
  need(all_finite(x) && all_finite(y), "a value is not finite");
  need(x.size() < (std::size_t{1} << 31), "more than 2^31 items");
  const std::size_t n = x.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return y[a] < y[b]; });
  std::vector<std::uint32_t> y_level(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || y[order[i]] != y[order[i - 1]]) ++y_levels_;
    y_level[order[i]] = static_cast<std::uint32_t>(y_levels_ - 1);
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return x[a] != x[b] ? x[a] < x[b] : y_level[a] != y_level[b] ? y_level[a] < y_level[b] : a < b;
  });
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t item = order[i];
    if (i == 0 || x[item] != x[order[i - 1]]) ++x_levels_;
    items_.push_back({cluster.empty() ? item : cluster[item], static_cast<std::uint32_t>(x_levels_ - 1),
                      y_level[item], 0});
  }
  for (std::size_t i = n; i-- > 0;) {
    const bool last = i + 1 == n || items_[i + 1].x_level != items_[i].x_level ||
                      items_[i + 1].y_level != items_[i].y_level;
    items_[i].next_equal = last ? static_cast<std::uint32_t>(i + 1) : items_[i + 1].next_equal;
  }
  weight_.resize(n);
  x_weight_.resize(x_levels_), x_rank_.resize(x_levels_);
  y_weight_.resize(y_levels_), y_rank_.resize(y_levels_);
  for (block_ = 32; block_ * block_ < y_levels_;) block_ *= 2;
  within_.resize((y_levels_ + block_ - 1) / block_ * block_);
  below_.resize(within_.size() / block_);
  // from_[k + j] is all ones for j >= block_ - k: what is added from a place on.
  from_.assign(2 * std::max(block_, below_.size()), 0);
  std::fill(from_.begin() + static_cast<std::ptrdiff_t>(from_.size() / 2), from_.end(), ~0u);
}

void WeightedRanks::weigh(std::span<const std::uint16_t> counts) {
  std::fill(x_weight_.begin(), x_weight_.end(), 0u);
  std::fill(y_weight_.begin(), y_weight_.end(), 0u);
  n_ = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::uint32_t w = counts[items_[i].cluster];
    weight_[i] = w;
    x_weight_[items_[i].x_level] += w;
    y_weight_[items_[i].y_level] += w;
    n_ += w;
  }
}

Value WeightedRanks::spearman() {
  if (n_ < 2) return Value::none(kTooFew);
  // Twice a midrank less its mean is a whole number. Up to 2^20 items the sums are exact; beyond they are
  // rounded, in this order.
  const auto rank = [n = n_](const std::vector<std::uint32_t>& weight, std::vector<std::int64_t>& out) {
    std::int64_t before = -n;
    double squares = 0;
    for (std::size_t l = 0; l < weight.size(); ++l) {
      const std::int64_t w = weight[l], r = before + w;
      before += 2 * w;
      out[l] = r;
      squares += static_cast<double>(w) * static_cast<double>(r) * static_cast<double>(r);
    }
    return squares;
  };
  const double xx = rank(x_weight_, x_rank_), yy = rank(y_weight_, y_rank_);
  if (!(xx > 0) || !(yy > 0)) return Value::none(kConstant);
  double xy = 0;
  if (n_ <= (std::int64_t{1} << 20)) {
    std::int64_t whole = 0;
    for (std::size_t i = 0; i < items_.size(); ++i)
      whole += x_rank_[items_[i].x_level] * y_rank_[items_[i].y_level] * weight_[i];
    xy = static_cast<double>(whole);
  } else {
    for (std::size_t i = 0; i < items_.size(); ++i)
      xy += static_cast<double>(x_rank_[items_[i].x_level]) *
            static_cast<double>(y_rank_[items_[i].y_level]) * weight_[i];
  }
  return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

std::int64_t WeightedRanks::discordant() {
  // Items come by x, then y: those before an item that lie above it in y are discordant with it. How many
  // came at or below a level is below_[its block] + within_[it]; a new item raises the rest of its block and
  // the blocks after, which vector instructions do in a few steps.
  std::fill(within_.begin(), within_.end(), 0u);
  std::fill(below_.begin(), below_.end(), 0u);
  std::int64_t out = 0;
  std::uint32_t came = 0;
  const std::size_t half = from_.size() / 2, blocks = below_.size();
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::uint32_t w = weight_[i];
    if (w == 0) continue;
    const std::size_t level = items_[i].y_level, block = level / block_, place = level % block_;
    std::uint32_t* within = within_.data() + block * block_;
    out += static_cast<std::int64_t>(w) * (came - below_[block] - within[place]);
    came += w;
    const std::uint32_t* from = from_.data() + half - place;
    for (std::size_t j = 0; j < block_; ++j) within[j] += w & from[j];
    from = from_.data() + half - std::min(half, block + 1);
    for (std::size_t j = 0; j < blocks; ++j) below_[j] += w & from[j];
  }
  return out;
}

OrderedPairs WeightedRanks::pairs(std::span<const std::uint16_t> counts) {
  weigh(counts);
  OrderedPairs out;
  out.items = n_;
  std::int64_t same_x = 0, same_y = 0;
  for (const std::uint32_t w : x_weight_) same_x += pairs_among(w), out.levels_x += w > 0;
  for (const std::uint32_t w : y_weight_) same_y += pairs_among(w), out.levels_y += w > 0;
  for (std::size_t i = 0; i < items_.size();) {
    std::int64_t equal = 0;
    for (const std::size_t next = items_[i].next_equal; i < next; ++i) equal += weight_[i];
    out.tied_both += pairs_among(equal);
  }
  out.discordant = discordant();
  out.tied_x = same_x - out.tied_both;
  out.tied_y = same_y - out.tied_both;
  out.concordant = pairs_among(n_) - out.discordant - same_x - same_y + out.tied_both;
  return out;
}

RankCorrelations WeightedRanks::operator()(std::span<const std::uint16_t> counts) {
  const OrderedPairs p = pairs(counts);
  return {spearman(), metrics::kendall_tau_b(p)};
}

namespace {

RankDraws empty_draws(std::size_t replicates) {
  RankDraws out;
  out.spearman.resize(replicates);
  out.kendall_tau_b.resize(replicates);
  return out;
}

// Draws by weights, one object per job.
RankDraws weighted_draws(std::span<const double> x, std::span<const double> y,
                         std::span<const std::uint32_t> cluster, const statistics::Draws& draws,
                         int threads) {
  RankDraws out = empty_draws(static_cast<std::size_t>(draws.resamples()));
  const WeightedRanks sorted(x, y, cluster);
  const auto workers = static_cast<std::size_t>(std::max(1, threads));
  const std::size_t per_job = std::max(kReplicatesPerJob, out.spearman.size() / (8 * workers) + 1);
  statistics::parallel_ranges(out.spearman.size(), per_job, threads, [&](std::size_t begin, std::size_t end) {
    WeightedRanks mine = sorted;
    std::vector<std::uint16_t> buffer;
    for (std::size_t r = begin; r < end; ++r) {
      const RankCorrelations now = mine(draws.counts(static_cast<int>(r), buffer));
      out.spearman[r] = now.spearman;
      out.kendall_tau_b[r] = now.kendall_tau_b;
    }
  });
  return out;
}

}  // namespace

RankDraws clustered_rank_draws(std::span<const double> x, std::span<const double> y,
                               std::span<const std::uint32_t> cluster, const statistics::Draws& draws,
                               int threads) {
  need(cluster.size() == x.size(), "each item needs its cluster");
  for (const std::uint32_t c : cluster) need(c < draws.clusters(), "a cluster is not among those drawn");
  const RatingLevels levels = rating_levels(x, y);
  const std::size_t cells = levels.cells();
  if (cells > kTableCells || cells == 0) return weighted_draws(x, y, cluster, draws, threads);
  std::vector<double> tables(draws.clusters() * cells);
  for (std::size_t i = 0; i < cluster.size(); ++i) tables[cluster[i] * cells + levels.cell[i]] += 1;
  const auto sums = statistics::drawn_sums(draws, statistics::ClusterMatrix(tables, cells), threads);
  RankDraws out = empty_draws(static_cast<std::size_t>(draws.resamples()));
  statistics::parallel_ranges(
      out.spearman.size(), kReplicatesPerJob, threads, [&](std::size_t begin, std::size_t end) {
        std::vector<std::uint64_t> counts(cells);
        for (std::size_t r = begin; r < end; ++r) {
          std::copy_n(sums.data() + r * cells, cells, counts.begin());
          out.spearman[r] = spearman_of_table(counts, levels.x.size(), levels.y.size());
          out.kendall_tau_b[r] =
              metrics::kendall_tau_b(ordered_pairs_of_table(counts, levels.x.size(), levels.y.size()));
        }
      });
  return out;
}

RankDraws independent_rank_draws(const RatingTable& table, const std::string& stream, int resamples,
                                 int threads) {
  RankDraws out = empty_draws(static_cast<std::size_t>(std::max(0, resamples)));
  const std::uint64_t items = std::accumulate(table.counts.begin(), table.counts.end(), std::uint64_t{0});
  if (items == 0) return out;
  const statistics::Multinomial cells(table.counts);
  const PhiloxKey key = philox_key(stream + "/cells=" + std::to_string(table.counts.size()));
  statistics::parallel_ranges(
      out.spearman.size(), kReplicatesPerJob, threads, [&](std::size_t begin, std::size_t end) {
        cells.draw(key, begin, end, items, [&](std::uint64_t r, std::span<const std::uint64_t> counts) {
          out.spearman[r] = spearman_of_table(counts, table.x.size(), table.y.size());
          out.kendall_tau_b[r] =
              metrics::kendall_tau_b(ordered_pairs_of_table(counts, table.x.size(), table.y.size()));
        });
      });
  return out;
}

RankDraws independent_rank_draws(std::span<const double> x, std::span<const double> y,
                                 const std::string& stream, int resamples, int threads) {
  const RatingLevels levels = rating_levels(x, y);
  const std::size_t n = x.size(), cells = levels.cells();
  if (n > 0 && cells > 64 && cells > n / 4)
    return weighted_draws(x, y, {}, statistics::Draws(stream, resamples, n, 0), threads);
  RatingTable table{levels.x, levels.y, std::vector<std::uint64_t>(cells)};
  for (const std::uint32_t c : levels.cell) ++table.counts[c];
  return independent_rank_draws(table, stream, resamples, threads);
}

}  // namespace undertone::metrics
