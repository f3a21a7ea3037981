// Guarantees of the tests and intervals by full enumeration, and identities between methods.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/core/random.h"
#include "metrics/statistics/clustered.h"
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

std::vector<double> with_signs(const std::vector<double>& d, std::uint32_t pattern) {
  std::vector<double> out = d;
  for (std::size_t g = 0; g < d.size(); ++g)
    if ((pattern >> g) & 1) out[g] = -d[g];
  return out;
}

// Under the hypothesis every sign pattern is as likely: at each alpha the share of patterns with p <= alpha
// is at most alpha, and the p-values are as many as the orbit allows.
TEST(PermutationExactness, SignedRanksNeverExceedTheirLevel) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    Stream s("tests/exact/ranks", run);
    const std::size_t clusters = 3 + s.below(5), n = clusters + s.below(8);
    std::vector<double> d;
    std::vector<std::uint32_t> cluster;
    for (std::size_t i = 0; i < n; ++i) {
      d.push_back(static_cast<double>(s.below(9)) - 4);
      cluster.push_back(static_cast<std::uint32_t>(i < clusters ? i : s.below(clusters)));
    }
    if (std::all_of(d.begin(), d.end(), [](double v) { return v == 0; })) continue;
    std::vector<double> p;
    for (std::uint32_t pattern = 0; pattern < (1u << clusters); ++pattern) {
      std::vector<double> turned = d;
      for (std::size_t i = 0; i < n; ++i)
        if ((pattern >> cluster[i]) & 1) turned[i] = -turned[i];
      p.push_back(clustered_signed_ranks(turned, cluster, clusters, "s").flips.p_value.value());
    }
    for (double alpha : p) {
      const auto below = std::count_if(p.begin(), p.end(), [&](double v) { return v <= alpha + 1e-12; });
      EXPECT_LE(static_cast<double>(below) / static_cast<double>(p.size()), alpha + 1e-12);
    }
  }
}

// All contrasts true nulls: the chance that any adjusted p-value is at most alpha is at most alpha.
TEST(PermutationExactness, MaxTControlsTheFamily) {
  for (std::uint64_t run = 0; run < 10; ++run) {
    Stream s("tests/exact/max-t", run);
    const std::size_t G = 4 + s.below(4);
    std::vector<std::vector<double>> c(3);
    for (auto& row : c)
      for (std::size_t g = 0; g < G; ++g) row.push_back(s.normal() + (row.empty() ? 0 : 0.5 * row[0]));
    std::vector<double> smallest;
    for (std::uint32_t pattern = 0; pattern < (1u << G); ++pattern) {
      std::vector<std::vector<double>> turned;
      for (const auto& row : c) turned.push_back(with_signs(row, pattern));
      const MaxT m = max_t(turned, 0.95, "s");
      double p = 1;
      for (const auto& v : m.p_value) p = std::min(p, *v);
      smallest.push_back(p);
    }
    for (double alpha : smallest) {
      const auto below =
          std::count_if(smallest.begin(), smallest.end(), [&](double v) { return v <= alpha + 1e-12; });
      EXPECT_LE(static_cast<double>(below) / static_cast<double>(smallest.size()), alpha + 1e-12);
    }
  }
}

TEST(MaxTProperty, OneContrastIsTheSignFlipTest) {
  for (std::uint64_t run = 0; run < 50; ++run) {
    Stream s("tests/max-t/one", run);
    std::vector<double> d;
    for (std::size_t g = 0; g < 2 + run % 9; ++g) d.push_back(s.normal() + 0.4);
    EXPECT_DOUBLE_EQ(max_t(std::span(&d, 1), 0.95, "s").p_value[0].value(),
                     sign_flip_test(d, "s").p_value.value());
  }
}

TEST(MaxTProperty, RandomPatternsApproachTheExactOnes) {
  Stream s("tests/max-t/random");
  std::vector<std::vector<double>> c(2), longer;
  for (std::size_t k = 0; k < 2; ++k)
    for (int g = 0; g < 16; ++g) c[k].push_back(0.45 + s.normal());
  longer = c;
  for (auto& row : longer) row.push_back(1e-9);  // 17 clusters, and the last changes next to nothing
  const MaxT exact = max_t(c, 0.95, "s"), random = max_t(longer, 0.95, "s", 20000);
  EXPECT_TRUE(exact.exact);
  EXPECT_FALSE(random.exact);
  for (std::size_t k = 0; k < 2; ++k) {
    const double p = *exact.p_value[k];
    EXPECT_NEAR(*random.p_value[k], p, 5 * std::sqrt(p * (1 - p) / 20000) + 1e-4);
  }
  EXPECT_NEAR(*random.critical, *exact.critical, 0.06);
}

