// What each method says where it has no answer.
#include <gtest/gtest.h>

#include <limits>

#include "harness/core/error.h"
#include "metrics/statistics/correlation_tests.h"
#include "metrics/statistics/max_t.h"
#include "metrics/statistics/paired_tests.h"
#include "metrics/statistics/planning.h"
#include "metrics/statistics/prediction_powered.h"
#include "metrics/statistics/proportion.h"
#include "metrics/statistics/ratio_interval.h"
#include "metrics/statistics/sequential.h"
#include "metrics/statistics/variance_components.h"

namespace undertone::statistics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Holes = std::vector<std::optional<double>>;

void none(const Interval& i, const std::string& why) {
  EXPECT_FALSE(i.low || i.high);
  EXPECT_NE(i.reason.find(why), std::string::npos) << i.reason;
}
template <class T>
void no_p(const T& t, const std::string& why) {
  EXPECT_FALSE(t.p_value.has_value());
  EXPECT_NE(t.reason.find(why), std::string::npos) << t.reason;
}

TEST(Shares, BadInput) {
  none(wilson_interval(0.5, 0, 0.95), "no items");
  none(wilson_interval(1.2, 10, 0.95), "within 0 and 1");
  none(wilson_interval(kNan, 10, 0.95), "within 0 and 1");
  none(newcombe_interval(0.5, 10, kNan, 10, 0.95), "within 0 and 1");
  none(newcombe_interval(0.5, 10, 0.5, kInfinity, 0.95), "no items");
  none(newcombe_paired_interval({}, 1, 0.95), "no items");
  none(newcombe_paired_interval({5, -1, 2, 3}, 1, 0.95), "no items");
  EXPECT_FALSE(effective_size(10, 0));
  EXPECT_FALSE(effective_size(10, kNan));
  EXPECT_EQ(effective_size(10, 0.5), 10);  // not more items than there are
  EXPECT_EQ(effective_size(10, 2), 5);
  EXPECT_EQ(*wilson_interval(0, 10, 0.95).low, 0);
  EXPECT_EQ(*wilson_interval(1, 10, 0.95).high, 1);
  none(rogan_gladen({0.5, 100, 0.4, 50, 0.6, 50}, 0.95).interval, "no better than chance");
  none(rogan_gladen({0.5, 100, 0.9, 0, 0.6, 50}, 0.95).interval, "no items");
  const CorrectedShare outside = rogan_gladen({0.05, 100, 0.9, 50, 0.8, 50}, 0.95);
  EXPECT_EQ(outside.value, 0);
  EXPECT_TRUE(outside.cut);
}

TEST(PairedTests, BadInput) {
  no_p(mcnemar_exact(0, 0), "same items");
  EXPECT_DOUBLE_EQ(mcnemar_exact(0, 5).p_value.value(), 2.0 / 32);
  EXPECT_DOUBLE_EQ(mcnemar_exact(4, 4).p_value.value(), 1);
  EXPECT_THROW(mcnemar_exact(-1, 2), Error);
  no_p(mcnemar_clustered(std::vector<double>{1}), "fewer than two units");
  no_p(mcnemar_clustered(std::vector<double>{0, 0}), "in every unit");
  const std::vector<std::uint32_t> two{0, 1}, one{0, 0};
  no_p(clustered_signed_ranks(std::vector<double>{0, 0}, two, 2, "s").normal, "every difference is zero");
  no_p(clustered_signed_ranks(std::vector<double>{0, 0}, two, 2, "s").flips, "every difference is zero");
  no_p(clustered_signed_ranks(std::vector<double>{1, kNan}, two, 2, "s").normal, "not finite");
  no_p(clustered_signed_ranks(std::vector<double>{1, 2}, one, 1, "s").flips, "fewer than two units");
  const SignedRanks cancel = clustered_signed_ranks(std::vector<double>{1, -1}, one, 2, "s");
  no_p(cancel.normal, "cancel");
  EXPECT_EQ(cancel.flips.p_value, 1);
  EXPECT_THROW(clustered_signed_ranks(std::vector<double>{1}, two, 2, "s"), Error);
  EXPECT_THROW(clustered_signed_ranks(std::vector<double>{1, 2}, std::vector<std::uint32_t>{0, 5}, 2, "s"),
               Error);
}

