#include "metrics/statistics/clustered.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/statistics/distributions.h"

namespace undertone::statistics {

CellSums cell_sums(std::span<const Observation> observations, Design design) {
  CellSums out{design, {}, {}};
  const std::size_t cells = std::size_t{design.seeds} * design.strata * design.clusters;
  out.a.assign(cells, 0.0);
  out.b.assign(cells, 0.0);
  for (const Observation& o : observations) {
    const std::size_t i = out.at(o.seed, o.stratum, o.cluster);
    out.a[i] += o.a;
    out.b[i] += o.b;
  }
  return out;
}

Linearised linearise(const CellSums& sums) {
  const Design& d = sums.design;
  const std::size_t G = d.clusters;
  Linearised out;
  out.influence.assign(std::size_t{d.seeds} * G, 0.0);
  std::vector<double> theta(d.strata, 0.0);  // mean over seeds, per stratum
  std::vector<double> total_b(std::size_t{d.seeds} * d.strata, 0.0);
  std::vector<char> keep(d.strata, 1);
  for (std::size_t t = 0; t < d.strata; ++t) {
    for (std::size_t s = 0; s < d.seeds; ++s) {
      double a = 0, b = 0;
      for (std::size_t g = 0; g < G; ++g) {
        a += sums.a[sums.at(s, t, g)];
        b += sums.b[sums.at(s, t, g)];
      }
      total_b[s * d.strata + t] = b;
      if (b > 0)
        theta[t] += a / b / d.seeds;
      else
        keep[t] = 0;
    }
  }
  const auto strata = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), 1));
  out.dropped_strata = static_cast<std::uint32_t>(d.strata - strata);
  if (strata == 0) return out;
  double value = 0;
  for (std::size_t t = 0; t < d.strata; ++t)
    if (keep[t]) value += theta[t] / static_cast<double>(strata);
  out.value = value;
  for (std::size_t s = 0; s < d.seeds; ++s)
    for (std::size_t t = 0; t < d.strata; ++t) {
      if (!keep[t]) continue;
      const double scale = 1 / (total_b[s * d.strata + t] * static_cast<double>(strata));
      for (std::size_t g = 0; g < G; ++g) {
        const std::size_t i = sums.at(s, t, g);
        out.influence[s * G + g] += (sums.a[i] - theta[t] * sums.b[i]) * scale;
      }
    }
  return out;
}

std::vector<double> cluster_contributions(const CellSums& sums) {
  const auto& d = sums.design;
  std::vector<double> out(d.clusters, 0.0);
  for (std::size_t s = 0; s < d.seeds; ++s)
    for (std::size_t t = 0; t < d.strata; ++t) {
      double b = 0;
      for (std::size_t g = 0; g < d.clusters; ++g) b += sums.b[sums.at(s, t, g)];
      if (!(b > 0)) continue;
      for (std::size_t g = 0; g < d.clusters; ++g)
        out[g] += sums.a[sums.at(s, t, g)] / b / static_cast<double>(d.seeds) / static_cast<double>(d.strata);
    }
  return out;
}

std::optional<CrossedVariance> crossed_variance(std::span<const double> influence, std::size_t seeds,
                                                std::size_t clusters) {
  if (clusters < 2 || seeds < 1) return std::nullopt;
  const double S = static_cast<double>(seeds), G = static_cast<double>(clusters);
  std::vector<double> row(seeds, 0.0), column(clusters, 0.0);  // means of z = G u
  for (std::size_t s = 0; s < seeds; ++s)
    for (std::size_t g = 0; g < clusters; ++g) {
      const double u = influence[s * clusters + g];
      row[s] += u;  // mean over g of G u
      column[g] += u * G / S;
    }
  double grand = 0;
  for (double r : row) grand += r / S;
  double ss_seed = 0, ss_cluster = 0, ss_residual = 0;
  for (double r : row) ss_seed += (r - grand) * (r - grand);
  for (double c : column) ss_cluster += (c - grand) * (c - grand);
  CrossedVariance v;
  const double ms_cluster = S * ss_cluster / (G - 1);
  v.these_seeds = ms_cluster / (S * G);
  v.df_these_seeds = G - 1;
  if (seeds < 2) {
    v.cluster = ms_cluster;
    return v;
  }
  for (std::size_t s = 0; s < seeds; ++s)
    for (std::size_t g = 0; g < clusters; ++g) {
      const double e = G * influence[s * clusters + g] - row[s] - column[g] + grand;
      ss_residual += e * e;
    }
  const double ms_seed = G * ss_seed / (S - 1);
  const double ms_residual = ss_residual / ((S - 1) * (G - 1));
  v.residual = ms_residual;
  v.seed = std::max(0.0, (ms_seed - ms_residual) / G);
  v.cluster = std::max(0.0, (ms_cluster - ms_residual) / S);
  const double of_clusters = v.cluster / G, of_seeds = ms_seed / (S * G);
  v.new_seeds = std::max(of_clusters + of_seeds, v.these_seeds);
  v.df_new_seeds = harmonic_df({{of_clusters, G - 1}, {of_seeds, S - 1}});
  return v;
}

