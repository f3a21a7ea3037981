// AudioBench's published scores as a paper's tables (suites/paper/audiobench.json).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/run/reproduce.h"
#include "judges/audit/audiobench_audit.h"
#include "suites/paper.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

TEST(ReproduceAudiobench, AReplayedJudgeIsWhoGaveTheVerdicts) {
  const Json report =
      parse_json(R"({"schema": "undertone.report", "identity": "i", "estimates": [], "systems": [],
      "judges": {"a": "replay, scale 0-5, identity k", "b": "endpoint, scale 0/1, identity k"}})",
                 "report.json");
  const Json manifest = parse_json(R"({"identity": "i", "stages": [], "resolved_suite": {"judges": {
      "a": {"kind": "replay", "recorded": "llama3_70b"}, "b": {"kind": "endpoint", "model": "gpt-4o"}}}})",
                                   "manifest.json");
  const RunFacts run = run_facts(report, manifest);
  EXPECT_EQ(run.judge("a")->model, "llama3_70b");
  EXPECT_EQ(run.judge("b")->model, "gpt-4o");
}

// Every value is the audit's: the fraction behind the published score, times what a point of the file's own
// scale is worth.
TEST(ReproduceAudiobench, ValuesAreTheFractionsBehindThePublishedScores) {
  const auto data = test::real_data();
  UNDERTONE_NEED(data, test::skip_reason());
  const PaperRead read = read_paper(test::source_path("suites/paper/audiobench.json"));
  ASSERT_TRUE(read.problems.empty());
  std::size_t found = 0;
  for (const audit::FileAudit& f : audit::audit_audiobench_folder(*data + "/audiobench_logs").files) {
    if (f.set != "ytb_pqa_batch1" && !f.set.starts_with("iemocap_")) continue;
    const double times = f.scale->name() == "0/1" ? 100 : 20;
    const auto mean = f.published.mean.value();
    const std::string value = fmt::format(
        "{:.6f}", times * static_cast<double>(mean.numerator) / static_cast<double>(mean.denominator));
    const std::string source = fmt::format("{}_{}_judge_score.json: {} x {}/{}", f.set, f.judge, times,
                                           mean.numerator, mean.denominator);
    for (const PaperCell& c : read.paper.cells)
      if (c.source == source && c.printed.text == value) {
        EXPECT_EQ(read.paper.judge(c.judge).scale, f.scale->name()) << f.file;
        EXPECT_EQ(read.paper.judge(c.judge).models, std::vector<std::string>{f.judge}) << f.file;
        ++found;
      }
  }
  EXPECT_EQ(found, read.paper.cells.size());
}

}  // namespace
}  // namespace undertone
