// What must hold of every evaluation: threads, order of rows and neighbours change no byte; a bootstrap draw
// recomputes the very statistic.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/evaluate.h"
#include "metrics/mapping_report.h"
#include "tests/support/evaluation_rows.h"

namespace undertone {
namespace {

std::string bytes(const std::vector<Estimate>& estimates) {
  std::string out;
  for (const Estimate& e : estimates) out += to_json(e).dump() + "\n";
  return out;
}

TEST(Evaluate, ThreadsAndOrderChangeNoByte) {
  test::MadeEvaluation made = test::make_evaluation({12, 2, 3, 2, {1, 2, 3}, 0.05});
  made.settings.resamples = 300;
  const std::string one = bytes(evaluate(made.rows, made.settings));
  EXPECT_GT(one.size(), 10000u);
  for (int threads : {2, 8}) {
    made.settings.threads = threads;
    EXPECT_TRUE(bytes(evaluate(made.rows, made.settings)) == one) << threads << " threads";
  }
  Stream random("tests/shuffle");
  for (int k = 0; k < 3; ++k) {
    random.shuffle(made.rows);
    EXPECT_TRUE(bytes(evaluate(made.rows, made.settings)) == one) << "shuffled";
  }
  const std::string mapping = mapping_report(made.rows, made.settings).dump();
  random.shuffle(made.rows);
  EXPECT_EQ(mapping_report(made.rows, made.settings).dump(), mapping);
}

// Estimates of one system do not depend on which others were evaluated beside it (contrasts and pooled
// correlations aside).
TEST(Evaluate, OtherSystemsChangeNothing) {
  test::MadeEvaluation made = test::make_evaluation({10, 2, 4, 1, {1, 2, 3}, 0.05});
  made.settings.resamples = 200;
  made.settings.contrasts.clear();
  const auto all = evaluate(made.rows, made.settings);
  std::erase_if(made.rows, [](const EvaluationRow& r) { return r.system != "S1"; });
  const auto alone = evaluate(made.rows, made.settings);
  std::vector<Estimate> mine;
  for (const Estimate& e : all)
    if (e.system == "S1") mine.push_back(e);
  EXPECT_TRUE(bytes(mine) == bytes(alone));
}

TEST(Evaluate, TagsAreUniqueOrderedAndCounted) {
  const test::MadeEvaluation made = test::make_evaluation({8, 2, 3, 2, {1, 2}, 0.1});
  EvaluationSettings settings = made.settings;
  settings.resamples = 100;
  std::set<std::string> seen;
  std::string previous;
  for (const Estimate& e : evaluate(made.rows, settings)) {
    const std::string key =
        e.system + "\t" + e.test_condition + "\t" + e.judge + "\t" + e.tag + "\t" + e.baseline;
    EXPECT_TRUE(seen.insert(key).second) << key;
    EXPECT_LT(previous, key) << "order";
    previous = key;
    EXPECT_LE(e.scored, e.asked) << key;
    EXPECT_EQ(e.n, e.scored) << key;
    if (!e.value || !e.low) {
      EXPECT_FALSE(e.reason.empty()) << key << ": undefined without a reason";
    }
    if (e.low) {
      EXPECT_LE(*e.low, *e.high) << key;
    }
    if (e.value && e.worst) {
      EXPECT_LE(*e.worst, *e.best) << key;
    }
    if (e.p_value) {
      EXPECT_GT(*e.p_value, 0) << key;
      EXPECT_LE(*e.p_value, 1) << key;
    }
  }
}

// A draw that takes every cluster once is the plain statistic; a draw with counts is the statistic of the
// repeated items.
TEST(DrawStatistics, RecomputeTheVeryStatistic) {
  Stream random("tests/draw-statistics");
  for (int k = 0; k < 100; ++k) {
    const std::size_t n = 5 + random.below(40), clusters = 2 + random.below(6);
    std::vector<double> x, y;
    std::vector<std::uint32_t> cluster;
    for (std::size_t i = 0; i < n; ++i) {
      x.push_back(static_cast<double>(random.below(6)));
      y.push_back(k % 2 ? static_cast<double>(random.below(4)) : random.normal());
      cluster.push_back(static_cast<std::uint32_t>(random.below(clusters)));
    }
    std::vector<std::uint16_t> counts;
    for (std::size_t c = 0; c < clusters; ++c) counts.push_back(static_cast<std::uint16_t>(random.below(4)));
    std::vector<double> rx, ry;
    metrics::PairMoments moments;
    for (std::size_t i = 0; i < n; ++i) {
      metrics::PairMoments one;
      one.add(x[i], y[i]);
      moments.add(one, counts[cluster[i]]);
      for (int r = 0; r < counts[cluster[i]]; ++r) rx.push_back(x[i]), ry.push_back(y[i]);
    }
    metrics::WeightedSpearman weighted(x, y, cluster);
    const std::optional<double> expected = metrics::spearman(rx, ry), got = weighted(counts);
    ASSERT_EQ(expected.has_value(), got.has_value());
    if (expected) {
      EXPECT_NEAR(*expected, *got, 1e-12);
    }
    const std::optional<double> r = metrics::pearson(rx, ry), s = metrics::pearson(moments);
    ASSERT_EQ(r.has_value(), s.has_value());
    if (r) {
      EXPECT_NEAR(*r, *s, 1e-10);
    }
  }
}

TEST(Correlation, InvariantUnderOrderAndMonotoneMaps) {
  Stream random("tests/correlation");
  std::vector<double> x, y, cubed;
  for (int i = 0; i < 30; ++i) {
    x.push_back(random.normal());
    y.push_back(x.back() + random.normal());
    cubed.push_back(x.back() * x.back() * x.back());
  }
  EXPECT_DOUBLE_EQ(*metrics::spearman(x, y), *metrics::spearman(cubed, y));
  EXPECT_NEAR(*metrics::pearson(x, y), *metrics::pearson(y, x), 1e-15);
  std::vector<double> shifted;
  for (double v : x) shifted.push_back(3 * v + 7);
  EXPECT_NEAR(*metrics::pearson(x, y), *metrics::pearson(shifted, y), 1e-12);
}

}  // namespace
}  // namespace undertone
