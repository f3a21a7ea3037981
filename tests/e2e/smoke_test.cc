// The smoke suite from an empty folder to its report, again, and with another number of workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <map>
#include <regex>

#include "harness/core/files.h"
#include "harness/weights/pins.h"
#include "tests/e2e/workplace.h"
#include "tests/support/browser.h"
#include "tests/support/devtools.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

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

// Steps, answers and clips as many as the run then makes; verdicts no fewer. Planning makes nothing.
TEST_F(Smoke, PlanCountsWhatTheRunMakes) {
  const auto todo = [](const Ended& e) {
    std::smatch m;
    const std::regex line("to do: ([0-9]+) steps of training, ([0-9]+) answers, at most ([0-9]+) verdicts");
    if (!std::regex_search(e.out, m, line)) ADD_FAILURE() << e.str();
    return m.empty() ? std::array<std::int64_t, 3>{-1, -1, -1}
                     : std::array<std::int64_t, 3>{std::stoll(m[1]), std::stoll(m[2]), std::stoll(m[3])};
  };
  const Workplace empty;
  const Ended before = empty.run({"plan", "smoke"});
  ASSERT_EQ(before.code, 0) << before.str();
  EXPECT_TRUE(fs::is_empty(empty.path())) << "planning makes no store";
  const Json counters = finished_smoke().place.manifest("smoke").at("counters");
  const auto [steps, answers, verdicts] = todo(before);
  EXPECT_EQ(steps, counters.get("train_steps", 0));
  EXPECT_EQ(answers, counters.get("answers", 0));
  EXPECT_GE(verdicts, counters.get("verdicts", 0));
  EXPECT_LT(verdicts, 10 * counters.get("verdicts", 0));
  for (const char* row :
       {"corpus speech +to do +72 clips", "features speech +model +72 clips", "train base +model +12 steps",
        "train S10 seed 1 +model +6 steps", "answer S10 seed 1 absent +model +[1-9][0-9]* answers",
        "judge rubric +to do +[1-9][0-9]* verdicts"})
    EXPECT_TRUE(std::regex_search(before.out, std::regex(row))) << row << before.out;
  const Ended limited = empty.run({"plan", "smoke", "--limit", "3"});
  EXPECT_LT(todo(limited)[1], answers);
  EXPECT_GT(todo(limited)[1], 0);

  Workplace place;
  place.copy_from(finished_smoke().place);
  const Ended after = place.run({"plan", "smoke"});
  EXPECT_EQ(todo(after), (std::array<std::int64_t, 3>{0, 0, 0}));
  EXPECT_THAT(after.out, Not(HasSubstr("to do ")));
}

// What a person opens: every row of the ledger is on the page, a clip plays, nothing is logged or fetched.
TEST_F(Smoke, PageInABrowser) {
  UNDERTONE_NEED(browser(), "no chromium here: install the Debian package chromium");
  const FinishedSmoke& smoke = finished_smoke();
  const std::string file = smoke.place / "runs/smoke/report.html";
  EXPECT_LT(fs::file_size(file), 25u << 20);
  const TemporaryFolder folder;
  const BrowsedPage page = open_page(file, folder, "#all");
  EXPECT_EQ(page.attribute("data-ready"), "yes") << page.log;
  const Workplace::Ledger ledger = smoke.place.ledger();
  EXPECT_EQ(std::to_string(ledger.answers), page.attribute("data-ledger-answers"));
  EXPECT_EQ(page.count("<tr data-answer="), static_cast<std::size_t>(ledger.answers));
  // Equal answers to one question share a row of the ledger.
  EXPECT_GE(page.count("<td data-verdict="), static_cast<std::size_t>(ledger.verdicts));
  EXPECT_EQ(page.attribute("data-held-verdicts"), page.attribute("data-ledger-verdicts"));
  EXPECT_EQ(played(file, folder), "yes");
  EXPECT_EQ(page.log.find("CONSOLE"), std::string::npos) << page.log;
  EXPECT_THAT(network_urls(page.net), IsEmpty());
}

// From nothing again: every number comes out to the bit.
TEST_F(Smoke, RerunGivesTheSameNumbers) {
  Workplace place;
  place.copy_from(finished_smoke().place);
  const Ended e = place.run({"rerun", "runs/smoke"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_THAT(e.out, HasSubstr(", 0 within 1e-06, 0 different, 0 missing"));
  EXPECT_EQ(
      read_json_file(place / "runs/smoke/rerun/report/manifest.json").at("counters").get("train_steps", 0),
      finished_smoke().place.manifest("smoke").at("counters").get("train_steps", 0));
}

// What the run used, and nothing else that is pinned.
TEST_F(Smoke, ManifestNamesTheWeightsThatWereUsed) {
  const Json manifest = finished_smoke().place.manifest("smoke");
  std::map<std::string, std::string> licences;
  for (const Json& w : manifest.at("weights").elements()) {
    licences[w.at("name").as_string()] = w.get("licence", "");
    EXPECT_EQ(w.at("sha256").as_string(),
              pinned_weights(tree_path() + "/harness/weights/pins.json", w.at("name").as_string()).sha256);
  }
  EXPECT_THAT(licences, ElementsAre(Pair("all-minilm-l6-v2", "Apache-2.0"), Pair("whisper-base", "MIT")));
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
  // What the run that made it took is still told.
  const Json earlier = place.manifest("smoke").at("earlier_attempts");
  ASSERT_EQ(earlier.size(), 1u);
  const Json first = earlier.elements().front();
  EXPECT_EQ(first.at("counters").get("answers", -1),
            smoke.place.manifest("smoke").at("counters").get("answers", -2));
  EXPECT_GT(first.at("peak_memory").get("largest_worker_bytes", 0), 100 << 20);
  EXPECT_LT(first.at("peak_memory").get("largest_worker_bytes", 0), std::int64_t{2} << 30);
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
