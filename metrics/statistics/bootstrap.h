// The cluster bootstrap: whole clusters are drawn with replacement, and each draw recomputes the very
// statistic (Davison & Hinkley 1997, section 3.8; Field & Welsh 2007). A draw is a count per cluster;
// replicate r takes its counts from the Philox stream (name, r) alone, so order and threads change nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/philox.h"
#include "metrics/statistics/interval.h"

namespace undertone::statistics {

// Counts of every replicate for one number of clusters, at most 2^32: those of draw_counts() (fast_draws.h)
// from substream r of the stream "NAME/clusters=G". Kept in memory up to `memory_limit` entries (made on
// `threads` threads), else drawn afresh.
class Draws {
 public:
  Draws(const std::string& stream, int resamples, std::size_t clusters,
        std::size_t memory_limit = std::size_t{1} << 26, int threads = 1);
  int resamples() const { return resamples_; }
  std::size_t clusters() const { return clusters_; }
  // How often each cluster was drawn; the counts sum to clusters(). `buffer` is used where the draws are not
  // kept.
  std::span<const std::uint16_t> counts(int replicate, std::vector<std::uint16_t>& buffer) const;
  bool kept() const { return !kept_.empty(); }
  const PhiloxKey& key() const { return key_; }

 private:
  PhiloxKey key_;
  int resamples_;
  std::size_t clusters_;
  std::vector<std::uint16_t> kept_;
};

// Draws by number of clusters, made once and shared by all estimates over as many clusters. Thread-safe.
class DrawCache {
 public:
  DrawCache(std::string stream, int resamples) : stream_(std::move(stream)), resamples_(resamples) {}
  const Draws& of(std::size_t clusters);

 private:
  std::string stream_;
  int resamples_;
  std::mutex mutex_;
  std::map<std::size_t, std::unique_ptr<Draws>> draws_;
};

// The statistic of every draw; nothing where it is undefined in that draw.
using DrawStatistic = std::function<std::optional<double>(std::span<const std::uint16_t> counts)>;
std::vector<std::optional<double>> replicate(const Draws& draws, const DrawStatistic& statistic);
// The same on several threads; `make` gives each its own statistic, so that one with buffers needs no lock.
std::vector<std::optional<double>> replicate(const Draws& draws, const std::function<DrawStatistic()>& make,
                                             int threads);

// Percentile interval: the order statistics (B+1)(1 -+ level)/2 of the draws, interpolated (Davison & Hinkley
// 1997, section 5.3.1). The Monte-Carlo error of an end is half the distance of the order statistics one
// binomial standard deviation on either side (Woodruff 1952). Undefined draws are left out and counted in the
// reason; more than 1 % of them, or draws that are all equal, give no interval.
Interval percentile_interval(std::span<const std::optional<double>> draws, double level);

// How an interval is read off the draws: their own quantiles; those mirrored at the estimate (basic, Davison
// & Hinkley 1997, section 5.2.1); or quantiles at levels corrected for bias and acceleration (BCa, Efron
// 1987), the acceleration from leaving out one cluster at a time.
enum class BootstrapMethod { percentile, basic, bca };
BootstrapMethod bootstrap_method_from(std::string_view name);  // throws Error{suite} listing the names

// The statistic without each cluster in turn: what BCa takes its acceleration from.
std::vector<std::optional<double>> leave_one_out(std::size_t clusters, const DrawStatistic& statistic);

// By any method, with the same rules for undefined and equal draws as percentile_interval. `value` is the
// estimate itself; `left_out` is read by BCa only. No interval, with the reason, where the method's
// ingredients are undefined: no estimate, a statistic that is undefined or the same whichever cluster is left
// out, an estimate at the edge of the draws.
Interval bootstrap_interval(BootstrapMethod method, std::span<const std::optional<double>> draws,
                            std::optional<double> value, std::span<const std::optional<double>> left_out,
                            double level);
// The same, with the draws and what is left out computed from the statistic.
Interval bootstrap_interval(BootstrapMethod method, const Draws& draws, const DrawStatistic& statistic,
                            std::optional<double> value, double level);

}  // namespace undertone::statistics
