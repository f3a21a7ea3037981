// The smoke suite from an empty folder to its report, again, and with another number of workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/e2e/workplace.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Smoke : public ::testing::Test {
 protected:
  void SetUp() override { UNDERTONE_NEED(!no_smoke(), *no_smoke()); }
};

TEST_F(Smoke, RunsToItsEndInAnEmptyFolder) {
  const FinishedSmoke& smoke = finished_smoke();
  ASSERT_EQ(smoke.ended.code, 0) << smoke.ended.str();
  for (const char* file : {"report.json", "report.md", "report.html", "manifest.json"})
    EXPECT_GT(fs::file_size(smoke.place / (std::string("runs/smoke/") + file)), 1000u) << file;
  const Json report = smoke.place.report("smoke");
  EXPECT_GT(report.at("estimates").size(), 100u);
  for (const auto& [system, state] : smoke.place.system_states("smoke")) EXPECT_EQ(state, "done") << system;
  const Json counters = smoke.place.manifest("smoke").at("counters");
  int trainings = 0;
  const Json manifest = smoke.place.manifest("smoke");
  for (const Json& stage : manifest.at("stages").elements())
    trainings += stage.at("kind").as_string() == "train";
  EXPECT_GE(trainings, 10);
  EXPECT_EQ(counters.get("train_steps", 0), 12 + (trainings - 1) * 6)
      << "the base stage, and all that start from it";
  EXPECT_GT(counters.get("answers", 0), 0);
  EXPECT_GT(counters.get("verdicts", 0), 0);
  // Results alone: nothing in it tells where or when it ran.
  const std::string bytes = smoke.place.report_bytes("smoke");
  EXPECT_EQ(bytes.find(smoke.place.path()), std::string::npos);
  EXPECT_EQ(bytes.find(tree_path()), std::string::npos);
}

TEST_F(Smoke, SecondRunDoesNothing) {
  const FinishedSmoke& smoke = finished_smoke();
  Workplace place;
  place.copy_from(smoke.place);
  const Ended e = place.run({"run", "smoke"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_LT(e.seconds, 5);
  EXPECT_THAT(e.out, HasSubstr(" 0 stages run, "));
  EXPECT_THAT(e.out, HasSubstr("; 0 training steps, 0 answers, 0 verdicts;"));
  const Json counters = place.manifest("smoke").at("counters");
  for (const char* name : {"stages_run", "train_steps", "answers", "verdicts"})
    EXPECT_EQ(counters.get(name, -1), 0) << name;
  EXPECT_TRUE(place.report_bytes("smoke") == smoke.place.report_bytes("smoke"));
}

TEST_F(Smoke, OneWorkerGivesTheSameBytes) {
  const FinishedSmoke& smoke = finished_smoke();
  Workplace place;
  const Ended e = place.run({"run", "smoke", "runtime.workers=1"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_TRUE(place.report_bytes("smoke") == smoke.place.report_bytes("smoke"));
  EXPECT_EQ(place.stage_digests("smoke"), smoke.place.stage_digests("smoke"));
}

// A training whose loss is not finite ends its systems; the others' numbers stay what they were.
TEST_F(Smoke, OneDivergingTrainingLeavesTheOthersAlone) {
  const FinishedSmoke& smoke = finished_smoke();
  Workplace place;
  place.copy_from(smoke.place);
  const Ended e = place.run({"run", "smoke", "recipes.text.learning_rate=10", "recipes.text.weight_decay=10",
                             "recipes.text.steps=60", "--out", "runs/diverged"});
  ASSERT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, HasSubstr("failed: train text controls seed 1: "));
  EXPECT_THAT(e.err, HasSubstr("not finite"));
  EXPECT_THAT(e.out, HasSubstr("failed in part"));
  const Json report = place.report("diverged");
  std::map<std::string, int> states;
  for (const Json& system : report.at("systems").elements()) {
    EXPECT_EQ(system.at("state").as_string(), system.at("kind").as_string() == "text" ? "failed" : "done")
        << system.dump();
    ++states[system.at("state").as_string()];
  }
  EXPECT_GE(states["failed"], 1);
  EXPECT_GE(states["done"], 5);
  const auto mean_of = [](const Json& of, const std::string& system) {
    for (const Json& x : of.at("estimates").elements())
      if (x.get("system", "") == system && x.get("test_condition", "") == "absent" &&
          x.get("baseline", "").empty() && x.at("tag").as_string().ends_with("/mean"))
        return x.dump();
    return std::string("none");
  };
  EXPECT_EQ(mean_of(report, "S30"), mean_of(smoke.place.report("smoke"), "S30"));
  EXPECT_NE(mean_of(report, "S30"), "none");
  for (const char* file : {"report.md", "report.html"})
    EXPECT_TRUE(fs::exists(place / ("runs/diverged/" + std::string(file))));
}

}  // namespace
}  // namespace undertone::test