RatioEstimate ratio_estimate(std::span<const Observation> observations, Design design, double level) {
  RatioEstimate out;
  out.these_seeds.level = level;
  out.these_seeds.method = design.seeds > 1 ? "clustered t (these seeds)" : "clustered t";
  if (observations.empty()) {
    out.these_seeds.reason = "no scored items";
    return out;
  }
  const Linearised l = linearise(cell_sums(observations, design));
  out.value = l.value;
  out.dropped_strata = l.dropped_strata;
  if (!l.value) {
    out.these_seeds.reason = "some seed has no scored items";
    return out;
  }
  out.variance = crossed_variance(l.influence, design.seeds, design.clusters);
  if (!out.variance) {
    out.these_seeds.reason = "one unit: no variance can be estimated";
    return out;
  }
  const CrossedVariance& v = *out.variance;
  out.these_seeds =
      t_interval(*l.value, std::sqrt(v.these_seeds), v.df_these_seeds, level, out.these_seeds.method);
  if (v.new_seeds) {
    out.new_seeds =
        t_interval(*l.value, std::sqrt(*v.new_seeds), *v.df_new_seeds, level, "crossed seeds t (new seeds)");
    if (v.seed == 0 && out.new_seeds->low)
      out.new_seeds->reason =
          "no variance between seeds beyond chance was seen in " + std::to_string(design.seeds) + " seeds";
  }
  return out;
}

Interval conditional_interval(std::span<const Observation> observations, Design design, double level) {
  Interval out;
  out.level = level;
  out.method = "stratified t (these units)";
  const Linearised l = linearise(cell_sums(observations, design));
  if (observations.empty() || !l.value) {
    out.reason = "no scored items";
    return out;
  }
  // Subclusters become the clusters of a second linearisation of the same estimate.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> index;
  for (const Observation& o : observations) index.emplace(std::pair{o.cluster, o.subcluster}, 0);
  std::uint32_t next = 0;
  std::vector<std::uint32_t> parent;
  for (auto& [key, i] : index) {
    i = next++;
    parent.push_back(key.first);
  }
  std::vector<Observation> fine(observations.begin(), observations.end());
  for (Observation& o : fine) o.cluster = index.at({o.cluster, o.subcluster});
  const Linearised f = linearise(cell_sums(fine, {design.seeds, design.strata, next}));
  std::vector<double> u(next, 0.0), sum(design.clusters, 0.0);
  std::vector<std::size_t> size(design.clusters, 0);
  for (std::size_t s = 0; s < design.seeds; ++s)
    for (std::size_t c = 0; c < next; ++c) u[c] += f.influence[s * next + c] / design.seeds;
  for (std::size_t c = 0; c < next; ++c) {
    sum[parent[c]] += u[c];
    ++size[parent[c]];
  }
  double variance = 0, df = 0;
  std::size_t single = 0;
  for (std::size_t c = 0; c < next; ++c) {
    const auto n = static_cast<double>(size[parent[c]]);
    if (n < 2) {
      ++single;
      continue;
    }
    const double e = u[c] - sum[parent[c]] / n;
    variance += n / (n - 1) * e * e;
  }
  for (std::size_t n : size) df += n > 1 ? static_cast<double>(n - 1) : 0.0;
  out = t_interval(*l.value, std::sqrt(variance), df, level, out.method);
  if (single > 0 && out.reason.empty())
    out.reason = std::to_string(single) + " units have one clip and add no variance";
  return out;
}

ClusterEffect cluster_effect(std::span<const double> values, std::span<const std::uint32_t> cluster,
                             std::size_t clusters) {
  ClusterEffect out;
  const auto N = static_cast<double>(values.size());
  const auto G = static_cast<double>(clusters);
  if (clusters < 2 || values.size() <= clusters) {
    out.reason = clusters < 2 ? "fewer than two units" : "one item per unit";
    return out;
  }
  std::vector<double> sum(clusters, 0.0), count(clusters, 0.0);
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[cluster[i]] += values[i];
    count[cluster[i]] += 1;
    total += values[i];
  }
  const double mean = total / N;
  double between = 0, all = 0, squares = 0, robust = 0;
  for (std::size_t g = 0; g < clusters; ++g) {
    if (count[g] == 0) continue;
    const double m = sum[g] / count[g];
    between += count[g] * (m - mean) * (m - mean);
    squares += count[g] * count[g];
    const double u = (sum[g] - mean * count[g]) / N;
    robust += u * u * G / (G - 1);
  }
  for (double v : values) all += (v - mean) * (v - mean);
  if (all <= 1e-26 * N * std::max(1.0, mean * mean)) {
    out.reason = "no variation between items";
    return out;
  }
  const double ms_between = between / (G - 1);
  const double ms_within = std::max(0.0, all - between) / (N - G);
  const double n0 = (N - squares / N) / (G - 1);
  out.intraclass_correlation = (ms_between - ms_within) / (ms_between + (n0 - 1) * ms_within);
  out.design_effect = robust / (all / (N - 1) / N);
  return out;
}

std::optional<Bounds> missing_bounds(double sum, std::int64_t scored, std::int64_t asked, double low,
                                     double high) {
  if (asked <= 0 || scored > asked) return std::nullopt;
  const auto missing = static_cast<double>(asked - scored), n = static_cast<double>(asked);
  return Bounds{(sum + missing * low) / n, (sum + missing * high) / n};
}

}  // namespace undertone::statistics
