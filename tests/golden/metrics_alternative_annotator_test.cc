// The alternative annotator test against SciPy (make_alternative_annotator.py); both sides draw the inputs
// from the same named streams.
#include "metrics/alternative_annotator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/random.h"
#include "metrics/statistics/multiplicity.h"
#include "tests/support/reference_json.h"

namespace undertone::metrics {
namespace {
using test::expect_close;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Drawn {
  std::vector<double> judge, humans;
  std::vector<std::uint32_t> cluster;
  std::size_t raters = 0;
  bool labels = false, independent = false;
};

Drawn draw(std::size_t i) {
  Stream s("tests/metrics/alternative_annotator", i);
  Drawn d;
  const std::size_t n = 20 + s.below(80);
  d.raters = 2 + s.below(4);
  d.labels = i % 3 == 2;
  d.independent = i % 2 == 0;
  const std::size_t clusters = d.independent ? n : 4 + s.below(12);
  const double noise_human = s.uniform() * 0.6, noise_judge = s.uniform() * 0.6, gaps = s.uniform() * 0.4;
  for (std::size_t item = 0; item < n; ++item) {
    const auto truth = static_cast<double>(s.below(6));
    const auto say = [&](double noise) {
      const auto other = static_cast<double>(s.below(6));
      return s.uniform() < noise ? other : truth;
    };
    for (std::size_t r = 0; r < d.raters; ++r)
      d.humans.push_back(s.uniform() >= gaps ? say(noise_human) : kNone);
    d.judge.push_back(s.uniform() >= 0.1 ? say(noise_judge) : kNone);
    d.cluster.push_back(static_cast<std::uint32_t>(d.independent ? item : s.below(clusters)));
  }
  return d;
}

TEST(AlternativeAnnotatorReference, IsWhatSciPyMakesOfTheSameRatings) {
  const Json reference = read_json_file(test::source_path("tests/golden/metrics/alternative_annotator.json"));
  const auto& cases = reference.at("cases").elements();
  ASSERT_EQ(cases.size(), 60u);
  std::size_t passed = 0, undefined = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Drawn d = draw(i);
    AlternativeAnnotatorOptions options;
    options.epsilon = i % 2 == 0 ? 0.1 : 0.2;
    options.labels = d.labels;
    const auto ours = alternative_annotator_test(
        d.judge, {d.humans, d.raters}, d.independent ? std::span<const std::uint32_t>{} : d.cluster, options);
    const std::string where = "case " + std::to_string(i);
    const Json& omega = cases[i].at("omega");
    ASSERT_EQ(ours.winning_rate.has_value(), !omega.is_null()) << where;
    if (ours.winning_rate) {
      expect_close(*ours.winning_rate, omega.as_double(), where + " omega");
      expect_close(*ours.advantage, cases[i].at("rho").as_double(), where + " rho");
    } else {
      ++undefined;
    }
    passed += ours.passes();
    const auto& humans = cases[i].at("humans").elements();
    ASSERT_EQ(ours.raters.size(), humans.size()) << where;
    for (std::size_t r = 0; r < humans.size(); ++r) {
      const auto& row = humans[r].elements();
      EXPECT_EQ(ours.raters[r].items, static_cast<std::size_t>(row[0].as_int())) << where;
      expect_close(ours.raters[r].judge_wins, row[1].as_double(), where + " judge wins");
      expect_close(ours.raters[r].rater_wins, row[2].as_double(), where + " rater wins");
      ASSERT_EQ(ours.raters[r].p_value.has_value(), !row[3].is_null()) << where;
      if (ours.raters[r].p_value) {
        const double p = row[3].as_double();
        EXPECT_NEAR(*ours.raters[r].p_value, p, 1e-8 * p + 1e-14) << where;
      }
    }
  }
  // The cases reach every outcome.
  EXPECT_GT(passed, 5u);
  EXPECT_GT(undefined, 2u);
  EXPECT_GT(cases.size() - passed - undefined, 5u);
}

TEST(AlternativeAnnotator, AJudgeThatIsTheTruthPassesAndOneThatDrawsLotsDoesNot) {
  Stream s("tests/metrics/alternative_annotator/toy");
  std::vector<double> humans, truth, lots;
  for (int i = 0; i < 60; ++i) {
    truth.push_back(i % 6);
    lots.push_back(static_cast<double>(s.below(6)));
    for (int r = 0; r < 3; ++r) humans.push_back(s.uniform() < 0.3 ? static_cast<double>(s.below(6)) : i % 6);
  }
  const Ratings ratings{humans, 3};
  EXPECT_TRUE(alternative_annotator_test(truth, ratings).passes());
  EXPECT_EQ(*alternative_annotator_test(truth, ratings).winning_rate, 1);
  EXPECT_EQ(*alternative_annotator_test(lots, ratings).winning_rate, 0);
  EXPECT_LT(*alternative_annotator_test(lots, ratings).advantage, 0.5);
}

TEST(AlternativeAnnotator, SaysWhyThereIsNone) {
  const std::vector<double> judge(40, 3), one(40, 3);
  const auto alone = alternative_annotator_test(judge, {one, 1});
  EXPECT_FALSE(alone.winning_rate);
  EXPECT_STRNE(alone.winning_rate.reason(), "");
  EXPECT_FALSE(alone.passes());
  const std::vector<double> few(20, 3), two(40, 3);
  EXPECT_FALSE(alternative_annotator_test(few, {two, 2}).winning_rate) << "20 items a human are too few";
  const std::vector<double> pair(80, 3);
  const std::vector<std::uint32_t> clump(40, 0);
  EXPECT_FALSE(alternative_annotator_test(judge, {pair, 2}, clump).winning_rate) << "one cluster";
  // All alike: d is 0 throughout, below epsilon without variation.
  EXPECT_EQ(*alternative_annotator_test(judge, {pair, 2}).winning_rate, 1);
}

}  // namespace
}  // namespace undertone::metrics
