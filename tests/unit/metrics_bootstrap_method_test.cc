// statistics.method reaches every bootstrapped estimate.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/core/error.h"
#include "metrics/evaluate.h"
#include "tests/support/evaluation_rows.h"

namespace undertone::test {
namespace {

std::map<std::string, Estimate> by_name(const MadeEvaluation& made, const std::string& method) {
  EvaluationSettings settings = made.settings;
  settings.method = method;
  settings.resamples = 200;
  std::map<std::string, Estimate> out;
  for (Estimate& e : evaluate(made.rows, settings))
    if (e.method.starts_with("cluster bootstrap"))
      out[e.system + "|" + e.test_condition + "|" + e.tag + "|" + e.baseline] = std::move(e);
  return out;
}

TEST(BootstrapMethodOfASuite, DecidesEveryBootstrapInterval) {
  const MadeEvaluation made =
      make_evaluation({.units = 12, .clips_per_unit = 3, .systems = 2, .conditions = 1, .seeds = {1, 2}});
  const auto percentile = by_name(made, "percentile"), basic = by_name(made, "basic"),
             bca = by_name(made, "bca");
  ASSERT_GT(percentile.size(), 30u);
  std::set<std::string> kinds;
  int moved = 0;
  for (const auto& [name, p] : percentile) {
    ASSERT_TRUE(p.method.starts_with("cluster bootstrap percentile")) << p.method;
    if (!p.low) continue;
    const Estimate& b = basic.at(name);
    ASSERT_TRUE(b.method.starts_with("cluster bootstrap basic")) << name << b.method;
    EXPECT_EQ(b.value, p.value);
    EXPECT_NEAR(*b.low, 2 * *p.value - *p.high, 1e-12) << name;
    EXPECT_NEAR(*b.high, 2 * *p.value - *p.low, 1e-12) << name;
    kinds.insert(name.substr(name.rfind('/') + 1, name.rfind('|') - name.rfind('/') - 1));
    const Estimate& c = bca.at(name);
    ASSERT_TRUE(c.method.starts_with("cluster bootstrap BCa")) << name << c.method;
    if (!c.low) continue;  // at the edge of the draws, which it says
    EXPECT_LT(*c.low, *c.high);
    moved += *c.low != *p.low;
  }
  for (const char* kind : {"uar", "f1_macro", "relative_gain", "pearson", "spearman"})
    EXPECT_TRUE(kinds.contains(kind)) << kind;
  EXPECT_GT(moved, 20);
}

TEST(BootstrapMethodOfASuite, AnUnknownOneIsRefused) {
  const MadeEvaluation made =
      make_evaluation({.units = 3, .clips_per_unit = 1, .systems = 1, .conditions = 1, .seeds = {1}});
  EvaluationSettings settings = made.settings;
  settings.method = "studentised";
  EXPECT_THROW(evaluate(made.rows, settings), Error);
}

}  // namespace
}  // namespace undertone::test