TEST(PairedTests, SwapsAndEquivalence) {
  const std::vector<double> h{1, 2, 3, 4}, flat{2, 2, 2, 2};
  const std::vector<std::uint32_t> cluster{0, 0, 1, 1}, one{0, 0, 0, 0};
  no_p(perm_both(h, flat, h, cluster, 2, "s"), "does not vary");
  no_p(perm_both(h, h, h, one, 1, "s"), "fewer than two units");
  no_p(perm_both(std::vector<double>{1}, std::vector<double>{1}, std::vector<double>{1},
                 std::vector<std::uint32_t>{0}, 1, "s"),
       "fewer than two items");
  EXPECT_EQ(perm_both(h, h, h, cluster, 2, "s").p_value, 1);
  no_p(cluster_swap_test(
           3, [](std::span<const std::uint8_t>) { return std::optional<double>(); }, "s"),
       "undefined");
  // Beyond enumeration and beyond one word of random bits: the statistic counts exchanged clusters.
  const auto balance = [](std::span<const std::uint8_t> swapped) -> std::optional<double> {
    double sum = 0;
    for (std::uint8_t b : swapped) sum += b ? -1 : 1;
    return sum;
  };
  EXPECT_DOUBLE_EQ(cluster_swap_test(130, balance, "s", 999).p_value.value(), 1.0 / 1000);
  const Equivalence e = two_one_sided_tests(0, 0, 5, -1, 1, 0.05);
  no_p(e, "no variation");
  EXPECT_FALSE(e.shown);
  EXPECT_THROW(two_one_sided_tests(0, 1, 5, 1, -1, 0.05), Error);
  EXPECT_TRUE(two_one_sided_tests(0.1, 0.1, 30, -1, 1, 0.05).shown);
}

TEST(CorrelationTests, BadInput) {
  none(jackknife_correlation_interval(0.5, Holes{0.4}, 0.95), "fewer than two units");
  none(jackknife_correlation_interval(std::nullopt, Holes{0.4, 0.5}, 0.95), "undefined");
  none(jackknife_correlation_interval(0.5, Holes{0.4, std::nullopt}, 0.95), "undefined");
  none(jackknife_correlation_interval(1.0, Holes{1.0, 1.0}, 0.95), "-1 or 1");
  none(jackknife_correlation_interval(0.5, Holes{0.5, 0.5}, 0.95), "no variation");
  no_p(jackknife_correlation_difference(0.5, Holes{0.4, 0.6}, 0.5, Holes{0.4, 0.6}), "whichever unit");
  no_p(jackknife_correlation_difference(0.5, Holes{0.4, 0.6}, std::nullopt, Holes{0.4, 0.6}), "undefined");
  EXPECT_THROW(jackknife_correlation_difference(0.5, Holes{0.4}, 0.5, Holes{0.4, 0.6}), Error);
  no_p(williams_test({0.5, 0.4, 0.3, 3}), "fewer than four");
  no_p(williams_test({1, 0.4, 0.3, 30}), "not within");
  no_p(williams_test({0.9, -0.9, 0.9, 30}), "no three variables");
  no_p(steiger_test(OverlappingCorrelations{kNan, 0.4, 0.3, 30}), "not within");
  no_p(steiger_test(SeparateCorrelations{0.5, 0.4, 0, 0, 0, 0, 2}), "fewer than four");
}

TEST(Ratios, BadInput) {
  none(fieller_interval({1, 0, 1, 1, 0, 5}, 0.95), "denominator is zero");
  none(fieller_interval({1, 2, 1, 1, 0, 0}, 0.95), "fewer than two units");
  none(fieller_interval({1, 2, 0, 0, 0, 5}, 0.95), "width zero");
  EXPECT_THROW(two_estimates(1, std::vector<double>{1, 2}, 1, std::vector<double>{1}), Error);
  const std::vector<double> same{2, 2, 2}, weight{1, 1, 1}, zero{0, 0, 0};
  const Draws draws("tests/studentised/none", 50, 3);
  none(studentised_interval(draws, studentised_ratio(same, weight), 0.95), "no variation");
  none(studentised_interval(draws, studentised_ratio(same, zero), 0.95), "estimate is undefined");
  // Three clusters: a draw of one cluster only has no standard error, and one draw in nine is such.
  none(studentised_interval(draws, studentised_ratio(std::vector<double>{1, 2, 4}, weight), 0.95),
       "undefined in");
}

TEST(ManyContrasts, BadInput) {
  EXPECT_EQ(max_t({}, 0.95, "s").reason, "no contrasts");
  EXPECT_EQ(max_t(std::vector<std::vector<double>>{{1}}, 0.95, "s").reason, "fewer than two units");
  EXPECT_EQ(max_t(std::vector<std::vector<double>>{{0, 0}}, 0.95, "s").reason,
            "no contrast differs in any unit");
  EXPECT_EQ(max_t(std::vector<std::vector<double>>{{0, kNan}}, 0.95, "s").reason, "a value is not finite");
  const MaxT some = max_t(std::vector<std::vector<double>>{{0, 0, 0}, {1, 2, 3}}, 0.95, "s");
  EXPECT_FALSE(some.p_value[0].has_value());
  EXPECT_DOUBLE_EQ(some.p_value[1].value(), 0.25);
  EXPECT_THROW(max_t(std::vector<std::vector<double>>{{1, 2}, {1}}, 0.95, "s"), Error);
}

