// Plans against closed forms and simulation.
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/random.h"
#include "metrics/analysis/power.h"
#include "metrics/statistics/clustered.h"

namespace undertone::analysis {
namespace {

using statistics::PlannedDesign;
using statistics::PlannedVariance;

// Paired differences of a design with these components and this mean.
std::vector<PilotDifference> simulated(const PlannedVariance& v, const PlannedDesign& d, double mean,
                                       Stream& random) {
  std::vector<PilotDifference> out;
  std::vector<double> seed;
  for (int s = 0; s < d.seeds; ++s) seed.push_back(std::sqrt(v.seed) * random.normal());
  std::uint32_t clip = 0, question = 0;
  for (std::uint32_t n = 0; n < d.speakers; ++n) {
    const double speaker = std::sqrt(v.speaker) * random.normal();
    for (int c = 0; c < d.clips; ++c, ++clip) {
      const double of_clip = std::sqrt(v.clip) * random.normal();
      for (int q = 0; q < d.questions; ++q, ++question) {
        const double of_question = std::sqrt(v.question) * random.normal();
        for (std::uint32_t s = 0; s < d.seeds; ++s)
          out.push_back(
              {n, clip, question, s,
               mean + speaker + of_clip + of_question + seed[s] + std::sqrt(v.decode) * random.normal()});
      }
    }
  }
  return out;
}

TEST(Power, ComponentsOfAPilotAreFound) {
  const PlannedVariance truth{0.3, 0.2, 0.25, 0.05, 0.4, 0};
  const PlannedDesign design{20, 3, 2, 4, 1};
  Stream random("test/power/components");
  PlannedVariance mean;
  const int runs = 300;
  for (int r = 0; r < runs; ++r) {
    const PilotPlan p = plan_of_pilot(simulated(truth, design, 0, random), 0.95);
    ASSERT_EQ(p.reason, "");
    EXPECT_EQ(p.design.speakers, 20);
    EXPECT_EQ(p.design.clips, 3);
    EXPECT_EQ(p.design.questions, 2);
    EXPECT_EQ(p.design.seeds, 4);
    mean.speaker += p.variance.speaker / runs;
    mean.clip += p.variance.clip / runs;
    mean.question += p.variance.question / runs;
    mean.seed += p.variance.seed / runs;
    mean.decode += p.variance.decode / runs;
  }
  // Four standard errors of such averages, found by repeating with other streams; values cut at zero are rare
  // here.
  EXPECT_NEAR(mean.speaker, truth.speaker, 0.04);
  EXPECT_NEAR(mean.clip, truth.clip, 0.03);
  EXPECT_NEAR(mean.question, truth.question, 0.03);
  EXPECT_NEAR(mean.seed, truth.seed, 0.012);
  EXPECT_NEAR(mean.decode, truth.decode, 0.01);
}

TEST(Power, OneSeedLeavesTheRestToTheFinestLevel) {
  Stream random("test/power/one-seed");
  const PilotPlan p = plan_of_pilot(simulated({0.2, 0, 0.5, 0, 0.5, 0}, {40, 1, 3, 1, 1}, 0, random), 0.95);
  ASSERT_EQ(p.reason, "");
  EXPECT_EQ(p.variance.decode, 0);
  EXPECT_EQ(p.variance.seed, 0);
  EXPECT_NEAR(p.variance.question, 1, 0.3);
  ASSERT_EQ(p.notes.size(), 2u);  // one seed; one clip per speaker
  EXPECT_NE(p.notes[0].find("one seed"), std::string::npos);
  EXPECT_EQ(plan_of_pilot({}, 0.95).reason, "the pilot has fewer than two pairs");
  EXPECT_NE(plan_of_pilot({{0, 0, 0, 0, 1}, {0, 1, 1, 0, 2}}, 0.95).reason, "");
}

// The pilot's own standard error is what its components say of its design, where nothing was cut at zero.
TEST(Power, PlannedErrorIsThePilotsOwn) {
  Stream random("test/power/own");
  const PlannedDesign design{30, 2, 3, 3, 1};
  const PilotPlan p = plan_of_pilot(simulated({0.5, 0.4, 0.5, 0.2, 0.5, 0}, design, 0.2, random), 0.95);
  ASSERT_GT(std::min({p.variance.speaker, p.variance.clip, p.variance.question, p.variance.seed}), 0);
  const auto planned = statistics::planned_precision(p.variance, p.design, true);
  // Not to the bit: the one counts what seeds change by clusters, the other by questions.
  EXPECT_NEAR(std::sqrt(*planned.variance), *p.standard_error, 0.03 * *p.standard_error);
  EXPECT_NEAR(*planned.df, *p.df, 0.35 * *p.df);
}

// Share of simulated files in which the planned smallest difference is seen.
double seen(const PlannedVariance& v, const PlannedDesign& design, int runs, const char* name) {
  const PowerPlan plan = power_plan(v, design, design.seeds > 1, {0.05, 0.8, {}});
  Stream random(name);
  int count = 0;
  for (int r = 0; r < runs; ++r) {
    std::vector<statistics::Observation> o;
    for (const auto& d : simulated(v, design, plan.smallest.value(), random))
      o.push_back({d.seed, 0, d.speaker, d.clip, d.value, 1});
    const auto e = statistics::ratio_estimate(
        o, {static_cast<std::uint32_t>(design.seeds), 1, static_cast<std::uint32_t>(design.speakers)}, 0.95);
    const auto& interval = e.new_seeds ? *e.new_seeds : e.these_seeds;
    count += interval.low && (*interval.low > 0 || *interval.high < 0);
  }
  return count / static_cast<double>(runs);
}

// Four standard errors of 1,500 runs are 0.041.
TEST(Power, ChanceHoldsInSimulation) {
  const PlannedVariance v{0.2, 0.1, 0.2, 0.02, 0.3, 0};
  PlannedVariance this_seed = v;  // planned for the one seed itself, so no other is drawn
  this_seed.seed = 0;
  EXPECT_NEAR(seen(this_seed, {25, 2, 2, 1, 1}, 1500, "test/power/one"), 0.8, 0.041);
  EXPECT_NEAR(seen(v, {25, 2, 2, 10, 1}, 1500, "test/power/ten"), 0.8, 0.041);
  const double three = seen(v, {25, 2, 2, 3, 1}, 1500, "test/power/three");
  EXPECT_GT(three, 0.7);  // a few points under: its degrees of freedom are estimated
  EXPECT_LT(three, 0.8);
}

TEST(Power, NeedsAreSmallestAndHonest) {
  const PlannedVariance v{0.2, 0.1, 0.2, 0.02, 0.3, 0.1};
  const PlannedDesign design{25, 2, 2, 4, 1};
  PowerSettings settings{0.05, 0.8, 0.3};
  const PowerPlan plan = power_plan(v, design, true, settings);
  ASSERT_EQ(plan.needs.size(), 5u);
  std::int64_t PlannedDesign::*const numbers[] = {&PlannedDesign::speakers, &PlannedDesign::clips,
                                                  &PlannedDesign::questions, &PlannedDesign::seeds,
                                                  &PlannedDesign::replicates};
  for (std::size_t i = 0; i < 5; ++i) {
    SCOPED_TRACE(plan.needs[i].what);
    PlannedDesign with = design;
    if (!plan.needs[i].needed) {
      // However many: still too few.
      with.*numbers[i] = std::int64_t{1} << 30;
      EXPECT_LT(*power_plan(v, with, true, settings).chance, 0.8);
      continue;
    }
    with.*numbers[i] = *plan.needs[i].needed;
    EXPECT_GE(*power_plan(v, with, true, settings).chance, 0.8);
    with.*numbers[i] = *plan.needs[i].needed - 1;
    if (with.*numbers[i] >= (i == 0 || i == 3 ? 2 : 1)) {
      EXPECT_LT(*power_plan(v, with, true, settings).chance, 0.8);
    }
  }
  // Known variances and many units: the textbook's n = (z_0.975 + z_0.8)^2 sigma^2 / effect^2.
  settings.effect = 0.05;
  const PowerPlan many = power_plan({1, 0, 0, 0, 0, 0}, {100, 1, 1, 1, 1}, false, settings);
  EXPECT_NEAR(static_cast<double>(*many.needs[0].needed), std::pow((1.959964 + 0.841621) / 0.05, 2), 3);
}

TEST(Power, OneUnitIsNoDesign) {
  const PowerPlan plan = power_plan({1, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, false, {0.05, 0.8, 0.5});
  EXPECT_FALSE(plan.smallest);
  EXPECT_NE(plan.reason.find("one unit"), std::string::npos);
  EXPECT_TRUE(plan.needs[0].needed);   // more units would do
  EXPECT_FALSE(plan.needs[1].needed);  // more clips of the one would not
}

}  // namespace
}  // namespace undertone::analysis
