// Nights: what is refused as a baseline, what a night comes to, and that the history only grows.
#include "harness/run/nightly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

NightRow night(const std::string& tape, double level, const std::string& baseline = "release") {
  return {0,
          "suite",
          "run of " + tape,
          "2026-01-01T00:00:00Z",
          "run of " + baseline,
          Json::object(
              {{"tape", tape}, {"baseline_tape", baseline}, {"level", level}, {"summary", "no change"}})};
}

TEST(NightlyBaseline, TheBestOfSeveralNightsIsRefused) {
  const std::vector<NightRow> nights = {night("a", 0.5), night("b", 0.7), night("c", 0.6)};
  EXPECT_THAT(why_best_night("b", nights), HasSubstr("the best of 3 nights"));
  EXPECT_EQ(why_best_night("a", nights), "") << "any other will do";
  EXPECT_EQ(why_best_night("release", nights), "") << "a run that is no night";
  EXPECT_EQ(why_best_night("b", {nights[0], nights[1]}), "") << "two nights are no choice";
  // Equal outcomes are one: nothing was picked.
  EXPECT_EQ(why_best_night("a", {night("a", 0.5), night("a", 0.5), night("a", 0.5)}), "");
  EXPECT_EQ(why_best_night("a", {night("a", 0.7), night("b", 0.7), night("c", 0.5)}), "");
}

TEST(NightlyBaseline, OneThatWasFixedBeforehandStays) {
  // The first night is the baseline from the second on, and happens to stay the best.
  const std::vector<NightRow> fixed = {night("a", 0.7), night("b", 0.5, "a"), night("c", 0.6, "a"),
                                       night("d", 0.6, "a")};
  EXPECT_EQ(why_best_night("a", fixed), "");
  // Taken up only after it had turned out the best: refused, also when it was used once.
  const std::vector<NightRow> picked = {night("a", 0.7), night("b", 0.5), night("c", 0.6),
                                        night("d", 0.6, "a")};
  EXPECT_THAT(why_best_night("a", picked), Not(""));
}

TEST(NightlyAlpha, IsSpentEvenly) {
  EXPECT_DOUBLE_EQ(alpha_of_a_night(1, 365), 1.0 / 365);
  EXPECT_DOUBLE_EQ(alpha_of_a_night(365, 52), 0.5);
}

RunsCompared with(std::vector<Change> changes) {
  RunsCompared r;
  r.second.suite = "s";
  for (const Change c : changes) {
    MeasureChange m;
    m.measure.name = "pqa/all/judge:j/mean";
    m.measure.system = "<S>";
    m.measure.condition = "absent";
    m.measure.declared = true;
    m.change = c;
    r.comparison.measures.push_back(m);
    ++r.comparison.declared;
  }
  return r;
}

TEST(NightlyCode, RegressionGoesBeforeError) {
  EXPECT_EQ(night_code(with({Change::no_change, Change::better, Change::too_noisy}), {}), ExitCode::done);
  EXPECT_EQ(night_code(with({Change::no_change, Change::worse, Change::judge_drift}), {"x"}),
            ExitCode::gate_failed);
  EXPECT_EQ(night_code(with({Change::no_change, Change::judge_drift}), {}), ExitCode::failed);
  EXPECT_EQ(night_code(with({Change::not_comparable}), {}), ExitCode::failed);
  EXPECT_EQ(night_code(with({Change::no_change}), {"answer S: it crashed"}), ExitCode::failed);
  EXPECT_EQ(night_code(with({}), {}), ExitCode::failed) << "a night without a measure is no success";
  RunsCompared exploratory = with({Change::worse});
  exploratory.comparison.measures[0].measure.declared = false;
  EXPECT_NE(night_code(exploratory, {}), ExitCode::gate_failed);
}