TEST(SwapProperty, ExchangingTheSidesChangesNothing) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    Stream s("tests/swap", run);
    std::vector<double> x, y, h;
    std::vector<std::uint32_t> cluster;
    for (std::uint32_t i = 0; i < 24; ++i) {
      h.push_back(s.normal());
      x.push_back(h.back() + s.normal());
      y.push_back(h.back() + 2 * s.normal());
      cluster.push_back(i % 8);
    }
    const double p = perm_both(x, y, h, cluster, 8, "s").p_value.value();
    EXPECT_DOUBLE_EQ(p, perm_both(y, x, h, cluster, 8, "s").p_value.value());
    EXPECT_GE(p, 2.0 / 256);  // the observed pattern and the one with all clusters exchanged
  }
}

// Every sequence of signs is as likely: the mean e-value at each look is 1, and the chance ever to reach
// 1/alpha at most alpha.
TEST(EProcessGuarantee, HoldsOverAllSignSequences) {
  for (std::uint64_t run = 0; run < 5; ++run) {
    Stream s("tests/e-process", run);
    std::vector<double> d;
    for (int t = 0; t < 13; ++t) d.push_back(run == 0 ? 1 : s.uniform());
    for (const bool one_sided : {false, true}) {
      std::vector<double> mean(d.size(), 0.0), largest;
      const std::uint32_t patterns = 1u << d.size();
      for (std::uint32_t pattern = 0; pattern < patterns; ++pattern) {
        const EProcess e = betting_e_process(with_signs(d, pattern), 1, one_sided);
        for (std::size_t t = 0; t < d.size(); ++t) mean[t] += std::exp(e.log_e[t]) / patterns;
        largest.push_back(1 / e.p_value.back());
      }
      for (double m : mean) EXPECT_NEAR(m, 1, 1e-10);
      for (double alpha : {0.5, 0.2, 0.1, 0.05, 0.01}) {
        const auto reached =
            std::count_if(largest.begin(), largest.end(), [&](double v) { return v >= 1 / alpha; });
        EXPECT_LE(reached, alpha * patterns) << alpha;
      }
    }
  }
}

TEST(EProcessProperty, ARealDifferenceIsFoundAndTheSequenceShrinks) {
  Stream s("tests/e-process/power");
  std::vector<double> d;
  for (int t = 0; t < 400; ++t) d.push_back(std::clamp(0.5 + s.normal(), -5.0, 5.0));
  EXPECT_LT(betting_e_process(d, 5).p_value.back(), 1e-3);
  const ConfidenceSequence c = confidence_sequence(d, 5, 0.95);
  EXPECT_LT(c.low.back(), 0.5);
  EXPECT_GT(c.high.back(), 0.5);
  EXPECT_LT(c.high.back() - c.low.back(), 1.5);
  for (std::size_t t = 1; t < d.size(); ++t) {
    EXPECT_GE(c.low[t], c.low[t - 1]);
    EXPECT_LE(c.high[t], c.high[t - 1]);
  }
}

TEST(EProcessProperty, TheSequenceHoldsAtAllTimesAtOnce) {
  int missed = 0;
  for (std::uint64_t run = 0; run < 400; ++run) {
    Stream s("tests/sequence", run);
    std::vector<double> d;
    for (int t = 0; t < 100; ++t) d.push_back(s.uniform() < 0.7 ? 1 : -1);  // mean 0.4
    const ConfidenceSequence c = confidence_sequence(d, 1, 0.9);
    if (c.low.back() > 0.4 || c.high.back() < 0.4) ++missed;  // the intersection of all times
  }
  EXPECT_LE(missed, 40 + 18);  // three binomial standard errors
}

