// Intervals of the cluster bootstrap by every method, against SciPy and NumPy (make_bootstrap_reference.py).
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "metrics/statistics/bootstrap.h"
#include "tests/support/reference_json.h"

namespace undertone::statistics {
namespace {
using test::expect_close;
using test::numbers;

const Json& reference() {
  static const Json read = read_json_file(test::source_path("tests/golden/bootstrap.json"));
  return read;
}

// Mean, or standard deviation, of values drawn so often each.
DrawStatistic statistic_of(const std::string& name, std::vector<double> values) {
  return [name, values = std::move(values)](std::span<const std::uint16_t> counts) -> std::optional<double> {
    double n = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) n += counts[i], sum += counts[i] * values[i];
    const double mean = sum / n;
    for (std::size_t i = 0; i < values.size(); ++i)
      squares += counts[i] * (values[i] - mean) * (values[i] - mean);
    return name == "mean" ? mean : std::sqrt(squares / n);
  };
}

TEST(BootstrapReference, EveryMethod) {
  for (const Json& c : reference().at("cases").elements()) {
    const std::string name = c.at("name").as_string();
    const auto values = numbers(c.at("values"));
    const DrawStatistic statistic = statistic_of(c.at("statistic").as_string(), values);
    std::vector<std::optional<double>> draws;
    for (const Json& row : c.at("counts").elements()) {
      std::vector<std::uint16_t> counts;
      for (const char digit : row.as_string()) counts.push_back(static_cast<std::uint16_t>(digit - '0'));
      draws.push_back(statistic(counts));
    }
    const auto value = statistic(std::vector<std::uint16_t>(values.size(), 1));
    expect_close(value.value(), c.at("value").as_double(), name);
    const auto left_out = leave_one_out(values.size(), statistic);
    const double level = c.at("level").as_double();
    for (const char* method : {"percentile", "basic", "bca"}) {
      const Interval i = bootstrap_interval(bootstrap_method_from(method), draws, value, left_out, level);
      ASSERT_TRUE(i.low && i.high) << name << method << i.reason;
      // The ends hang on quantiles of the normal distribution, whose implementations agree to about 1e-9.
      EXPECT_NEAR(*i.low, c.at(method).elements().at(0).as_double(), 1e-8) << name << " " << method;
      EXPECT_NEAR(*i.high, c.at(method).elements().at(1).as_double(), 1e-8) << name << " " << method;
      EXPECT_EQ(i.resamples, 999);
      EXPECT_GT(*i.monte_carlo_error_low, 0);
    }
  }
}

std::vector<std::optional<double>> upto(int n) {
  std::vector<std::optional<double>> out;
  for (int i = 1; i <= n; ++i) out.push_back(i);
  return out;
}

TEST(BootstrapMethods, BasicMirrorsPercentile) {
  const Interval p = bootstrap_interval(BootstrapMethod::percentile, upto(199), 80, {}, 0.9);
  const Interval b = bootstrap_interval(BootstrapMethod::basic, upto(199), 80, {}, 0.9);
  EXPECT_DOUBLE_EQ(*b.low, 160 - *p.high);
  EXPECT_DOUBLE_EQ(*b.high, 160 - *p.low);
  EXPECT_EQ(b.method, "cluster bootstrap basic");
}

// Without bias and acceleration BCa is the percentile interval.
TEST(BootstrapMethods, BcaWithNothingToCorrectIsPercentile) {
  const std::vector<std::optional<double>> left_out{1.0, 2.0, 3.0};  // symmetric: no acceleration
  const Interval b = bootstrap_interval(BootstrapMethod::bca, upto(199), 100, left_out, 0.9);
  const Interval p = percentile_interval(upto(199), 0.9);
  EXPECT_NEAR(*b.low, *p.low, 1e-9);
  EXPECT_NEAR(*b.high, *p.high, 1e-9);
}

TEST(BootstrapMethods, UndefinedIsSaid) {
  const std::vector<std::optional<double>> fine{1.0, 2.0, 4.0}, same{2.0, 2.0, 2.0},
      hole{1.0, std::nullopt, 2.0};
  const auto none = [](const Interval& i, const std::string& why) {
    EXPECT_FALSE(i.low || i.high);
    EXPECT_NE(i.reason.find(why), std::string::npos) << i.reason;
  };
  none(bootstrap_interval(BootstrapMethod::bca, upto(199), 0, fine, 0.9), "edge of the draws");
  none(bootstrap_interval(BootstrapMethod::bca, upto(199), 100, same, 0.9), "whichever unit is left out");
  none(bootstrap_interval(BootstrapMethod::bca, upto(199), 100, hole, 0.9), "whichever unit is left out");
  none(bootstrap_interval(BootstrapMethod::basic, upto(199), std::nullopt, {}, 0.9), "estimate is undefined");
  const std::vector<std::optional<double>> flat(200, 3.0);
  none(bootstrap_interval(BootstrapMethod::bca, flat, 3, fine, 0.9), "width zero");
  EXPECT_THROW(bootstrap_method_from("studentised"), Error);
}

}  // namespace
}  // namespace undertone::statistics
