// The executor: order, slots, failures, what is found, interruption.
#include "harness/run/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/store/key.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using State = StageOutcome::State;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string key_of(const std::string& title) { return make_key("test", 1, Json::object({{"title", title}})); }

class Graph : public ::testing::Test {
 protected:
  // A stage that notes when it ran, does `work`, and commits a file.
  Stage stage(const std::string& title, std::vector<std::string> inputs,
              std::function<void(StageContext&)> work = {}, int slots = 1) {
    Stage s;
    s.key = key_of(title);
    s.kind = "test";
    s.title = title;
    s.inputs = std::move(inputs);
    s.slots = slots;
    s.run = [this, title, work, slots](StageContext& c) {
      {
        const std::lock_guard hold(mutex_);
        ran_.push_back(title);
        in_use_ += slots;
        most_in_use_ = std::max(most_in_use_, in_use_);
      }
      struct Leave {
        Graph& g;
        int slots;
        ~Leave() {
          const std::lock_guard hold(g.mutex_);
          g.in_use_ -= slots;
        }
      } leave{*this, slots};
      if (work) work(c);
      const std::string folder = c.store.begin_artefact(key_of(title));
      write_file_atomically(folder + "/out", title);
      c.store.commit_artefact(folder, key_of(title), "test", Json::object());
    };
    return s;
  }
  Execution run(const std::vector<Stage>& plan, int slots) {
    ran_.clear();
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    return execute(plan, store, "/nonexistent/undertone-model", slots, progress_, counters_, interrupted_);
  }
  static std::function<void(StageContext&)> failing(const std::string& what) {
    return [what](StageContext&) { throw Error(ErrorKind::model, what, "place"); };
  }
  static std::vector<State> states(const Execution& e) {
    std::vector<State> out;
    for (const auto& o : e.outcomes) out.push_back(o.state);
    return out;
  }

  TemporaryFolder folder_;
  Progress progress_{Progress::Style::quiet};
  Counters counters_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::vector<std::string> ran_;
  int in_use_ = 0, most_in_use_ = 0;
};

