// Contrasts that a report lacks are paired from the store; without one they are not, and that is said.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/reproduce_parts.h"
#include "harness/run/run.h"
#include "tests/support/planted_paper_run.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"

namespace undertone {
namespace {

// S10 is right on questions 0 and 1 of eight, S20 on the first four, S30 on the first six.
void write_three_systems(const std::string& folder) {
  test::write_recorded_suite(
      folder,
      R"("S10": {"kind": "recorded", "path": "S10.jsonl"}, "S20": {"kind": "recorded", "path": "S20.jsonl"},
         "S30": {"kind": "recorded", "path": "S30.jsonl"})");
  std::string questions;
  for (int q = 0; q < 8; ++q)
    questions += fmt::format(
        R"({{"id": "q{}", "clip": "", "type": "CE", "pool": "cpqa", "text": "How is it said?", "reference": "angry", "gold": {{"emotion": "angry"}}}})"
        "\n",
        q);
  test::write_text(folder + "/corpus/questions.jsonl", questions);
  for (const auto& [system, right] : {std::pair{"S10", 2}, std::pair{"S20", 4}, std::pair{"S30", 6}}) {
    std::string answers;
    for (int q = 0; q < 8; ++q)
      answers += test::answer_line(fmt::format("q{}", q), q < right ? "angry" : "happy");
    test::write_text(fmt::format("{}/{}.jsonl", folder, system), answers);
  }
}

TEST(ReproduceStore, PairsWhatTheReportLacks) {
  test::TemporaryFolder folder;
  write_three_systems(folder.path());
  RunOptions options;
  options.out = folder / "run";
  options.store = folder / "store";
  options.quiet = true;
  const SuiteSpec spec = load_suites(test::this_build(), folder / "suite.json", {}).front();
  ASSERT_EQ(run_suite(test::this_build(), spec, options), ExitCode::done);
  const RunFacts report =
      run_facts(read_json_file(folder / "run/report.json"), read_json_file(folder / "run/manifest.json"));
  const PaperSpec paper = test::shipped_paper();
  const std::string path = "cpqa/all/judge:rubric";
  const reproduce::Arm s30{"S30", "absent"}, s20{"S20", "absent"}, s10{"S10", "absent"};

  const reproduce::Found before = reproduce::Lookup(report, paper.level).difference(path, s30, s20);
  EXPECT_FALSE(before.paired);
  EXPECT_TRUE(reproduce::Lookup(report, paper.level).difference(path, s30, s10).paired);

  RunFacts with = report;
  pair_from_store(with, paper, folder / "run", folder / "store");
  EXPECT_EQ(with.notes, report.notes) << "nothing to say";
  const reproduce::Found after = reproduce::Lookup(with, paper.level).difference(path, s30, s20);
  EXPECT_TRUE(after.paired);
  ASSERT_TRUE(before.value && after.value && before.low && after.low);
  EXPECT_NEAR(*after.value, *before.value, 1e-12);
  EXPECT_LT(*after.high - *after.low, *before.high - *before.low) << "pairing helps: the six have the four";

  RunFacts without = report;
  pair_from_store(without, paper, folder / "run", folder / "nowhere");
  ASSERT_EQ(without.notes.size(), report.notes.size() + 1);
  EXPECT_THAT(without.notes.back(), testing::HasSubstr("unpaired: the store is not here"));
}

}  // namespace
}  // namespace undertone
