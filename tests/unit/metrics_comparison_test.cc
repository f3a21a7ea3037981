// What a comparison of two runs says: each verdict where it is due, and each change attributed to its stage.
#include "metrics/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/random.h"
#include "metrics/attribution.h"
#include "tests/support/simulated_nights.h"

namespace undertone::test {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One system, a score a question: the first run's, and the second's as `change` makes it.
template <class F>
ComparedMeasure measure_of(int units, int questions, F change) {
  ComparedMeasure m;
  m.name = "pqa/all/judge:j/mean";
  m.system = "s";
  m.judge = "j";
  m.high = 5;
  m.declared = true;
  Stream random("tests/comparison");
  for (int u = 0; u < units; ++u)
    for (int q = 0; q < questions; ++q) {
      const double score = 1 + static_cast<double>(random.below(4));
      m.pairs.push_back({0, static_cast<std::uint32_t>(u), score, change(score, u * questions + q)});
    }
  return m;
}

MeasureChange changed(const ComparedMeasure& m, const std::vector<JudgeAnchors>& anchors = {}) {
  return compare_measures({m}, anchors, {}).measures.at(0);
}

TEST(Comparison, IdenticalRunsDoNotChange) {
  const auto same = measure_of(30, 4, [](double s, int) { return s; });
  const MeasureChange c = changed(same);
  EXPECT_EQ(c.change, Change::no_change);
  EXPECT_EQ(c.equal, 120);
  EXPECT_EQ(c.difference, 0);
  EXPECT_EQ(c.p_adjusted, 1);
  // Also where everything was trained anew with one seed: equal answers need no noise floor.
  ComparedMeasure anew = same;
  anew.retrained = true;
  EXPECT_EQ(changed(anew).change, Change::no_change);
}

TEST(Comparison, AMoveInOneDirectionIsBetterOrWorse) {
  const auto lower = measure_of(30, 4, [](double s, int i) { return i % 3 ? s : s - 1; });
  const MeasureChange c = changed(lower);
  EXPECT_EQ(c.change, Change::worse);
  EXPECT_NEAR(*c.difference, -1.0 / 3, 0.01);
  EXPECT_NEAR(*c.second_mean - *c.first_mean, *c.difference, 1e-12);
  EXPECT_LT(*c.interval.high, 0);
  EXPECT_EQ(changed(measure_of(30, 4, [](double s, int i) { return i % 3 ? s : s + 1; })).change,
            Change::better);
}

TEST(Comparison, NoiseIsNoChangeWhereItIsSmallAndTooNoisyWhereNot) {
  const auto noise = [](double size) {
    return [size](double s, int i) { return s + (i % 2 ? size : -size); };
  };
  const MeasureChange small = changed(measure_of(40, 3, noise(0.1)));
  EXPECT_EQ(small.change, Change::no_change);
  EXPECT_LT(*small.smallest, 0.25);
  const MeasureChange large = changed(measure_of(40, 3, noise(2)));
  EXPECT_EQ(large.change, Change::too_noisy);
  EXPECT_GT(*large.smallest, 0.25);
  // Another tolerance, another verdict.
  ComparisonSettings wide;
  wide.tolerance = 0.5;
  EXPECT_EQ(compare_measures({measure_of(40, 3, noise(2))}, {}, wide).measures[0].change, Change::no_change);
}

TEST(Comparison, FewUnitsCanShowNothing) {
  const MeasureChange c = changed(measure_of(5, 20, [](double s, int) { return s - 1; }));
  EXPECT_EQ(c.change, Change::too_noisy);
  EXPECT_THAT(c.reason, HasSubstr("5 units are too few"));
}

TEST(Comparison, OneNewTrainingSaysNothingOfTheNext) {
  ComparedMeasure m = measure_of(40, 4, [](double s, int) { return s - 1; });
  EXPECT_EQ(changed(m).change, Change::worse);
  m.retrained = true;
  const MeasureChange one = changed(m);
  EXPECT_EQ(one.change, Change::too_noisy);
  EXPECT_THAT(one.reason, HasSubstr("one seed"));
  EXPECT_FALSE(one.p_value);
  // Two seeds that moved apart by as much as the change: no verdict either; five that agree: one.
  const auto with_seeds = [&](const std::vector<double>& moves) {
    ComparedMeasure out = m;
    out.pairs.clear();
    Stream random("tests/comparison/seeds");
    for (std::uint32_t s = 0; s < moves.size(); ++s)
      for (const ComparedPair& p : m.pairs)
        out.pairs.push_back({s, p.unit, *p.first, *p.first + moves[s] + 0.5 * random.normal()});
    return out;
  };
  EXPECT_EQ(changed(with_seeds({-1, 0.2})).change, Change::too_noisy);
  const MeasureChange five = changed(with_seeds({-1, -0.9, -1.1, -1, -0.95}));
  EXPECT_EQ(five.change, Change::worse);
  EXPECT_THAT(five.method, HasSubstr("new seeds"));
}

TEST(Comparison, LostScoresAreCountedAndNeverZeros) {
  ComparedMeasure m = measure_of(30, 4, [](double s, int) { return s; });
  for (std::size_t i = 0; i < 10; ++i) m.pairs[i].second.reset();
  m.pairs[20].first.reset();
  const MeasureChange c = changed(m);
  EXPECT_EQ(c.lost, 10);
  EXPECT_EQ(c.gained, 1);
  EXPECT_EQ(c.scored, 109);
  EXPECT_EQ(c.difference, 0);
  for (auto& p : m.pairs) p.second.reset();
  EXPECT_EQ(changed(m).change, Change::not_comparable);
}

TEST(Comparison, WhatCannotBeComparedSaysWhy) {
  ComparedMeasure m = measure_of(30, 4, [](double s, int) { return s - 1; });
  m.not_comparable = "the scale differs";
  const MeasureChange c = changed(m);
  EXPECT_EQ(c.change, Change::not_comparable);
  EXPECT_EQ(c.reason, "the scale differs");
}

TEST(Comparison, AJudgeThatMovedIsNoChangeOfTheSystem) {
  const ComparedMeasure m = measure_of(40, 4, [](double s, int) { return s - 1; });
  JudgeAnchors moved{"j", {}, {}}, steady{"j", {}, {}};
  for (std::uint32_t i = 0; i < 40; ++i) {
    moved.items.push_back({i, 3.0, i % 4 ? 2.0 : 3.0});
    steady.items.push_back({i, 3.0, 3.0});
  }
  EXPECT_EQ(changed(m, {moved}).change, Change::judge_drift);
  EXPECT_EQ(changed(m, {steady}).change, Change::worse);
  // What needs no judge is not touched by it.
  ComparedMeasure labels = m;
  labels.judge.clear();
  EXPECT_EQ(changed(labels, {moved}).change, Change::worse);
}

TEST(Comparison, HolmCountsTheDeclaredMeasuresOnly) {
  const ComparedMeasure m = measure_of(30, 4, [](double s, int i) { return i % 3 ? s : s - 1; });
  ComparedMeasure other = measure_of(30, 4, [](double s, int) { return s; });
  other.declared = false;
  other.system = "t";
  RunComparison c = compare_measures({m, other, other}, {}, {});
  EXPECT_EQ(c.declared, 1);
  EXPECT_EQ(c.measures[0].p_adjusted, c.measures[0].p_value);
  EXPECT_TRUE(c.any(Change::worse));
  other.declared = true;
  c = compare_measures({m, other, other}, {}, {});
  EXPECT_EQ(c.declared, 3);
  EXPECT_DOUBLE_EQ(*c.measures[0].p_adjusted, 3 * *c.measures[0].p_value);
}

// ---- attribution

using Score = std::optional<double>;

// Items whose verdict is `value(item, coalition)`; those of `missing` coalitions are not stored.
template <class F>
Swaps swaps_of(std::vector<std::string> stages, int items, F value, std::vector<std::uint32_t> missing = {}) {
  Swaps s;
  s.stages = std::move(stages);
  for (int i = 0; i < items; ++i) {
    s.seed.push_back(static_cast<std::uint32_t>(i % 2));
    auto& of = s.items.emplace_back();
    for (std::uint32_t c = 0; c < 1u << s.stages.size(); ++c)
      of.push_back({std::find(missing.begin(), missing.end(), c) == missing.end(), value(i, c)});
  }
  return s;
}

TEST(Attribution, ChangesThatAddUpGoToTheirStages) {
  const auto value = [](int i, std::uint32_t c) -> Score {
    return i % 5 + (c & 1 ? 1.0 : 0) - (c & 2 ? 0.5 : 0) + (c & 4 ? 0.25 * (i % 2) : 0);
  };
  const Attribution a = attribute_change(swaps_of({"answers", "judge", "parser"}, 40, value));
  ASSERT_EQ(a.shares.size(), 3u);
  EXPECT_EQ(a.shares[0].stage, "answers");
  EXPECT_NEAR(a.shares[0].change, 1, 1e-12);
  EXPECT_NEAR(a.shares[1].change, -0.5, 1e-12);
  EXPECT_NEAR(a.shares[2].change, 0.125, 1e-12);
  EXPECT_EQ(a.orders, 6);
  EXPECT_EQ(a.orders_there, 6);
  EXPECT_EQ(a.reason, "");
}

TEST(Attribution, WhatStagesDoTogetherIsSharedAndAddsUp) {
  // Only the new answers with the new judge score higher.
  const auto value = [](int, std::uint32_t c) -> Score { return c == 3 ? 4.0 : 2.0; };
  const Attribution a = attribute_change(swaps_of({"answers", "judge"}, 10, value));
  EXPECT_NEAR(a.shares[0].change, 1, 1e-12);
  EXPECT_NEAR(a.shares[1].change, 1, 1e-12);
}

TEST(Attribution, OneOrderIsEnoughAndSaysSo) {
  const auto value = [](int, std::uint32_t c) -> Score { return (c & 1 ? 1.0 : 0) + (c & 2 ? 2.0 : 0); };
  // The old judge never read the new answers.
  const Attribution a = attribute_change(swaps_of({"answers", "judge"}, 10, value, {1}));
  EXPECT_NEAR(a.shares[0].change, 1, 1e-12);
  EXPECT_NEAR(a.shares[1].change, 2, 1e-12);
  EXPECT_EQ(a.orders_there, 1);
  EXPECT_THAT(a.reason, HasSubstr("1 of 2 orders"));
}

TEST(Attribution, WhatIsNotStoredIsTakenTogether) {
  const auto value = [](int, std::uint32_t c) -> Score { return (c & 1 ? 1.0 : 0) + (c & 2 ? 2.0 : 0); };
  const Attribution both = attribute_change(swaps_of({"answers", "judge"}, 10, value, {1, 2}));
  ASSERT_EQ(both.shares.size(), 1u);
  EXPECT_EQ(both.shares[0].stage, "answers + judge");
  EXPECT_NEAR(both.shares[0].change, 3, 1e-12);
  EXPECT_THAT(both.reason, HasSubstr("cannot be attributed further: no verdict of"));
  // Of three, the one that can be told apart is.
  const auto three = [](int, std::uint32_t c) -> Score {
    return (c & 1 ? 1.0 : 0) + (c & 2 ? 2.0 : 0) + (c & 4 ? 4.0 : 0);
  };
  const Attribution some =
      attribute_change(swaps_of({"answers", "judge", "rubric"}, 10, three, {2, 3, 4, 5}));
  ASSERT_EQ(some.shares.size(), 2u);
  double sum = 0;
  for (const StageShare& s : some.shares) {
    sum += s.change;
    if (s.stage == "answers") {
      EXPECT_NEAR(s.change, 1, 1e-12);
    }
  }
  EXPECT_NEAR(sum, 7, 1e-12);
}

TEST(Attribution, AFailureIsNoNumberAndAnItemWithoutVerdictIsLeftOut) {
  Swaps s = swaps_of({"answers"}, 40, [](int i, std::uint32_t c) -> Score {
    if (c == 1 && i < 10) return std::nullopt;  // that answer failed
    return 3.0;
  });
  Attribution a = attribute_change(s);
  EXPECT_NEAR(a.shares[0].change, 0, 1e-12);
  s.items[20][0].stored = false;
  a = attribute_change(s);
  EXPECT_EQ(a.items, 39);
  EXPECT_EQ(a.left_out, 1);
  for (auto& item : s.items) item[0].stored = false;
  EXPECT_THAT(attribute_change(s).reason, HasSubstr("cannot be attributed"));
  EXPECT_THAT(attribute_change(Swaps{}).reason, HasSubstr("no item"));
}

TEST(Attribution, NothingDiffers) {
  const Attribution a = attribute_change(swaps_of({}, 4, [](int, std::uint32_t) -> Score { return 2.0; }));
  EXPECT_TRUE(a.shares.empty());
  EXPECT_EQ(a.first_mean, a.second_mean);
  EXPECT_EQ(a.reason, "");
}

}  // namespace
}  // namespace undertone::test