// Bernoulli trials with every true share: Wilson's interval covers near its level on average.
TEST(ProportionProperty, WilsonCoversByEnumeration) {
  const int n = 30;
  double total = 0;
  for (int j = 1; j < 100; ++j) {
    const double p = j / 100.0;
    double mass = std::pow(1 - p, n);
    for (int k = 0; k <= n; ++k) {
      const Interval i = wilson_interval(static_cast<double>(k) / n, n, 0.95);
      if (*i.low <= p && p <= *i.high) total += mass / 99;
      mass *= (n - k) * p / ((k + 1) * (1 - p));
    }
  }
  EXPECT_NEAR(total, 0.95, 0.01);
}

TEST(ProportionProperty, IntervalsStayWithinTheScaleAndHoldTheEstimate) {
  for (std::uint64_t run = 0; run < 500; ++run) {
    Stream s("tests/paired-shares", run);
    auto count = [&] { return static_cast<double>(s.below(3) == 0 ? 0 : s.below(30)); };
    const PairedCounts c{count(), count(), count(), count() + 1};
    const double n = c.both + c.only_first + c.only_second + c.neither;
    const double d = (c.only_first - c.only_second) / n;
    const Interval i = newcombe_paired_interval(c, 1 + s.uniform(), 0.95);
    EXPECT_GE(*i.low, -1 - 1e-12);
    EXPECT_LE(*i.high, 1 + 1e-12);
    EXPECT_LE(*i.low, d);
    EXPECT_GE(*i.high, d);
    const Interval mirrored =
        newcombe_paired_interval({c.both, c.only_second, c.only_first, c.neither}, 1, 0.9);
    const Interval straight = newcombe_paired_interval(c, 1, 0.9);
    EXPECT_NEAR(*mirrored.low, -*straight.high, 1e-12);
  }
}

TEST(RoganGladenProperty, CoversWhatJudgesErrorsHide) {
  const double truth = 0.35, se = 0.85, sp = 0.75;
  int covered = 0, naive = 0;
  const int runs = 1000;
  for (int run = 0; run < runs; ++run) {
    Stream s("tests/rogan-gladen", static_cast<std::uint64_t>(run));
    auto share = [&](double p, int n) {
      int k = 0;
      for (int i = 0; i < n; ++i) k += s.uniform() < p;
      return static_cast<double>(k) / n;
    };
    const double apparent = share(truth * se + (1 - truth) * (1 - sp), 300);
    const CorrectedShare c = rogan_gladen({apparent, 300, share(se, 60), 60, share(sp, 60), 60}, 0.95);
    if (!c.interval.low) continue;
    covered += *c.interval.low <= truth && truth <= *c.interval.high;
    const Interval w = wilson_interval(apparent, 300, 0.95);
    naive += *w.low <= truth && truth <= *w.high;
  }
  EXPECT_GE(covered, 0.935 * runs);
  EXPECT_LT(naive, 0.5 * runs);
}

// A judge that leans by half a point, 20 clusters rated of 60: the interval covers the human mean and is
// narrower than that of the ratings alone; drawing good items less often is undone by inclusion.
TEST(PredictionPoweredProperty, CoversAndGains) {
  int covered = 0, covered_uneven = 0, runs = 600;
  double width = 0, human_width = 0;
  for (int run = 0; run < runs; ++run) {
    Stream s("tests/ppi", static_cast<std::uint64_t>(run));
    std::vector<RatedItem> even, uneven;
    for (std::uint32_t g = 0; g < 60; ++g) {
      const double level = s.normal();
      const bool rated = s.uniform() < 0.4;
      for (int i = 0; i < 4; ++i) {
        const double human = 3 + level + 0.5 * s.normal();
        RatedItem r{human + 0.5 + 0.4 * s.normal(), human, 0.4, g};
        RatedItem u = r;
        u.inclusion = level > 0 ? 0.25 : 0.6;
        even.push_back(r);
        if (!rated) even.back().human.reset();
        uneven.push_back(u);
      }
    }
    for (std::uint32_t g = 0; g < 60; ++g)
      if (!(s.uniform() < uneven[4 * g].inclusion))
        for (std::size_t i = 0; i < 4; ++i) uneven[4 * g + i].human.reset();
    const PredictionPowered p = prediction_powered_mean(even, 60, 0.95);
    const PredictionPowered q = prediction_powered_mean(uneven, 60, 0.95);
    covered += *p.interval.low <= 3 && 3 <= *p.interval.high;
    covered_uneven += *q.interval.low <= 3 && 3 <= *q.interval.high;
    width += *p.interval.high - *p.interval.low;
    human_width += *p.human_only_interval.high - *p.human_only_interval.low;
  }
  EXPECT_GE(covered, 0.92 * runs);
  EXPECT_GE(covered_uneven, 0.91 * runs);
  EXPECT_LT(width, 0.8 * human_width);
}