TEST(NightlyFormats, FailureIsNotError) {
  NightContext night;
  night.failed = {"answer \"S\": 50 % & more\nlost"};
  const RunsCompared r = with({Change::worse, Change::judge_drift, Change::too_noisy, Change::no_change});
  const std::string junit = comparison_junit(r, night);
  EXPECT_THAT(junit, HasSubstr("tests=\"5\" failures=\"1\" errors=\"2\" skipped=\"1\""));
  EXPECT_THAT(junit, HasSubstr("<failure message=\"worse\"/>"));
  EXPECT_THAT(junit, HasSubstr("<error message=\"judge drift\"/>"));
  EXPECT_THAT(junit, HasSubstr("<skipped message=\"too noisy\"/>"));
  EXPECT_THAT(junit, HasSubstr("name=\"&lt;S&gt;@absent pqa/all/judge:j/mean\""));
  EXPECT_THAT(junit, HasSubstr("answer &quot;S&quot;: 50 % &amp; more"));
  const std::string github = comparison_github(r, night);
  EXPECT_THAT(github, HasSubstr("::error title=stage failed::answer \"S\": 50 %25 & more%0Alost\n"));
  EXPECT_THAT(github, HasSubstr("::error title=<S>@absent pqa/all/judge%3Aj/mean::worse\n"));
  EXPECT_THAT(github, HasSubstr("::warning title="));
  EXPECT_THAT(github, HasSubstr("::notice title="));
}

// Ten nights; the baseline was another one in the first, and the measure fell after the sixth.
TEST(NightlyTrends, AreOfTheNightsWithOneBaselineAndSayWhereTheyChanged) {
  const auto result = [](double difference, const std::string& baseline) {
    RunsCompared r = with({Change::no_change});
    MeasureChange& m = r.comparison.measures[0];
    m.difference = difference;
    m.interval.low = difference - 0.1;
    m.interval.high = difference + 0.1;
    m.second_mean = 3 + difference;
    m.measure.high = 5;
    return night_result(r, Json::object({{"git", Json::object()}}), {"tape", baseline}, ExitCode::done);
  };
  std::vector<NightRow> before = {{0, "s", "r0", "2026-01-01T00:00:00Z", "", result(4, "other")}};
  const std::vector<double> differences = {0.01, -0.02, 0.03, 0, 0.02, -0.5, -0.52, -0.48, -0.5};
  for (std::size_t i = 0; i < differences.size(); ++i)
    before.push_back(
        {0, "s", "r", "2026-01-1" + std::to_string(i) + "T00:00:00Z", "", result(differences[i], "release")});
  NightContext night;
  night.trends = night_trends(before, result(-0.51, "release"), "2026-02-01T00:00:00Z", "nightly/s");
  ASSERT_EQ(night.trends.size(), 1u);
  const Trend& t = night.trends[0];
  EXPECT_EQ(t.nights.size(), 10u) << "tonight among them, the one with another baseline not";
  ASSERT_EQ(t.changes.size(), 1u);
  EXPECT_EQ(t.night_of(t.changes[0]).when, "2026-01-15T00:00:00Z");
  EXPECT_LT(t.changes[0].after, t.changes[0].before);

  const RunsCompared r = with({Change::worse});
  EXPECT_THAT(comparison_text(r, &night), HasSubstr("2026-01-15T00:00:00Z"));
  const Json json = comparison_json(r, &night);
  const Json& changes = json.at("night").at("trends").elements()[0].at("changes");
  EXPECT_EQ(changes.elements()[0].at("since").as_string(), "2026-01-15T00:00:00Z");
  HtmlOptions options;
  options.assets_folder = source_path("reports/assets");
  const std::string page = comparison_html(r, &night, {}, "undertone nightly s --baseline release", options);
  EXPECT_THAT(page, HasSubstr("id=\"plot-trend-1\""));
  EXPECT_THAT(page, HasSubstr("since here"));
  EXPECT_THAT(page, HasSubstr("undertone nightly s --baseline release"));
}

TEST(NightlyTrends, AFirstNightHasNone) {
  const Json tonight = night_result(with({Change::no_change}), Json::object({{"git", Json::object()}}),
                                    {"tape", "release"}, ExitCode::done);
  const auto trends = night_trends({}, tonight, "2026-02-01T00:00:00Z", "nightly/s");
  ASSERT_EQ(trends.size(), 1u);
  EXPECT_EQ(trends[0].measured(), 0u) << "without a difference";
  EXPECT_TRUE(trends[0].changes.empty());
}

}  // namespace
}  // namespace undertone::test
