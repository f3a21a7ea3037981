// The statistics engine against SciPy and against definitions computed by another route
// (make_metrics_reference.py).
#include <gtest/gtest.h>

#include "metrics/statistics/bootstrap.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/distributions.h"
#include "metrics/statistics/multiplicity.h"
#include "metrics/statistics/permutation.h"
#include "tests/support/reference_json.h"

namespace undertone::statistics {
namespace {
using test::expect_close;
using test::metrics_reference;
using test::numbers;

TEST(StatisticsReference, StudentT) {
  for (const Json& c : metrics_reference().at("t").elements()) {
    const double df = c.at("df").as_double();
    if (const Json* q = c.find("quantile"))
      expect_close(t_quantile(c.at("p").as_double(), df), q->as_double(), "quantile");
    else
      expect_close(t_two_sided_p(c.at("t").as_double(), df), c.at("two_sided").as_double(), "tail");
  }
}

TEST(StatisticsReference, ClusteredMean) {
  for (const Json& c : metrics_reference().at("clustered").elements()) {
    const auto values = numbers(c.at("values"));
    const auto cluster = test::whole_numbers<std::uint32_t>(c.at("cluster"));
    const std::size_t clusters = cluster.back() + 1;
    std::vector<Observation> items;
    for (std::size_t i = 0; i < values.size(); ++i) items.push_back({0, 0, cluster[i], 0, values[i], 1});
    const RatioEstimate r = ratio_estimate(items, {1, 1, static_cast<std::uint32_t>(clusters)}, 0.95);
    expect_close(r.value.value(), c.at("mean").as_double(), "mean");
    expect_close(r.variance->these_seeds, c.at("variance").as_double(), "variance");
    expect_close(r.these_seeds.low.value(), c.at("low").as_double(), "low");
    expect_close(r.these_seeds.high.value(), c.at("high").as_double(), "high");
    EXPECT_FALSE(r.new_seeds.has_value());
    const ClusterEffect e = cluster_effect(values, cluster, clusters);
    if (const Json* icc = c.find("icc")) {
      expect_close(e.intraclass_correlation.value(), icc->as_double(), "icc");
      expect_close(e.design_effect.value(), c.at("deff").as_double(), "deff");
    } else {
      EXPECT_FALSE(e.intraclass_correlation.has_value());
      EXPECT_EQ(e.reason, "one item per unit");
    }
  }
}

TEST(StatisticsReference, SeedsCrossedWithClusters) {
  for (const Json& c : metrics_reference().at("crossed").elements()) {
    std::vector<Observation> items;
    std::uint32_t seeds = 0, clusters = 0;
    for (const Json& row : c.at("data").elements()) {
      clusters = 0;
      for (const Json& cell : row.elements()) {
        for (double v : numbers(cell)) items.push_back({seeds, 0, clusters, 0, v, 1});
        ++clusters;
      }
      ++seeds;
    }
    const RatioEstimate r = ratio_estimate(items, {seeds, 1, clusters}, 0.95);
    expect_close(r.value.value(), c.at("mean").as_double(), "mean");
    expect_close(r.variance->seed, c.at("seed").as_double(), "seed component");
    expect_close(r.variance->cluster, c.at("cluster").as_double(), "cluster component");
    expect_close(r.variance->residual, c.at("residual").as_double(), "residual component");
    expect_close(r.variance->these_seeds, c.at("these_seeds").as_double(), "variance, these seeds");
    expect_close(r.variance->new_seeds.value(), c.at("new_seeds").as_double(), "variance, new seeds");
    expect_close(r.variance->df_new_seeds.value(), c.at("df").as_double(), "degrees of freedom");
    expect_close(r.new_seeds->low.value(), c.at("low").as_double(), "low");
    expect_close(r.new_seeds->high.value(), c.at("high").as_double(), "high");
  }
}

TEST(StatisticsReference, SignFlips) {
  for (const Json& c : metrics_reference().at("permutation").elements()) {
    const auto d = numbers(c.at("contributions"));
    const TestResult r = sign_flip_test(d, "tests/sign-flip");
    EXPECT_TRUE(r.exact);
    EXPECT_LE(r.permutations, std::int64_t{1} << d.size());  // units that contribute nothing are left aside
    expect_close(r.p_value.value(), c.at("p").as_double(), "p");
  }
}

TEST(StatisticsReference, HolmAndBenjaminiHochberg) {
  for (const Json& c : metrics_reference().at("multiplicity").elements()) {
    const auto p = numbers(c.at("p")), h = holm(p), b = benjamini_hochberg(p);
    const auto holm_reference = numbers(c.at("holm")), bh_reference = numbers(c.at("bh"));
    for (std::size_t i = 0; i < p.size(); ++i) {
      expect_close(h[i], holm_reference[i], "Holm");
      expect_close(b[i], bh_reference[i], "Benjamini-Hochberg");
    }
  }
}

TEST(StatisticsReference, PercentileEnds) {
  for (const Json& c : metrics_reference().at("percentile").elements()) {
    std::vector<std::optional<double>> draws;
    for (double v : numbers(c.at("draws"))) draws.push_back(v);
    const Interval i = percentile_interval(draws, c.at("level").as_double());
    expect_close(i.low.value(), c.at("low").as_double(), "low");
    expect_close(i.high.value(), c.at("high").as_double(), "high");
  }
}

// R's boot package, 200,000 draws of the cities' ratio: the ends agree within Monte-Carlo error.
TEST(StatisticsReference, CityRatioOfTheBootPackage) {
  const auto folder = test::real_data();
  UNDERTONE_NEED(folder, test::skip_reason());
  const Json reference = read_json_file(*folder + "/statistics_reference_values.json").at("R_boot");
  // Populations of ten cities in 1920 and 1930, in thousands (Davison & Hinkley 1997, table 2.1).
  const std::vector<double> u = {138, 93, 61, 179, 48, 37, 29, 23, 30, 2},
                            x = {143, 104, 69, 260, 75, 63, 50, 48, 111, 50};
  const Draws draws("tests/city", 20000, u.size());
  auto ratio = [&](std::span<const std::uint16_t> w) -> std::optional<double> {
    double a = 0, b = 0;
    for (std::size_t i = 0; i < u.size(); ++i) a += w[i] * x[i], b += w[i] * u[i];
    return a / b;
  };
  expect_close(*ratio(std::vector<std::uint16_t>(u.size(), 1)), reference.at("city ratio t0").as_double(),
               "ratio");
  const Interval i = percentile_interval(replicate(draws, ratio), 0.95);
  const auto published = numbers(reference.at("city 95 perc"));
  EXPECT_NEAR(i.low.value(), published[0], 4 * i.monte_carlo_error_low.value());
  EXPECT_NEAR(i.high.value(), published[1], 4 * i.monte_carlo_error_high.value());
}

}  // namespace
}  // namespace undertone::statistics