TEST(PredictionPoweredProperty, TuningZeroIsTheClusteredMeanOfTheRatings) {
  Stream s("tests/ppi/zero");
  std::vector<RatedItem> items;
  std::vector<Observation> rated;
  for (std::uint32_t i = 0; i < 60; ++i) {
    items.push_back({s.normal(), std::nullopt, 1, i % 12});
    items.back().human = s.normal();
    rated.push_back({0, 0, i % 12, 0, *items.back().human, 1});
  }
  const PredictionPowered p = prediction_powered_mean(items, 12, 0.95, 0.0);
  const RatioEstimate r = ratio_estimate(rated, {1, 1, 12}, 0.95);
  EXPECT_NEAR(*p.value, *r.value, 1e-12);
  EXPECT_NEAR(*p.interval.low, *r.these_seeds.low, 1e-12);
  EXPECT_NEAR(*p.interval.high, *r.these_seeds.high, 1e-12);
  EXPECT_EQ(*prediction_powered_mean(items, 12, 0.95).tuning, 0);  // all are rated: nothing to gain
  const PredictionPowered same = prediction_powered_difference(items, items, 12, 0.95);
  EXPECT_NEAR(*same.value, 0, 1e-12);
  EXPECT_NE(same.interval.reason.find("no variation"), std::string::npos);
}

// On balanced data the moments are those of the analysis of variance, which crossed_variance() computes.
TEST(VarianceComponentsProperty, BalancedCrossedDesign) {
  Stream s("tests/components");
  const std::size_t S = 4, G = 9;
  std::vector<double> y, influence, seed(S), clip(G);
  for (double& v : seed) v = s.normal();
  for (double& v : clip) v = 2 * s.normal();
  Factor a{"seed", {}}, b{"clip", {}};
  for (std::size_t i = 0; i < S; ++i)
    for (std::size_t g = 0; g < G; ++g) {
      y.push_back(seed[i] + clip[g] + 0.5 * s.normal());
      a.level.push_back(static_cast<std::uint32_t>(i));
      b.level.push_back(static_cast<std::uint32_t>(g + 100));  // any numbers
    }
  double mean = 0;
  for (double v : y) mean += v / static_cast<double>(y.size());
  for (double v : y) influence.push_back((v - mean) / G);
  const CrossedVariance c = *crossed_variance(influence, S, G);
  const VarianceComponents v = variance_components(y, std::vector{a, b});
  EXPECT_NEAR(v.find("seed")->value, c.seed, 1e-10);
  EXPECT_NEAR(v.find("clip")->value, c.cluster, 1e-10);
  EXPECT_NEAR(v.find("residual")->value, c.residual, 1e-10);
}

// Unbalanced and nested: unbiased, so the mean over many simulations is the truth.
TEST(VarianceComponentsProperty, UnbiasedOnUnbalancedNestedData) {
  const int runs = 2000;
  double sum[3] = {0, 0, 0};
  for (int run = 0; run < runs; ++run) {
    Stream s("tests/components/nested", static_cast<std::uint64_t>(run));
    Factor speaker{"speaker", {}}, clip{"clip", {}};
    std::vector<double> y;
    for (std::uint32_t p = 0; p < 8; ++p) {
      const double at_speaker = 1.5 * s.normal();
      for (std::uint32_t c = 0; c < 1 + p % 4; ++c) {
        const double at_clip = 1.0 * s.normal();
        for (std::uint32_t q = 0; q < 1 + (p + c) % 3; ++q) {
          y.push_back(at_speaker + at_clip + 0.7 * s.normal());
          speaker.level.push_back(p);
          clip.level.push_back(c);
        }
      }
    }
    const VarianceComponents v = variance_components(y, std::vector{speaker, within("clip", speaker, clip)});
    for (std::size_t k = 0; k < 3; ++k) sum[k] += v.components[k].raw / runs;
  }
  EXPECT_NEAR(sum[0], 2.25, 0.15);
  EXPECT_NEAR(sum[1], 1.00, 0.10);
  EXPECT_NEAR(sum[2], 0.49, 0.03);
}

