// What a suite's power rests on: its own results, another run's, or assumptions.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/run/power.h"
#include "harness/run/run.h"
#include "harness/store/store.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;

class Power : public ::testing::Test {
 protected:
  // Two recorded systems and eight questions, of which the second system misses some.
  Power() {
    here_.root = UNDERTONE_SOURCE_DIR;
    here_.programs = UNDERTONE_BINARY_DIR;
    write_recorded_suite(folder_.path(), R"("good": {"kind": "recorded", "path": "good.jsonl"},
      "poor": {"kind": "recorded", "path": "poor.jsonl"})");
    std::string questions, good, poor;
    for (int i = 0; i < 8; ++i) {
      const std::string id = fmt::format("q{}", i);
      questions += question_line(id, i % 2 ? "sad" : "angry");
      good += answer_line(id, i % 2 ? "sad" : "angry");
      poor += answer_line(id, i % 3 ? "happy" : "angry");
    }
    write_text(folder_ / "corpus/questions.jsonl", questions);
    write_text(folder_ / "good.jsonl", good);
    write_text(folder_ / "poor.jsonl", poor);
    options_.store = folder_ / "store";
  }
  SuiteSpec spec() { return load_suites(here_, folder_ / "suite.json", {}).front(); }
  void run(std::int64_t limit) {
    RunOptions options;
    options.out = folder_ / "out";
    options.store = options_.store;
    options.pipeline.limit = limit;
    options.quiet = true;
    ASSERT_EQ(run_suite(here_, spec(), options), ExitCode::done);
  }
  TemporaryFolder folder_;
  Installation here_;
  PowerOptions options_;
};

TEST_F(Power, RestsOnTheSuitesOwnResults) {
  run(0);
  const SuitePower p = suite_power(spec(), here_, options_);
  EXPECT_FALSE(p.declared);
  ASSERT_EQ(p.contrasts.size(), 1u);
  EXPECT_EQ(p.contrasts[0].name, "poor against good");
  EXPECT_EQ(p.contrasts[0].design.speakers, 8) << "each question is a unit of its own";
  ASSERT_TRUE(p.contrasts[0].mean);
  EXPECT_LT(*p.contrasts[0].mean, 0);
}

// A run with --limit asked other questions, under other keys, than its suite would.
TEST_F(Power, APilotWithALimitIsFound) {
  run(5);
  options_.pilot = folder_ / "out";
  const SuitePower p = suite_power(spec(), here_, options_);
  EXPECT_THAT(p.pilot, HasSubstr("of suite 'two'"));
  ASSERT_EQ(p.contrasts.size(), 1u);
  EXPECT_EQ(p.contrasts[0].design.speakers, 5);
  EXPECT_TRUE(p.contrasts[0].mean);
  options_.pilot.clear();
  EXPECT_THROW(suite_power(spec(), here_, options_), Error) << "all eight were never asked";
}

// Recorded systems have no seeds of training: the suite's are none of theirs.
TEST_F(Power, SeedsAreThoseThatTheSystemIsRunWith) {
  SuiteSpec of_three = spec();
  of_three.seeds = {1, 2, 3};
  options_.deviations["question"] = 1;
  options_.numbers["speakers"] = 20;
  SuitePower p = suite_power(of_three, here_, options_);
  EXPECT_THAT(p.pilot, HasSubstr("no pilot"));
  EXPECT_EQ(p.contrasts.at(0).design.seeds, 1);
  EXPECT_FALSE(p.contrasts.at(0).new_seeds);
  of_three.systems[1].kind = "variant";
  p = suite_power(of_three, here_, options_);
  EXPECT_EQ(p.contrasts.at(0).design.seeds, 3);
}

TEST_F(Power, ANameThatIsNoPartOfAPlanIsRefused) {
  options_.deviations["question"] = 1;
  options_.deviations["weather"] = 1;
  options_.numbers["speakers"] = 20;
  EXPECT_THROW(suite_power(spec(), here_, options_), Error);
}

}  // namespace
}  // namespace undertone::test
