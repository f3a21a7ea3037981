#include "metrics/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "harness/core/random.h"

namespace undertone::statistics {

Draws::Draws(std::string stream, int resamples, std::size_t clusters, std::size_t memory_limit)
    : stream_(std::move(stream)), resamples_(resamples), clusters_(clusters) {
  const std::size_t entries = static_cast<std::size_t>(resamples) * clusters;
  if (entries > memory_limit) return;
  kept_.assign(entries, 0);
  for (int r = 0; r < resamples; ++r)
    draw(r, std::span(kept_).subspan(static_cast<std::size_t>(r) * clusters_, clusters_));
}

void Draws::draw(int replicate, std::span<std::uint16_t> out) const {
  Stream random(stream_ + "/clusters=" + std::to_string(clusters_), static_cast<std::uint64_t>(replicate));
  for (std::size_t i = 0; i < clusters_; ++i) ++out[random.below(clusters_)];
}

std::span<const std::uint16_t> Draws::counts(int replicate, std::vector<std::uint16_t>& buffer) const {
  if (!kept_.empty())
    return std::span(kept_).subspan(static_cast<std::size_t>(replicate) * clusters_, clusters_);
  buffer.assign(clusters_, 0);
  draw(replicate, buffer);
  return buffer;
}

const Draws& DrawCache::of(std::size_t clusters) {
  const std::lock_guard lock(mutex_);
  auto& slot = draws_[clusters];
  if (!slot) slot = std::make_unique<Draws>(stream_, resamples_, clusters);
  return *slot;
}

std::vector<std::optional<double>> replicate(const Draws& draws, const DrawStatistic& statistic) {
  std::vector<std::optional<double>> out(static_cast<std::size_t>(draws.resamples()));
  std::vector<std::uint16_t> buffer;
  for (int r = 0; r < draws.resamples(); ++r)
    out[static_cast<std::size_t>(r)] = statistic(draws.counts(r, buffer));
  return out;
}

namespace {
// Order statistic at the (possibly fractional) rank in 1..B, interpolated.
double at_rank(const std::vector<double>& sorted, double rank) {
  const double clamped = std::clamp(rank, 1.0, static_cast<double>(sorted.size()));
  const auto below = static_cast<std::size_t>(clamped);
  const double part = clamped - static_cast<double>(below);
  const double low = sorted[below - 1];
  return part == 0 || below == sorted.size() ? low : low + part * (sorted[below] - low);
}
}  // namespace

Interval percentile_interval(std::span<const std::optional<double>> draws, double level) {
  Interval out;
  out.level = level;
  out.method = "cluster bootstrap percentile";
  out.resamples = static_cast<int>(draws.size());
  std::vector<double> sorted;
  sorted.reserve(draws.size());
  for (const auto& d : draws)
    if (d) sorted.push_back(*d);
  const std::size_t undefined = draws.size() - sorted.size();
  if (undefined > 0)
    out.reason =
        "undefined in " + std::to_string(undefined) + " of " + std::to_string(draws.size()) + " draws";
  if (sorted.empty() || static_cast<double>(undefined) > 0.01 * static_cast<double>(draws.size())) return out;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.back() - sorted.front() <= 1e-13 * std::max(1.0, std::fabs(sorted.front()))) {
    out.reason = "every draw gives the same value: an interval of width zero would claim certainty";
    return out;
  }
  const auto B = static_cast<double>(sorted.size());
  auto end_of = [&](double p, std::optional<double>& end, std::optional<double>& error) {
    end = at_rank(sorted, (B + 1) * p);
    const double spread = std::sqrt(B * p * (1 - p));
    error = (at_rank(sorted, (B + 1) * p + spread) - at_rank(sorted, (B + 1) * p - spread)) / 2;
  };
  end_of((1 - level) / 2, out.low, out.monte_carlo_error_low);
  end_of((1 + level) / 2, out.high, out.monte_carlo_error_high);
  return out;
}

}  // namespace undertone::statistics
