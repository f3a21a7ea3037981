// What is concluded from probes, and from what a judge says of its own family.
#include "reports/datasheet_probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace undertone::test {
namespace {
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Expects = Probe::Expects;

std::vector<ProbedItem> moved(const std::vector<double>& shifts) {
  std::vector<ProbedItem> out;
  for (std::size_t i = 0; i < shifts.size(); ++i)
    out.push_back({"c" + std::to_string(i / 2), 3.0, Scored{3.0 + shifts[i], "", {}}});
  return out;
}

std::string says(Expects expects, const std::vector<double>& shifts) {
  Probe probe;
  probe.name = "p";
  probe.expects = expects;
  return probe_row(probe, "j", {}, moved(shifts), 100, 0.95).says;
}

TEST(ProbeRow, MeanAndIntervalAreClustered) {
  Probe probe;
  auto items = moved({0, 0, 1, 1, 2, 2});
  items.push_back({"c9", 3.0, Refused{"no"}});
  items.push_back({"c9", 3.0, std::nullopt});
  const ProbeRow row = probe_row(probe, "j", {}, items, 100, 0.95);
  EXPECT_EQ(row.asked, 8);
  EXPECT_EQ(row.scored, 6);
  EXPECT_EQ(row.failures.at("refusal"), 1);
  EXPECT_EQ(row.failures.at("not asked"), 1);
  EXPECT_EQ(row.shift.clusters, 3);
  EXPECT_DOUBLE_EQ(*row.shift.value, 1);
  // Three clusters with means 0, 1, 2: standard error 1/sqrt(3), t(2) 4.3027.
  EXPECT_NEAR(*row.shift.high - *row.shift.low, 2 * 4.302653 / std::sqrt(3.0), 1e-5);
}

TEST(ProbeRow, ConcludesWithinItsIntervals) {
  const std::vector<double> none(8, 0.0), up(8, 1.0), down(8, -1.5), little(8, -0.2);
  const std::vector<double> mixed = {1, 1, -1, -1, 1, 0, -1, 0};
  EXPECT_THAT(says(Expects::unmoved, none), StartsWith("sound: none of 8"));
  EXPECT_THAT(says(Expects::unmoved, up), StartsWith("exposed: rises by 1.00"));
  EXPECT_THAT(says(Expects::unmoved, down), StartsWith("exposed: falls by 1.50"));
  EXPECT_THAT(says(Expects::unmoved, mixed), StartsWith("cannot tell"));
  EXPECT_THAT(says(Expects::not_higher, up), StartsWith("exposed"));
  EXPECT_THAT(says(Expects::not_higher, down), StartsWith("sound: falls"));
  EXPECT_THAT(says(Expects::not_higher, mixed), StartsWith("cannot tell"));
  EXPECT_THAT(says(Expects::lower, none), StartsWith("exposed: none of 8 falls"));
  EXPECT_THAT(says(Expects::lower, little), StartsWith("exposed: falls by 0.20, less than 0.25"));
  EXPECT_THAT(says(Expects::lower, down), StartsWith("sound: falls by 1.50"));
  EXPECT_THAT(says(Expects::lower, {0, 0, -3, -3, 0, -3}), StartsWith("cannot tell: 3 of 6"));
  EXPECT_THAT(says(Expects::lower, {-2, -2}), StartsWith("cannot tell: one unit")) << "a single cluster";
  EXPECT_THAT(says(Expects::unmoved, {}), HasSubstr("no answer was rated both times"));
}

// Two systems answer ten questions; the judge adds `liking` to those of its own weights.
RatingTable family(double liking, const std::vector<std::string>& resources) {
  RatingTable t;
  t.raters = {{"rubric", RaterKind::metric, 0, 5, false, {}},
              {"llm", RaterKind::judge, 0, 5, false, resources}};
  for (int q = 0; q < 10; ++q)
    for (const char* system : {"own", "other"}) {
      t.items.push_back({"q" + std::to_string(q) + "/" + system + "/absent/1",
                         "c" + std::to_string(q),
                         system,
                         "?",
                         "",
                         "answer",
                         {}});
      const double good = q % 4, noise = q % 3 == 0 ? 0.25 : 0;
      const bool own = std::string(system) == "own";
      t.cells.push_back({Scored{good, "", {}}});
      t.cells.push_back({Scored{good + (own ? liking + noise : 0), "", {}}});
    }
  return t;
}

TEST(SelfPreference, IsWhatTheYardstickDoesNotSee) {
  const std::map<std::string, std::vector<std::string>> systems = {{"own", {"weights:a"}},
                                                                   {"other", {"weights:b"}}};
  const ProbeRow likes = self_preference(family(0.5, {"weights:a"}), 1, systems, "rubric", 0.95);
  EXPECT_THAT(likes.says, StartsWith("exposed: favours its own by 0.60"));
  EXPECT_EQ(likes.shift.n, 10);
  EXPECT_EQ(likes.shift.clusters, 10);
  EXPECT_THAT(self_preference(family(-0.5, {"weights:a"}), 1, systems, "rubric", 0.95).says,
              StartsWith("sound"));
  EXPECT_THAT(self_preference(family(0.5, {"weights:c"}), 1, systems, "rubric", 0.95).says,
              StartsWith("not run: no system is known to share its model"));
  EXPECT_THAT(self_preference(family(0.5, {"weights:a"}), 1,
                              {{"own", {"weights:a"}}, {"other", {"weights:a"}}}, "rubric", 0.95)
                  .says,
              StartsWith("not run: every system"));
  EXPECT_THAT(self_preference(family(0.5, {"weights:a"}), 1, systems, "llm", 0.95).says,
              HasSubstr("no other judge"));
}

}  // namespace
}  // namespace undertone::test
