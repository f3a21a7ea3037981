#include "metrics/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/fast_draws.h"
#include "metrics/statistics/parallel.h"

namespace undertone::statistics {

namespace {
constexpr std::size_t kReplicatesPerJob = 64;
}  // namespace

Draws::Draws(const std::string& stream, int resamples, std::size_t clusters, std::size_t memory_limit,
             int threads)
    : key_(philox_key(stream + "/clusters=" + std::to_string(clusters))),
      resamples_(resamples),
      clusters_(clusters) {
  const std::size_t replicates = static_cast<std::size_t>(std::max(0, resamples));
  const std::size_t entries = replicates * clusters;
  if (entries > memory_limit) return;
  kept_.resize(entries);
  parallel_ranges(replicates, kReplicatesPerJob, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r)
      draw_counts(key_, r, std::span(kept_).subspan(r * clusters_, clusters_));
  });
}

std::span<const std::uint16_t> Draws::counts(int replicate, std::vector<std::uint16_t>& buffer) const {
  if (!kept_.empty())
    return std::span(kept_).subspan(static_cast<std::size_t>(replicate) * clusters_, clusters_);
  buffer.resize(clusters_);
  draw_counts(key_, static_cast<std::uint64_t>(replicate), buffer);
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

std::vector<std::optional<double>> replicate(const Draws& draws, const std::function<DrawStatistic()>& make,
                                             int threads) {
  std::vector<std::optional<double>> out(static_cast<std::size_t>(draws.resamples()));
  const auto workers = static_cast<std::size_t>(std::max(1, threads));
  // A few long jobs: each makes its statistic once.
  const std::size_t per_job = std::max(kReplicatesPerJob, out.size() / (4 * workers) + 1);
  parallel_ranges(out.size(), per_job, threads, [&](std::size_t begin, std::size_t end) {
    const DrawStatistic statistic = make();
    std::vector<std::uint16_t> buffer;
    for (std::size_t r = begin; r < end; ++r) out[r] = statistic(draws.counts(static_cast<int>(r), buffer));
  });
  return out;
}

namespace {
// Order statistic at the (possibly fractional) rank in 1..B, interpolated. `sorted` is in order from the
// rank's floor to the next.
double at_rank(const std::vector<double>& sorted, double rank) {
  const double clamped = std::clamp(rank, 1.0, static_cast<double>(sorted.size()));
  const auto below = static_cast<std::size_t>(clamped);
  const double part = clamped - static_cast<double>(below);
  const double low = sorted[below - 1];
  return part == 0 || below == sorted.size() ? low : low + part * (sorted[below] - low);
}

// Puts the order statistics of ranks low..high and the next where a sort would put them, in linear time.
void order_between(std::vector<double>& values, double low, double high) {
  const auto at = [&](double rank) {
    return values.begin() +
           static_cast<std::ptrdiff_t>(std::clamp(rank, 1.0, static_cast<double>(values.size()))) - 1;
  };
  const auto first = at(low), last = std::min(at(high) + 2, values.end());
  std::nth_element(values.begin(), first, values.end());
  if (last != values.end()) std::nth_element(first, last, values.end());
  std::sort(first, last);
}

// The draws that are defined, or the reason why no interval can be read off them.
struct Defined {
  std::vector<double> values;
  Interval interval;
  bool usable = false;
};

Defined defined_draws(std::span<const std::optional<double>> draws, double level, const char* method) {
  Defined out;
  Interval& interval = out.interval;
  interval.level = level;
  interval.method = method;
  interval.resamples = static_cast<int>(draws.size());
  out.values.reserve(draws.size());
  for (const auto& d : draws)
    if (d) out.values.push_back(*d);
  const std::vector<double>& values = out.values;
  const std::size_t undefined = draws.size() - values.size();
  if (undefined > 0)
    interval.reason =
        "undefined in " + std::to_string(undefined) + " of " + std::to_string(draws.size()) + " draws";
  if (values.empty() || static_cast<double>(undefined) > 0.01 * static_cast<double>(draws.size())) return out;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*most - *least <= 1e-13 * std::max(1.0, std::fabs(*least))) {
    interval.reason = "every draw gives the same value: an interval of width zero would claim certainty";
    return out;
  }
  out.usable = true;
  return out;
}

void set_ends(Interval& interval, std::vector<double>& values, double low, double high) {
  const auto B = static_cast<double>(values.size());
  auto end_of = [&](double p, std::optional<double>& end, std::optional<double>& error) {
    const double rank = (B + 1) * p, spread = std::sqrt(B * p * (1 - p));
    order_between(values, rank - spread, rank + spread);
    end = at_rank(values, rank);
    error = (at_rank(values, rank + spread) - at_rank(values, rank - spread)) / 2;
  };
  end_of(low, interval.low, interval.monte_carlo_error_low);
  end_of(high, interval.high, interval.monte_carlo_error_high);
}

void no_interval(Interval& interval, const std::string& why) {
  interval.reason += (interval.reason.empty() ? "" : "; ") + why;
}

// Sum of cubes over the 3/2 power of squares of the jackknife's deviations, over six; nothing where
// undefined.
std::optional<double> acceleration(std::span<const std::optional<double>> left_out) {
  double mean = 0;
  for (const auto& v : left_out) {
    if (!v) return std::nullopt;
    mean += *v / static_cast<double>(left_out.size());
  }
  double squares = 0, cubes = 0;
  for (const auto& v : left_out) {
    const double d = mean - *v;
    squares += d * d;
    cubes += d * d * d;
  }
  if (!(squares > 1e-26 * std::max(1.0, mean * mean))) return std::nullopt;
  return cubes / (6 * std::pow(squares, 1.5));
}

}  // namespace

