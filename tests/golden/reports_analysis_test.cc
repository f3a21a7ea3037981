// What an analysis looks like, to the byte. UNDERTONE_REGENERATE=1 writes the file anew: read the difference
// before you commit it.
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "reports/analysis.h"
#include "tests/support/expect_golden.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using test::expect_golden;

struct Sample {
  analysis::TextTable table =
      analysis::parse_table(read_file(test::source_path("tests/golden/analysis/scores.csv")), "scores.csv",
                            analysis::TableFormat::csv);
  analysis::Columns columns = analysis::understand(table, {});
  analysis::Scores scores = analysis::read_scores(table, columns, {analysis::Scale{0, 5, false}, "", false});
  analysis::Analysis result = analysis::analyze(scores, [] {
    analysis::AnalysisSettings s;
    s.resamples = 500;
    return s;
  }());
};

TEST(AnalysisGolden, Text) {
  const Sample s;
  expect_golden("analysis/scores.txt", analysis_text(s.scores, s.result));
}
TEST(AnalysisGolden, Check) {
  const Sample s;
  expect_golden("analysis/scores.check.txt", check_text(s.table, s.columns, s.scores));
}

TEST(AnalysisJson, HoldsEveryEstimate) {
  const Sample s;
  const Json j = parse_json(analysis_json(s.scores, s.result), "analysis.json");
  EXPECT_EQ(j.at("schema").as_string(), "undertone.analysis");
  ASSERT_EQ(j.at("judges").size(), 2u);
  EXPECT_EQ(j.at("judges").elements()[0].at("estimates").size(), s.result.judges[0].estimates.size());
  EXPECT_EQ(j.at("judges").elements()[0].at("ranks").at("rows").size(), 3u);
  EXPECT_EQ(
      parse_json(check_json(s.table, s.columns, s.scores), "check.json").at("roles").at("clip").as_string(),
      "clip");
}

TEST(AnalysisHtml, IsOneFileWithTablesAndPlots) {
  const Sample s;
  const std::string html = analysis_html(s.scores, s.result, "undertone analyze scores.csv",
                                         {test::source_path("reports/assets"), 0});
  for (const char* part :
       {"id=\"means-1\"", "id=\"plot-differences-2\"", "default-src 'none'", "undertone analyze scores.csv"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(html.find("src=\"http"), std::string::npos);
  EXPECT_EQ(html.find("id=\"items\""), std::string::npos);
}

}  // namespace
}  // namespace undertone