TEST_F(Graph, RunsInThePlansOrderWithOneSlot) {
  const std::vector<Stage> plan{stage("a", {}), stage("b", {}), stage("c", {"a"}), stage("d", {"b", "c"})};
  const Execution e = run(plan, 1);
  EXPECT_THAT(ran_, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(states(e), ElementsAre(State::done, State::done, State::done, State::done));
  EXPECT_FALSE(e.interrupted);
  EXPECT_EQ(counters_.stages_run, 4);
  ASSERT_NE(e.find(plan, "c"), nullptr);
  EXPECT_EQ(e.find(plan, "no such"), nullptr);
}

TEST_F(Graph, WhatTheStoreHasIsNotRunAgain) {
  run({stage("a", {}), stage("b", {"a"})}, 2);
  const Execution e = run({stage("a", {}), stage("b", {"a"}), stage("c", {"b"})}, 2);
  EXPECT_THAT(ran_, ElementsAre("c"));
  EXPECT_THAT(states(e), ElementsAre(State::found, State::found, State::done));
  EXPECT_EQ(counters_.stages_found, 2);
}

TEST_F(Graph, FailureSkipsThoseThatNeedItAndNoOthers) {
  const std::vector<Stage> plan{stage("base", {}),
                                stage("bad", {"base"}, failing("the loss is not finite")),
                                stage("good", {"base"}),
                                stage("answer bad", {"bad"}),
                                stage("answer good", {"good"}),
                                stage("judge bad", {"answer bad"}),
                                stage("judge good", {"answer good"})};
  for (const int slots : {1, 2, 4}) {
    const Execution e = run(plan, slots);
    EXPECT_EQ(e.find(plan, "bad")->state, State::failed);
    EXPECT_EQ(e.find(plan, "answer bad")->state, State::skipped);
    EXPECT_EQ(e.find(plan, "judge bad")->state, State::skipped);
    for (const char* fine : {"base", "good", "answer good", "judge good"})
      EXPECT_THAT(e.find(plan, fine)->state, ::testing::AnyOf(State::done, State::found)) << fine;
    EXPECT_THAT(e.find(plan, "bad")->failure, HasSubstr("the loss is not finite"));
    // However far down, the reason is the first failure.
    EXPECT_THAT(e.find(plan, "judge bad")->failure,
                AllOf(HasSubstr("'bad' failed"), HasSubstr("the loss is not finite")));
    EXPECT_EQ(std::count(ran_.begin(), ran_.end(), "answer bad"), 0);
  }
}

// A stage that gathers takes what there is; it needs one of its inputs at least, and waits for all.
TEST_F(Graph, GatheringTakesWhatSucceeded) {
  for (const int slots : {1, 3}) {
    Stage some = stage("some", {}), none = stage("none", {});
    some.gathers = {"bad", "good"};
    none.gathers = {"bad", "after bad"};
    const std::vector<Stage> plan{stage("bad", {}, failing("the loss is not finite")),
                                  stage("after bad", {"bad"}), stage("good", {}), some, none};
    const Execution e = run(plan, slots);
    EXPECT_THAT(e.find(plan, "some")->state, ::testing::AnyOf(State::done, State::found));
    EXPECT_EQ(e.find(plan, "none")->state, State::skipped);
    EXPECT_THAT(e.find(plan, "none")->failure, HasSubstr("the loss is not finite"));
    const auto at = [&](const char* title) { return std::find(ran_.begin(), ran_.end(), title); };
    if (slots == 1) {
      EXPECT_LT(at("good"), at("some"));
    }
  }
  Stage early = stage("early", {});
  early.gathers = {"late"};
  EXPECT_THROW(check_plan({early, stage("late", {})}), Error);
}

TEST_F(Graph, FailedStageIsTriedAgainByTheNextRun) {
  EXPECT_THAT(states(run({stage("a", {}, failing("no"))}, 1)), ElementsAre(State::failed));
  EXPECT_THAT(states(run({stage("a", {})}, 1)), ElementsAre(State::done));
}

TEST_F(Graph, AnyExceptionIsAFailedStage) {
  const Execution e = run(
      {stage("a", {}, [](StageContext&) { throw std::runtime_error("from a library"); }), stage("b", {})}, 1);
  EXPECT_THAT(states(e), ElementsAre(State::failed, State::done));
  EXPECT_EQ(e.outcomes[0].failure, "from a library");
}

TEST_F(Graph, NeverMoreSlotsThanThereAre) {
  const auto pause = [](StageContext&) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  std::vector<Stage> plan;
  for (int i = 0; i < 12; ++i) plan.push_back(stage("s" + std::to_string(i), {}, pause, i % 3 + 1));
  const Execution e = run(plan, 3);
  EXPECT_EQ(counters_.stages_run, 12);
  EXPECT_LE(most_in_use_, 3);
  EXPECT_GE(most_in_use_, 2) << "they do run side by side";
}

TEST_F(Graph, WideStageTakesAllSlotsWhenThereAreFewer) {
  const Execution e = run({stage("wide", {}, {}, 8), stage("narrow", {"wide"})}, 2);
  EXPECT_THAT(states(e), ElementsAre(State::done, State::done));
}

// Two slots, and two stages that wait for each other: only side by side do they end.
TEST_F(Graph, IndependentStagesRunSideBySide) {
  std::atomic<int> there{0};
  const auto meet = [&](StageContext&) {
    ++there;
    for (int i = 0; i < 1000 && there < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (there < 2) throw std::runtime_error("alone");
  };
  EXPECT_THAT(states(run({stage("a", {}, meet), stage("b", {}, meet)}, 2)),
              ElementsAre(State::done, State::done));
}

TEST_F(Graph, InterruptionEndsWhatRunsAndStartsNothing) {
  const auto interrupt = [this](StageContext& c) {
    interrupted_ = true;
    while (!c.interrupted) std::this_thread::yield();
    throw Error(ErrorKind::model, "interrupted");
  };
  const Execution e =
      run({stage("a", {}), stage("b", {"a"}, interrupt), stage("c", {"b"}), stage("d", {"a"})}, 1);
  EXPECT_TRUE(e.interrupted);
  EXPECT_THAT(states(e),
              ElementsAre(State::done, State::interrupted, State::interrupted, State::interrupted));
  EXPECT_THAT(ran_, ElementsAre("a", "b"));
  EXPECT_EQ(e.outcomes[1].failure, "") << "an interruption is no failure";
  interrupted_ = false;
  EXPECT_THAT(states(run({stage("a", {}), stage("b", {"a"}), stage("c", {"b"}), stage("d", {"a"})}, 1)),
              ElementsAre(State::found, State::done, State::done, State::done));
}

TEST_F(Graph, ProgressTellsAFailureFromAnInterruption) {
  const auto told = [&](bool interrupt) {
    const std::vector<Stage> plan{stage("a", {}, [&](StageContext&) {
      interrupted_ = interrupt;
      throw Error(ErrorKind::model, "the worker ended");
    })};
    ::testing::internal::CaptureStderr();
    {
      Progress lines(Progress::Style::lines);
      Store store = Store::open(folder_ / "store", Store::Mode::write);
      execute(plan, store, "/nonexistent/undertone-model", 1, lines, counters_, interrupted_);
    }
    interrupted_ = false;
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(told(true), AllOf(HasSubstr("a: interrupted in"), Not(HasSubstr("failed"))));
  EXPECT_THAT(told(false), AllOf(HasSubstr("a: failed: the worker ended"), HasSubstr(", 1 failed")));
}

TEST_F(Graph, StageWithoutItsModelProgramFailsWithTheMend) {
  const Execution e =
      run({stage("m", {}, [](StageContext& c) { c.worker.run({}, [](const Json&) {}); }), stage("n", {})}, 1);
  EXPECT_THAT(states(e), ElementsAre(State::failed, State::done));
  EXPECT_THAT(e.outcomes[0].failure, HasSubstr("./undertone build"));
}

TEST_F(Graph, ImpossiblePlansAreRefused) {
  EXPECT_THROW(check_plan({stage("a", {"b"}), stage("b", {})}), Error);
  EXPECT_THROW(check_plan({stage("a", {"nowhere"})}), Error);
  EXPECT_THROW(check_plan({stage("a", {"a"})}), Error);
  EXPECT_THROW(check_plan({stage("a", {}), stage("a", {})}), Error);
  EXPECT_NO_THROW(check_plan({stage("a", {}), stage("b", {"a"})}));
}

}  // namespace
}  // namespace undertone::test