Interval percentile_interval(std::span<const std::optional<double>> draws, double level) {
  Defined o = defined_draws(draws, level, "cluster bootstrap percentile");
  if (o.usable) set_ends(o.interval, o.values, (1 - level) / 2, (1 + level) / 2);
  return o.interval;
}

BootstrapMethod bootstrap_method_from(std::string_view name) {
  if (name == "percentile") return BootstrapMethod::percentile;
  if (name == "basic") return BootstrapMethod::basic;
  if (name == "bca") return BootstrapMethod::bca;
  throw Error(ErrorKind::suite, "unknown statistics.method '" + std::string(name) + "'", "",
              "use percentile, basic or bca");
}

std::vector<std::optional<double>> leave_one_out(std::size_t clusters, const DrawStatistic& statistic) {
  std::vector<std::optional<double>> out;
  std::vector<std::uint16_t> counts(clusters, 1);
  for (std::size_t c = 0; c < clusters; ++c) {
    counts[c] = 0;
    out.push_back(statistic(counts));
    counts[c] = 1;
  }
  return out;
}

Interval bootstrap_interval(BootstrapMethod method, std::span<const std::optional<double>> draws,
                            std::optional<double> value, std::span<const std::optional<double>> left_out,
                            double level) {
  if (method == BootstrapMethod::percentile) return percentile_interval(draws, level);
  const bool basic = method == BootstrapMethod::basic;
  Defined o = defined_draws(draws, level, basic ? "cluster bootstrap basic" : "cluster bootstrap BCa");
  Interval& out = o.interval;
  if (!o.usable) return out;
  if (!value) {
    no_interval(out, "the estimate is undefined");
    return out;
  }
  const double low = (1 - level) / 2, high = (1 + level) / 2;
  if (basic) {
    set_ends(out, o.values, low, high);
    const double mirrored = 2 * *value - *out.high;
    out.high = 2 * *value - *out.low;
    out.low = mirrored;
    std::swap(out.monte_carlo_error_low, out.monte_carlo_error_high);
    return out;
  }
  // Share of draws below the estimate, ties counted half.
  std::size_t twice_below = 0;
  for (const double v : o.values) twice_below += v < *value ? 2 : v == *value ? 1 : 0;
  const double below = static_cast<double>(twice_below) / (2 * static_cast<double>(o.values.size()));
  const auto a = acceleration(left_out);
  if (!(below > 0 && below < 1) || !a) {
    no_interval(out,
                a ? "the estimate lies at the edge of the draws: BCa is undefined"
                  : "the statistic is undefined, or the same, whichever unit is left out: BCa is undefined");
    return out;
  }
  const double bias = normal_quantile(below);
  const auto corrected = [&](double p) {
    const double z = bias + normal_quantile(p);
    return normal_cdf(bias + z / (1 - *a * z));
  };
  set_ends(out, o.values, corrected(low), corrected(high));
  return out;
}

Interval bootstrap_interval(BootstrapMethod method, const Draws& draws, const DrawStatistic& statistic,
                            std::optional<double> value, double level) {
  std::vector<std::optional<double>> left_out;
  if (method == BootstrapMethod::bca) left_out = leave_one_out(draws.clusters(), statistic);
  return bootstrap_interval(method, replicate(draws, statistic), value, left_out, level);
}

}  // namespace undertone::statistics
