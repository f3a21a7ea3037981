// Means, ratios and their variances when items share clusters (clips, speakers) and systems share seeds.
//
// Everything rests on one linearisation. The estimate is a mean over seeds s and strata t of ratios of sums
// over clusters g, theta = mean_s mean_t (A_stg summed over g) / (B_stg summed over g). With B = number of
// items it is an item-weighted mean; with one stratum per question type the unweighted mean over types; with
// B = reference words a word error rate. Cluster g's influence under seed s is
//   u_sg = mean_t (A_stg - theta_t B_stg) / B_st.        (Taylor linearisation; Cochran 1977, section 6;
//   Binder 1983)
// so that sum_g u_sg = theta_s - theta. For one seed the variance is G/(G-1) sum_g u_g^2 with G-1 degrees of
// freedom: the cluster-robust (CR1) sandwich of the intercept-only regression (Liang & Zeger 1986; Cameron &
// Miller 2015).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/statistics/interval.h"

namespace undertone::statistics {

// One observation: numerator `a` over denominator `b` (1 for a mean), in a cell of the design. Indices are
// dense.
struct Observation {
  std::uint32_t seed = 0, stratum = 0, cluster = 0, subcluster = 0;  // subcluster: the clip within a speaker
  double a = 0, b = 1;
};

struct Design {
  std::uint32_t seeds = 1, strata = 1, clusters = 0;
};

// Sums per cell; index [(seed * strata + stratum) * clusters + cluster].
struct CellSums {
  Design design;
  std::vector<double> a, b;
  std::size_t at(std::size_t seed, std::size_t stratum, std::size_t cluster) const {
    return (seed * design.strata + stratum) * design.clusters + cluster;
  }
};
CellSums cell_sums(std::span<const Observation> observations, Design design);

// theta, and the influences [seed * clusters + cluster]. A stratum without a denominator under some seed is
// left out
// (`dropped_strata`); with none left the value is nothing.
struct Linearised {
  std::optional<double> value;
  std::vector<double> influence;
  std::uint32_t dropped_strata = 0;
};
Linearised linearise(const CellSums& sums);

// Each cluster's share of the estimate, per cluster: they sum to theta where every stratum has a denominator
// under every seed. What tests by sign flips turn.
std::vector<double> cluster_contributions(const CellSums& sums);

// Variance components of influences crossed by seeds and clusters: two-way layout without replication, method
// of moments (Searle, Casella & McCulloch 1992, chapter 4; multi-reader two-way analysis). With z_sg = G
// u_sg:
//   Var(theta) = seed/S + cluster/G + residual/(S G), components truncated at zero.
// "these seeds": seeds fixed, Var = MS_cluster/(S G), df G-1. "new seeds": cluster/G + MS_seed/(S G), which
// is seed/S + residual/(S G) without taking one mean square from another, and at least what these seeds have;
// degrees of freedom by harmonic_df(). With S = 1 only "these seeds".
// Nominal 95 % intervals for new seeds then cover 94 to 99 % where three seeds vary from nothing to 20 times
// as much as the rest; by MS_cluster + MS_seed - MS_residual and Satterthwaite (1946) they covered 92 to 97
// %, least where seeds vary most (tests/unit/statistics_clustered_test.cc simulates it).
struct CrossedVariance {
  double seed = 0, cluster = 0, residual = 0;
  double these_seeds = 0, df_these_seeds = 0;
  std::optional<double> new_seeds, df_new_seeds;
};
// Nothing when there are fewer than two clusters.
std::optional<CrossedVariance> crossed_variance(std::span<const double> influence, std::size_t seeds,
                                                std::size_t clusters);

struct RatioEstimate {
  std::optional<double> value;
  Interval these_seeds;               // clustered t
  std::optional<Interval> new_seeds;  // where there are several seeds
  std::optional<CrossedVariance> variance;
  std::uint32_t dropped_strata = 0;
};
RatioEstimate ratio_estimate(std::span<const Observation> observations, Design design, double level);

// Interval conditional on the very clusters: subclusters (clips) are drawn within each cluster as strata
// (Cochran 1977, section 5A): Var = sum_g n_g/(n_g-1) sum_c (u_c - mean_g u)^2, df = sum (n_g - 1). Seeds are
// averaged (fixed). A cluster with one subcluster adds nothing to the variance and is named in the reason.
Interval conditional_interval(std::span<const Observation> observations, Design design, double level);

// One-way analysis of variance of items in clusters of unequal size: intraclass correlation
// (MSB - MSW) / (MSB + (n0 - 1) MSW), n0 = (N - sum n_g^2 / N) / (G - 1) (Donner & Koval 1980), and the
// design effect: cluster-robust variance of the mean over the variance if items were independent.
struct ClusterEffect {
  std::optional<double> intraclass_correlation, design_effect;
  std::string reason;
};
ClusterEffect cluster_effect(std::span<const double> values, std::span<const std::uint32_t> cluster,
                             std::size_t clusters);

// Mean of `asked` items on a scale [low, high] when the missing ones all stood at one end. `sum` over scored
// ones.
struct Bounds {
  double worst, best;
};
std::optional<Bounds> missing_bounds(double sum, std::int64_t scored, std::int64_t asked, double low,
                                     double high);

}  // namespace undertone::statistics
