#include "metrics/change_points.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

std::vector<double> nights(const std::string& name, const std::vector<std::pair<int, double>>& stretches) {
  Stream random(name);
  std::vector<double> out;
  for (const auto& [n, level] : stretches)
    for (int i = 0; i < n; ++i) out.push_back(level + random.normal());
  return out;
}

TEST(ChangePoints, FindsAStepWhereItIs) {
  const std::vector<double> v = {1, 1.1, 0.9, 1, 1.1, 0.4, 0.5, 0.45, 0.5, 0.42};
  const auto found = change_points(v, "test");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].first, 5u);
  EXPECT_NEAR(found[0].before, 1.02, 1e-12);
  EXPECT_NEAR(found[0].after, 0.454, 1e-12);
  // Of the 252 ways to part ten values into fives, two are as far apart; a few unequal ones may be too.
  EXPECT_LT(found[0].p_value, 0.02);
  EXPECT_EQ(found[0].p_value, change_points(v, "test")[0].p_value) << "the same stream, the same draws";
}

TEST(ChangePoints, FindsSeveralInOrder) {
  const auto v = nights("test/several", {{15, 0.0}, {15, 4.0}, {15, -1.0}});
  ChangePointSettings settings;
  settings.alpha = 0.001;  // of each of the three stretches that are left, too
  const auto found = change_points(v, "test", settings);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].first, 15u);
  EXPECT_EQ(found[1].first, 30u);
  EXPECT_NEAR(found[0].after, found[1].before, 0) << "one stretch lies between";
}

TEST(ChangePoints, NothingInAConstantOrAShortSeries) {
  EXPECT_TRUE(change_points(std::vector<double>(20, 0.3), "test").empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 1, 1, 9, 9}, "test").empty())
      << "stretches of three at least";
  EXPECT_TRUE(change_points({}, "test").empty());
  const std::vector<double> bad = {1, 2, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW(change_points(bad, "test"), Error);
}

// Four Monte-Carlo errors of 400 series are 0.044 at 5 %.
TEST(ChangePoints, FalseAlarmsAreAsStated) {
  ChangePointSettings settings;
  settings.permutations = 199;
  int any = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string name = fmt::format("test/null/{}", i);
    any += !change_points(nights(name, {{20, 0.0}}), name, settings).empty();
  }
  EXPECT_LE(any, 0.094 * 400);
  EXPECT_GE(any, 0.006 * 400);
}

TEST(ChangePoints, PlantedStepsAreFound) {
  ChangePointSettings settings;
  settings.permutations = 199;
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string name = fmt::format("test/planted/{}", i);
    const auto at = change_points(nights(name, {{12, 0.0}, {12, 3.0}}), name, settings);
    found += std::any_of(at.begin(), at.end(),
                         [](const ChangePoint& c) { return std::abs(static_cast<int>(c.first) - 12) <= 1; });
  }
  EXPECT_GE(found, 190);
}

}  // namespace
}  // namespace undertone