TEST(Sequential, BadInput) {
  EXPECT_EQ(betting_e_process({}, 1).reason, "no items");
  EXPECT_EQ(betting_e_process(std::vector<double>{0.5, 2}, 1).reason, "a difference exceeds the bound");
  EXPECT_EQ(betting_e_process(std::vector<double>{kNan}, 1).reason, "a value is not finite");
  EXPECT_EQ(confidence_sequence(std::vector<double>{0.5}, 0, 0.95).reason,
            "the bound is not positive and finite");
  EXPECT_EQ(betting_e_process(std::vector<double>(50, 0.0), 1).p_value.back(), 1);
}

TEST(PredictionPoweredMean, BadInput) {
  const std::vector<RatedItem> unrated{{1, std::nullopt, 1, 0}, {2, std::nullopt, 1, 1}};
  none(prediction_powered_mean(unrated, 2, 0.95).interval, "no item has a human rating");
  EXPECT_FALSE(prediction_powered_mean(unrated, 2, 0.95).value.has_value());
  none(prediction_powered_mean({}, 0, 0.95).interval, "no item has a human rating");
  const std::vector<RatedItem> never{{1, 2.0, 0, 0}, {2, 3.0, 1, 1}};
  none(prediction_powered_mean(never, 2, 0.95).interval, "inclusion probability");
  const std::vector<RatedItem> broken{{kNan, 2.0, 1, 0}, {2, 3.0, 1, 1}};
  none(prediction_powered_mean(broken, 2, 0.95).interval, "not finite");
  const std::vector<RatedItem> lonely{{1, 2.0, 1, 0}, {2, std::nullopt, 1, 1}};
  EXPECT_TRUE(prediction_powered_mean(lonely, 2, 0.95).value.has_value());
  none(prediction_powered_mean(lonely, 2, 0.95).interval, "fewer than two units");
  EXPECT_THROW(prediction_powered_mean(lonely, 1, 0.95), Error);
}

TEST(VarianceComponentsOf, BadInput) {
  const std::vector<double> y{1, 2, 3, 4};
  auto reason = [&](std::vector<std::uint32_t> level) {
    return variance_components(y, std::vector<Factor>{{"clip", std::move(level)}}).reason;
  };
  EXPECT_NE(reason({7, 7, 7, 7}).find("one level"), std::string::npos);
  EXPECT_NE(reason({1, 2, 3, 4}).find("one score per level"), std::string::npos);
  EXPECT_EQ(reason({0, 0, 1, 1}), "");
  const Factor a{"a", {0, 0, 1, 1}}, same{"b", {5, 5, 9, 9}};
  EXPECT_NE(variance_components(y, std::vector{a, same}).reason.find("same way"), std::string::npos);
  EXPECT_EQ(variance_components(std::vector<double>{1}, {}).reason, "fewer than two items");
  EXPECT_EQ(variance_components(std::vector<double>{1, kInfinity}, {}).reason, "a value is not finite");
  EXPECT_THROW(variance_components(y, std::vector<Factor>{{"clip", {0, 1}}}), Error);
  EXPECT_DOUBLE_EQ(variance_components(y, {}).find("residual")->raw, 5.0 / 3);
}

TEST(Planning, BadInput) {
  EXPECT_EQ(planned_precision({1, 0, 0, 0, 0, 0}, {1, 5, 1, 3, 1}, false).reason,
            "one unit: no variance can be estimated");
  EXPECT_EQ(planned_precision({1, 0, 0, 1, 0, 0}, {5, 1, 1, 1, 1}, true).reason,
            "one seed says nothing about new seeds");
  EXPECT_THROW(planned_precision({1, 0, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, false), Error);
  EXPECT_THROW(planned_precision({-1, 0, 0, 0, 0, 0}, {5, 1, 1, 1, 1}, false), Error);
  EXPECT_THROW(t_test_power(0, 1, 5, 0.05), Error);
  EXPECT_THROW(minimum_detectable_effect(1, 5, 0.04, 0.05), Error);
  EXPECT_FALSE(units_needed(0.001, 1, 0.8, 0.05, 1000));
  EXPECT_FALSE(speakers_needed(1, {1, 0, 0, 1, 0, 0}, {2, 1, 1, 1, 1}, true, 0.8, 0.05));
  EXPECT_EQ(units_needed(100, 1, 0.8, 0.05), 2);
}

}  // namespace
}  // namespace undertone::statistics
