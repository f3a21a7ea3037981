// kill -9 everywhere: what is resumed gives the very report, and the very artefacts, of a run that nothing
// disturbed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "harness/core/files.h"
#include "harness/core/random.h"
#include "tests/e2e/workplace.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Crash : public ::testing::Test {
 protected:
  void SetUp() override {
    UNDERTONE_NEED(!no_smoke(), *no_smoke());
    ASSERT_EQ(finished_smoke().ended.code, 0) << finished_smoke().ended.str();
  }
};
class SlowCrash : public Crash {};

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Resumes to the end and compares with the undisturbed run.
void expect_same_end(const Workplace& place) {
  const FinishedSmoke& smoke = finished_smoke();
  const Ended e = place.run({"run", "smoke"});
  ASSERT_EQ(e.code, 0) << e.str();
  EXPECT_TRUE(place.report_bytes("smoke") == smoke.place.report_bytes("smoke")) << "another report";
  const auto digests = place.stage_digests("smoke");
  for (const auto& [stage, digest] : smoke.place.stage_digests("smoke")) {
    ASSERT_TRUE(digests.count(stage)) << stage;
    EXPECT_EQ(digests.at(stage), digest) << stage << " made other bytes";
  }
  const Ended sound = place.run({"store", "verify"});
  EXPECT_EQ(sound.code, 0) << sound.str();
  // Nothing of the crashes is left lying about.
  for (const char* folder : {"runs/store/tmp", "runs/store/work"})
    if (fs::exists(place / folder)) {
      EXPECT_TRUE(fs::is_empty(place / folder))
          << folder << " holds " << fs::directory_iterator(place / folder)->path();
    }
}

std::int64_t counted(const Workplace& place, const char* what) {
  return place.manifest("smoke").at("counters").get(what, std::int64_t{-1});
}

// One store, killed at each of the points in turn, whichever comes next; each start resumes what the last
// left. Where a worker is killed, the run goes on without the system that it worked for. Gives the points
// that never struck.
std::set<std::string> killed_in_turn(const Workplace& place, const std::vector<std::string>& points) {
  std::set<std::string> left(points.begin(), points.end());
  while (!left.empty()) {
    std::string wanted;
    for (const auto& p : left) wanted += (wanted.empty() ? "" : ",") + p;
    const std::string log = place / "crash.log";
    fs::remove(log);
    const Ended e =
        place.run({"run", "smoke"}, {{"UNDERTONE_CRASH_AT", wanted}, {"UNDERTONE_CRASH_LOG", log}});
    std::set<std::string> struck;
    for (const std::string& line : lines_of(log))
      if (const std::string prefix = "killed at "; line.starts_with(prefix))
        for (const auto& p : left)
          if (p.substr(0, p.rfind('#')) == line.substr(prefix.size())) struck.insert(p);
    EXPECT_TRUE(!e.timed_out &&
                (e.signal == SIGKILL || (e.code == 1 && !struck.empty()) || (e.code == 0 && struck.empty())))
        << ::testing::PrintToString(struck) << ": " << e.str();
    if (struck.empty()) break;
    for (const auto& p : struck) left.erase(p);
  }
  return left;
}

// Every point that an undisturbed run passes, at its first passage: each durable write, and each stage at
// least once.
TEST_F(Crash, EveryNamedPoint) {
  const auto& points = finished_smoke().points;
  ASSERT_GT(points.size(), 70u);
  for (const char* stage : {"corpus", "features", "recogniser", "vocabulary", "items", "prompts", "train",
                            "answer", "judge", "report"})
    ASSERT_TRUE(std::count(points.begin(), points.end(), std::string("artefact:") + stage + ":before-rename"))
        << stage;
  const Workplace place;
  EXPECT_THAT(killed_in_turn(place, points), IsEmpty());
  expect_same_end(place);
}

// What was committed is not made again: the resumed run makes what the undisturbed one made, less that.
TEST_F(Crash, AnswersInFlightAreAllThatIsLost) {
  const Workplace place;
  const Ended e = place.run({"run", "smoke"}, {{"UNDERTONE_CRASH_AT", "ledger:answers:before-commit#3"}});
  ASSERT_TRUE(e.signal == SIGKILL && !e.timed_out) << e.str();
  const std::int64_t all = counted(finished_smoke().place, "answers"), kept = place.ledger().answers;
  ASSERT_GT(kept, 0) << "two transactions were committed";
  ASSERT_LT(kept, all);
  expect_same_end(place);
  EXPECT_EQ(counted(place, "answers"), all - kept);
  EXPECT_EQ(place.ledger().answers, all);
}

