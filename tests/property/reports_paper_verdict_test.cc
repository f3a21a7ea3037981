// Verdicts on planted effects come at the rates that the rule states. Scores are drawn per speaker (and
// seed), go through the estimator that runs use, and the interval that a report prints.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "harness/core/random.h"
#include "metrics/statistics/clustered.h"
#include "metrics/statistics/planning.h"
#include "reports/paper_verdict.h"

namespace undertone::paper {
namespace {

constexpr double kMargin = 1.5, kLevel = 0.95;
constexpr int kRuns = 600;

struct Plant {
  double effect = 0;  // beside the target
  std::int64_t units = 40, seeds = 1;
  double unit_sd = 8, seed_sd = 0;
};

// As a report has it: value and half-widths, then read back.
std::optional<Measured> draw(const Plant& p, double at, Stream& s) {
  std::vector<double> of_seed(static_cast<std::size_t>(p.seeds));
  for (double& x : of_seed) x = p.seed_sd * s.normal();
  std::vector<statistics::Observation> rows;
  for (std::int64_t g = 0; g < p.units; ++g) {
    const double speaker = p.unit_sd * s.normal();
    for (std::int64_t k = 0; k < p.seeds; ++k)
      rows.push_back({static_cast<std::uint32_t>(k), 0, static_cast<std::uint32_t>(g), 0,
                      at + p.effect + speaker + of_seed[static_cast<std::size_t>(k)] + 0.5 * s.normal(), 1});
  }
  const auto e = statistics::ratio_estimate(
      rows, {static_cast<std::uint32_t>(p.seeds), 1, static_cast<std::uint32_t>(p.units)}, kLevel);
  const double these = (*e.these_seeds.high - *e.these_seeds.low) / 2;
  const auto& shown = e.new_seeds ? *e.new_seeds : e.these_seeds;
  return measured(*e.value, (*shown.high - *shown.low) / 2, these, p.units, p.seeds, kLevel);
}

template <class Judge>
std::map<Verdict, double> rates(const char* name, const Plant& p, double at, const Judge& judge) {
  std::map<Verdict, double> out;
  for (int i = 0; i < kRuns; ++i) {
    Stream s(fmt::format("paper-verdict/{}", name), static_cast<std::uint64_t>(i));
    const auto m = draw(p, at, s);
    if (m) out[judge(*m)] += 1.0 / kRuns;
  }
  return out;
}
std::map<Verdict, double> of_value(const char* name, const Plant& p, double rounding = 0, double theirs = 0) {
  return rates(name, p, 50, [&](const Measured& m) {
    return judge_value(m, {50, rounding, theirs}, kMargin, kLevel).verdict;
  });
}
std::map<Verdict, double> of_direction(const char* name, const Plant& p) {
  return rates(name, p, 0, [](const Measured& m) { return judge_direction(m, 1, kMargin, kLevel).verdict; });
}
// Binomial: three standard errors of a share over kRuns.
double slack(double share) { return 3 * std::sqrt(share * (1 - share) / kRuns); }

std::int64_t planned_units(double effect, double alpha, double power) {
  statistics::PlannedVariance v;
  v.speaker = 64.25;  // 8^2 between speakers, 0.5^2 within
  return *statistics::number_needed(effect, v, {}, &statistics::PlannedDesign::speakers, false, power, alpha);
}

TEST(PaperVerdictRates, AnEqualValueIsReproducedWithThePlannedPower) {
  const auto r = of_value("equal", {0, planned_units(kMargin, 0.1, 0.9)});
  EXPECT_NEAR(r.at(Verdict::reproduced), 0.8, slack(0.8) + 0.01);
}
TEST(PaperVerdictRates, AValueAtTheMarginIsReproducedAtMostAtTheTestsLevel) {
  for (const double edge : {-kMargin, kMargin}) {
    auto r = of_value("edge", {edge, 400});
    EXPECT_LE(r[Verdict::reproduced], 0.05 + slack(0.05)) << edge;
    EXPECT_GE(r[Verdict::reproduced], 0.05 - slack(0.05)) << edge << ": the test is not that timid";
  }
}
TEST(PaperVerdictRates, AnEqualValueIsRarelyNotReproduced) {
  auto r = of_value("covered", {0, 44});
  EXPECT_LE(r[Verdict::not_reproduced], 0.05 + slack(0.05));
  EXPECT_GE(r[Verdict::consistent],
            0.9);  // half-width 2.4: too wide for equivalence, narrow enough to say something
}
TEST(PaperVerdictRates, AFarValueIsNotReproduced) {
  auto r = of_value("far", {4 * kMargin, 44});
  EXPECT_GE(r[Verdict::not_reproduced], 0.99);
}
TEST(PaperVerdictRates, AWideIntervalTellsNothing) {
  auto r = of_value("wide", {0, 10});
  EXPECT_GE(r[Verdict::cannot_tell], 0.9);
  EXPECT_EQ(r[Verdict::reproduced], 0);
}
// The paper's own sample is another draw: with its error counted, equal truths are not called different more
// often than the level says; without, they are.
TEST(PaperVerdictRates, OtherClipsAddThePapersSamplingError) {
  const Plant p{0, 200};
  const double theirs = 8 / std::sqrt(50.0);
  std::map<double, double> wrong;  // standard error given -> share NOT REPRODUCED
  for (const double given : {0.0, theirs})
    for (int i = 0; i < kRuns; ++i) {
      Stream s("paper-verdict/other clips", static_cast<std::uint64_t>(i));
      const auto m = draw(p, 50, s);
      const double printed = 50 + theirs * s.normal();
      wrong[given] +=
          (judge_value(*m, {printed, 0, given}, kMargin, kLevel).verdict == Verdict::not_reproduced) * 1.0 /
          kRuns;
    }
  EXPECT_LE(wrong[theirs], 0.05 + slack(0.05));
  EXPECT_GE(wrong[0.0], 0.2);
}
TEST(PaperVerdictRates, NewSeedsAreCounted) {
  // Seeds differ by 2 points: with three of them an equal value is still not called different more often than
  // stated.
  auto r = of_value("seeds", {0, 200, 3, 8, 2});
  EXPECT_LE(r[Verdict::not_reproduced], 0.06 + slack(0.06));
}

TEST(PaperVerdictRates, ADirectionIsReproducedWithThePlannedPower) {
  const auto r = of_direction("direction", {kMargin, planned_units(kMargin, 0.05, 0.8)});
  EXPECT_NEAR(r.at(Verdict::reproduced), 0.8, slack(0.8) + 0.01);
}
TEST(PaperVerdictRates, NoEffectIsRarelyADirection) {
  auto r = of_direction("none", {0, 60});
  EXPECT_LE(r[Verdict::reproduced], 0.025 + slack(0.025));
  auto clear = of_direction("none, clear", {0, planned_units(kMargin, 0.1, 0.9)});
  EXPECT_NEAR(clear[Verdict::not_reproduced], 0.8, slack(0.8) + 0.03)
      << "no difference is shown, or one the other way";
}
TEST(PaperVerdictRates, TheOtherDirectionIsNotReproduced) {
  auto r = of_direction("opposite", {-4 * kMargin, 44});
  EXPECT_GE(r[Verdict::not_reproduced], 0.99);
}
TEST(PaperVerdictRates, AWideDirectionTellsNothing) {
  auto r = of_direction("wide direction", {0, 10});
  EXPECT_GE(r[Verdict::cannot_tell], 0.85);
}

// What is read back from printed half-widths is what the estimator had.
TEST(PaperVerdict, ReadsStandardErrorsBackFromIntervals) {
  Stream s("paper-verdict/read back");
  for (int i = 0; i < 50; ++i) {
    const auto one = draw({0, 30, 1, 8, 0}, 50, s);
    EXPECT_NEAR(one->of_units, one->standard_error * one->standard_error, 1e-12);
    const auto three = draw({0, 30, 3, 3, 4}, 50, s);
    EXPECT_NEAR(three->of_units + three->of_seeds, three->standard_error * three->standard_error,
                1e-9 * three->standard_error);
    if (three->of_seeds > 0) {
      EXPECT_LT(three->df, 29);
    }
  }
  EXPECT_FALSE(measured(1, 0, {}, 10, 1, kLevel)) << "a width of nothing claims certainty";
  EXPECT_FALSE(measured(1, 0.5, {}, 1, 1, kLevel)) << "one unit";
}

// Rounding counts against equivalence, and for coverage.
TEST(PaperVerdict, RoundingIsCounted) {
  const Measured m{50.9, 0.3, 400, 0.09, 0, 401, 1};
  EXPECT_EQ(judge_value(m, {50, 0, 0}, kMargin, kLevel).verdict, Verdict::reproduced);
  EXPECT_NE(judge_value(m, {50, 0.5, 0}, kMargin, kLevel).verdict, Verdict::reproduced);
  const Measured far{50.7, 0.2, 400, 0.04, 0, 401, 1};
  EXPECT_EQ(judge_value(far, {50, 0, 0}, 0.5, kLevel).verdict, Verdict::not_reproduced);
  EXPECT_EQ(judge_value(far, {50, 0.5, 0}, 0.5, kLevel).verdict, Verdict::consistent);
}

TEST(PaperVerdict, CannotTellSaysWhatItWouldTake) {
  const Measured m{50, 3, 9, 9, 0, 10, 1};
  ASSERT_EQ(judge_value(m, {50, 0, 0}, kMargin, kLevel).verdict, Verdict::cannot_tell);
  const std::string text = needed_text(m, kMargin, kLevel, {"speakers", 5});
  const std::int64_t needed =
      *statistics::number_needed(kMargin, {90}, {}, &statistics::PlannedDesign::speakers, false, 0.9, 0.1);
  EXPECT_EQ(text, fmt::format("needs {} speakers (10 now), about {} clips", needed, 5 * needed));
  // Seeds that vary more than the margin: no number of speakers helps.
  const Measured seeds{50, 3, 2, 0.1, 8.9, 100, 3};
  EXPECT_NE(
      needed_text(seeds, kMargin, kLevel, {"speakers", 5}).find("no number of speakers alone (100 now), or "),
      std::string::npos)
      << needed_text(seeds, kMargin, kLevel, {"speakers", 5});
}

}  // namespace
}  // namespace undertone::paper