TEST(PlanningProperty, TheSmallestDifferenceIsSeenWithThePowerAsked) {
  for (const double df : {1.0, 4.0, 19.0, 479.5}) {
    const double effect = minimum_detectable_effect(0.3, df, 0.8, 0.05);
    EXPECT_NEAR(t_test_power(effect, 0.3, df, 0.05), 0.8, 1e-9) << df;
  }
  const std::int64_t n = units_needed(0.2, 1, 0.8, 0.05).value();
  EXPECT_EQ(n, 199);  // Cohen's d of 0.2, paired
}

TEST(PlanningProperty, PrecisionFollowsTheDesignAndPurchasesAreRanked) {
  const PlannedVariance v{1, 0.5, 0.25, 0.04, 0.6, 0.2};
  const PlannedDesign d{20, 2, 3, 4, 2};
  const Precision fixed = planned_precision(v, d, false), fresh = planned_precision(v, d, true);
  const double units = 1 / 20.0 + 0.5 / 40 + 0.25 / 120 + 0.6 / 480 + 0.2 / 960;
  EXPECT_NEAR(*fixed.variance, units, 1e-15);
  EXPECT_NEAR(*fixed.df, 19, 1e-9);
  EXPECT_NEAR(*fresh.variance, units + 0.01, 1e-15);
  EXPECT_LT(*fresh.df, 19 + 3);
  const auto p = purchases(v, d, true);
  ASSERT_EQ(p.size(), 5u);
  for (std::size_t i = 1; i < p.size(); ++i)
    EXPECT_GE((*fresh.variance - p[i - 1].variance) / static_cast<double>(p[i - 1].more_verdicts),
              (*fresh.variance - p[i].variance) / static_cast<double>(p[i].more_verdicts));
  EXPECT_EQ(p.front().what, "speakers");
  EXPECT_EQ(p.front().more_answers, d.answers());
  // Seeds that vary cannot be averaged away by speakers.
  EXPECT_FALSE(speakers_needed(0.1, {1, 0, 0, 1, 0, 0}, {2, 1, 1, 3, 1}, true, 0.8, 0.05, 100000));
  const auto needed = speakers_needed(0.5, {1, 0, 0, 0, 0, 0}, {2, 1, 1, 3, 1}, true, 0.8, 0.05);
  EXPECT_EQ(needed, units_needed(0.5, 1, 0.8, 0.05));
}

TEST(RatioProperty, FiellerNearsTheDeltaMethodAndRefusesAnUnclearDenominator) {
  const TwoEstimates clear{2, 4, 1e-6, 2e-6, 5e-7, 40};
  const Interval i = fieller_interval(clear, 0.95);
  EXPECT_NEAR((*i.low + *i.high) / 2, 0.5, 1e-5);
  const TwoEstimates vague{2, 1, 0.1, 1, 0, 40};
  EXPECT_FALSE(fieller_interval(vague, 0.95).low.has_value());
  EXPECT_NE(fieller_interval(vague, 0.95).reason.find("not clear of zero"), std::string::npos);
}

TEST(StudentisedProperty, CoversAMeanOfSkewedClusters) {
  int covered = 0;
  const int runs = 400;
  for (int run = 0; run < runs; ++run) {
    Stream s("tests/studentised", static_cast<std::uint64_t>(run));
    std::vector<double> a, b;
    for (int g = 0; g < 15; ++g) {
      b.push_back(3);
      a.push_back(3 * std::exp(0.7 * s.normal()));
    }
    const Draws draws("tests/studentised/" + std::to_string(run), 399, a.size());
    const Interval i = studentised_interval(draws, studentised_ratio(a, b), 0.95);
    const double truth = std::exp(0.245);
    covered += *i.low <= truth && truth <= *i.high;
  }
  EXPECT_GE(covered, 0.90 * runs);
}

}  // namespace
}  // namespace undertone::statistics