TEST_F(Crash, VerdictsInFlightAreAllThatIsLost) {
  const Workplace place;
  const Ended e = place.run({"run", "smoke"}, {{"UNDERTONE_CRASH_AT", "ledger:verdicts:before-commit#2"}});
  ASSERT_TRUE(e.signal == SIGKILL && !e.timed_out) << e.str();
  const std::int64_t all = counted(finished_smoke().place, "verdicts"), kept = place.ledger().verdicts;
  ASSERT_GT(kept, 0) << "one transaction was committed";
  ASSERT_LT(kept, all);
  expect_same_end(place);
  EXPECT_EQ(counted(place, "verdicts"), all - kept);
  EXPECT_EQ(counted(place, "answers"), 0) << "all of them were there before the first verdict";
  EXPECT_EQ(counted(place, "train_steps"), 0);
  EXPECT_EQ(place.ledger().verdicts, all);
}

TEST_F(Crash, StepsSinceTheLastCheckpointAreAllThatIsLost) {
  const Workplace place;
  // The base stage of 12 steps, which all others wait for, keeps its state every 5.
  const Ended e = place.run({"run", "smoke"}, {{"UNDERTONE_CRASH_AT", "train:step#8"}});
  ASSERT_EQ(e.code, 1) << "the worker was killed, not the program: " << e.str();
  EXPECT_EQ(counted(place, "train_steps"), 0);
  const std::int64_t kept = place.ledger().answers;
  expect_same_end(place);
  EXPECT_EQ(counted(place, "train_steps"), counted(finished_smoke().place, "train_steps") - 5);
  EXPECT_EQ(counted(place, "answers"), counted(finished_smoke().place, "answers") - kept);
}

// The same points at their third passage: with something of the stage already there.
TEST_F(SlowCrash, EveryNamedPointLater) {
  const Workplace place;
  std::vector<std::string> later;
  for (const auto& p : finished_smoke().points) later.push_back(p + "#3");
  // A point that is passed once or twice does not strike.
  const std::set<std::string> missed = killed_in_turn(place, later);
  for (const char* often : {"train:step#3", "ledger:answers:before-commit#3", "artefact:train:renamed#3"})
    EXPECT_FALSE(missed.count(often)) << often;
  expect_same_end(place);
}

// Ctrl-C ends in order with 130, leaves no worker behind, and is resumed; then kill -9 at moments that nobody
// chose.
TEST_F(Crash, InterruptedAndKilledAtRandomMoments) {
  const Workplace place;
  {
    const auto program = place.start({"run", "smoke"});
    ASSERT_TRUE(program->wait_for_message("features speech: begins"));
    program->signal(SIGINT);
    const Ended e = program->wait();
    ASSERT_EQ(e.code, 130) << e.str();
    EXPECT_THAT(e.err, HasSubstr("features speech: interrupted in "));
    EXPECT_THAT(e.err, HasSubstr("interrupted: run the same command again and it resumes"));
    EXPECT_THAT(e.err, Not(HasSubstr("failed"))) << "an interruption is no failure";
    EXPECT_LT(e.seconds, 30);
    EXPECT_THAT(model_processes(place.path()), IsEmpty());
    EXPECT_FALSE(fs::exists(place / "runs/smoke/report.json"));
  }
  Stream moments("e2e/kill -9 at random moments");
  int kills = 0;
  for (int i = 0; i < 8; ++i) {
    const auto program = place.start({"run", "smoke"});
    if (!program->still_runs_after(moments.uniform(0.2, 3.0))) break;
    program->signal(SIGKILL);
    ++kills;
    EXPECT_EQ(program->wait().signal, SIGKILL);
    // The workers notice that nobody listens any more.
    std::vector<int> left;
    for (int wait = 0; wait < 100 && !(left = model_processes(place.path())).empty(); ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_THAT(left, IsEmpty()) << "workers outlive their parent";
  }
  EXPECT_GE(kills, 3);
  expect_same_end(place);
}

// A worker that dies is a failed system: the others are reported, and the next run does what is missing.
TEST_F(Crash, DeadWorkerIsAFailedSystem) {
  const Workplace place;
  place.copy_from(finished_smoke().place);
  const std::vector<std::string> run = {"run", "smoke", "recipes.text.steps=7", "--out", "runs/seven"};
  const Ended e = place.run(run, {{"UNDERTONE_CRASH_AT", "train:step#2"}});
  ASSERT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, HasSubstr("failed: train text controls seed 1: "));
  EXPECT_THAT(e.err, HasSubstr("ended by signal 9"));
  EXPECT_EQ(place.system_states("seven").at("transcript-only"), "failed");
  EXPECT_EQ(place.system_states("seven").at("S10"), "done");
  const Ended again = place.run(run);
  ASSERT_EQ(again.code, 0) << again.str();
  EXPECT_EQ(place.system_states("seven").at("transcript-only"), "done");
}

}  // namespace
}  // namespace undertone::test
