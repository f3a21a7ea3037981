// Analyses against statsmodels, SciPy and krippendorff (make_analysis_reference.py).
#include <gtest/gtest.h>

#include "metrics/analysis/analyze.h"
#include "tests/support/reference_json.h"

namespace undertone::analysis {
namespace {

using test::expect_close;

struct Both {
  Json reference = read_json_file(test::source_path("tests/golden/analysis/reference.json"));
  Analysis ours;
  Both() {
    const TextTable t = read_table(test::source_path("tests/golden/analysis/scores.csv"));
    AnalysisSettings settings;
    settings.resamples = 200;
    ours = analyze(read_scores(t, understand(t, {}), {}), settings);
  }
};
const Both& both() {
  static const Both b;
  return b;
}

TEST(AnalysisReference, MeansAndDifferences) {
  int intervals = 0;
  for (const auto& j : both().ours.judges) {
    for (const char* system : {"base", "large", "tuned"}) {
      const std::string name = j.judge + "/" + system;
      expect_close(j.find("mean", system)->value.value(), both().reference.at("means").at(name).as_double(),
                   name);
      expect_close(j.find("minus_human", system, "human")->value.value(),
                   both().reference.at("minus_human").at(name).as_double(), name + " minus human");
    }
    for (const auto& [a, b] : {std::pair{"large", "base"}, {"tuned", "base"}, {"tuned", "large"}}) {
      const std::string name = j.judge + "/" + a + "/" + b;
      const Json& r = both().reference.at("differences").at(name);
      const Estimate* e = j.find("difference/these_seeds", a, b);
      ASSERT_TRUE(e) << name;
      expect_close(e->value.value(), r.at("value").as_double(), name);
      EXPECT_EQ(e->n, r.at("n").as_int()) << name;
      if (!r.find("low")) continue;
      expect_close(e->low.value(), r.at("low").as_double(), name + " low");
      expect_close(e->high.value(), r.at("high").as_double(), name + " high");
      ++intervals;
    }
  }
  EXPECT_EQ(intervals, 3);
}

TEST(AnalysisReference, JudgeAgainstHuman) {
  for (const auto& j : both().ours.judges) {
    const Json& r = both().reference.at("human").at(j.judge);
    EXPECT_EQ(j.find("human/pearson", "")->n, r.at("n").as_int());
    for (const char* name : {"pearson", "spearman", "kendall_b"})
      expect_close(j.find(std::string("human/") + name, "")->value.value(), r.at(name).as_double(),
                   j.judge + " " + name);
  }
  expect_close(both().ours.agreement.at(0).value.value(), both().reference.at("krippendorff").as_double(),
               "krippendorff");
}

TEST(AnalysisReference, WhatTheJudgeFavours) {
  for (const auto& j : both().ours.judges) {
    const Json& r = both().reference.at("favours").at(j.judge);
    const Favour& f = j.favours.at(0);
    expect_close(f.slope.value(), r.at("slope").as_double(), j.judge + " slope");
    expect_close(f.low.value(), r.at("low").as_double(), j.judge + " low");
    expect_close(f.high.value(), r.at("high").as_double(), j.judge + " high");
    EXPECT_NEAR(f.p_value.value() / r.at("p").as_double(), 1, 1e-8);
  }
}

}  // namespace
}  // namespace undertone::analysis
