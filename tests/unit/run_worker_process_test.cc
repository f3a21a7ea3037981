// The parent's side of PROTOCOL.md, against a worker that is a shell script.
#include "harness/run/worker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WorkerProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as main() does
    std::ofstream(program_) << R"(#!/bin/sh
echo start >> ')" << folder_.path()
                            << R"(/starts'
while read -r line; do
  case "$line" in
    *job-good*) echo '{"event": "progress", "done": 1, "total": 2}'; echo '{"event": "value", "id": "a"}'
                echo '{"event": "done", "about": {"steps": 7}}' ;;
    *job-echo*) echo "$line" > ')"
                            << folder_.path() << R"(/seen'; echo '{"event": "done"}' ;;
    *job-error*) echo '{"event": "error", "kind": "data", "what": "no such clip", "place": "clips.jsonl:3", "mend": "add it"}' ;;
    *job-garbage*) echo 'Segmentation fault (core dumped)'; echo '{"event": "done", "about": {"stale": true}}' ;;
    *job-number*) echo '17'; echo '{"event": "done", "about": {"stale": true}}' ;;
    *job-crash*) echo 'std::bad_alloc at layer 3' >&2; kill -9 $$ ;;
    *job-exit*) exit 3 ;;
    *job-half*) printf '{"event": "do'; exit 0 ;;
    *job-hang*) echo '{"event": "progress", "done": 0, "total": 1}'; sleep 60 ;;
  esac
done
)";
    fs::permissions(program_, fs::perms::owner_all);
  }

  static WorkerJob job(const std::string& stage) {
    WorkerJob j;
    j.stage = stage;
    return j;
  }
  // What the job throws.
  static Error thrown(WorkerProcess& worker, const std::string& stage) {
    try {
      worker.run(job(stage), [](const Json&) {});
    } catch (const Error& e) {
      return e;
    }
    ADD_FAILURE() << stage << " did not throw";
    return Error(ErrorKind::internal, "");
  }
  std::int64_t starts() const {
    const std::string text = read_file(folder_ / "starts");
    return std::count(text.begin(), text.end(), '\n');
  }

  TemporaryFolder folder_;
  std::string program_ = folder_ / "worker";
};

TEST_F(WorkerProcessTest, EventsInOrderAndFactsAtTheEnd) {
  WorkerProcess worker(program_);
  std::vector<std::string> kinds;
  const Json about = worker.run(job("job-good"), [&](const Json& e) { kinds.push_back(e.get("event", "")); });
  EXPECT_THAT(kinds, ElementsAre("progress", "value"));
  EXPECT_EQ(about.get("steps", 0), 7);
  worker.run(job("job-good"), [](const Json&) {});
  EXPECT_EQ(starts(), 1) << "one process for both jobs";
}

TEST_F(WorkerProcessTest, JobIsWrittenAsTheProtocolSays) {
  WorkerProcess worker(program_);
  WorkerJob j = job("job-echo");
  j.threads = 2;
  j.settings["steps"] = 5;
  j.inputs = {{"items", "/tmp/items.jsonl"}};
  j.output = "/tmp/out";
  j.stream = "train/key";
  EXPECT_EQ(worker.run(j, [](const Json&) {}), Json::object());  // done without facts
  const Json seen = parse_json(read_file(folder_ / "seen"), "seen");
  EXPECT_EQ(seen.at("stage").as_string(), "job-echo");
  EXPECT_EQ(seen.at("threads").as_int(), 2);
  EXPECT_EQ(seen.at("settings").at("steps").as_int(), 5);
  EXPECT_EQ(seen.at("inputs").at("items").as_string(), "/tmp/items.jsonl");
  EXPECT_EQ(seen.at("output").as_string(), "/tmp/out");
  EXPECT_EQ(seen.at("stream").as_string(), "train/key");
}

TEST_F(WorkerProcessTest, ErrorOfTheJobComesAsItWas) {
  WorkerProcess worker(program_);
  const Error e = thrown(worker, "job-error");
  EXPECT_EQ(e.kind(), ErrorKind::data);
  EXPECT_EQ(e.what_happened(), "no such clip");
  EXPECT_EQ(e.place(), "clips.jsonl:3");
  EXPECT_EQ(e.mend(), "add it");
  EXPECT_EQ(worker.run(job("job-good"), [](const Json&) {}).get("steps", 0), 7);
  EXPECT_EQ(starts(), 1) << "the worker lives on";
}

TEST_F(WorkerProcessTest, DeathNamesTheSignalAndTheLastWords) {
  WorkerProcess worker(program_);
  const Error e = thrown(worker, "job-crash");
  EXPECT_EQ(e.kind(), ErrorKind::model);
  EXPECT_THAT(e.what_happened(),
              AllOf(HasSubstr("signal 9"), HasSubstr("'job-crash'"), HasSubstr("std::bad_alloc at layer 3")));
  EXPECT_THAT(e.mend(), HasSubstr("run the same command again"));
  EXPECT_THAT(thrown(worker, "job-exit").what_happened(), HasSubstr("exit code 3"));
  EXPECT_THAT(thrown(worker, "job-half").what_happened(), HasSubstr("exit code 0"));
  EXPECT_EQ(worker.run(job("job-good"), [](const Json&) {}).get("steps", 0), 7)
      << "the next job starts a fresh process";
  EXPECT_EQ(starts(), 4);
}

TEST_F(WorkerProcessTest, WhatIsNoEventEndsTheProcess) {
  WorkerProcess worker(program_);
  for (const char* stage : {"job-garbage", "job-number"}) {
    const Error e = thrown(worker, stage);
    EXPECT_EQ(e.kind(), ErrorKind::internal);
    EXPECT_THAT(e.what_happened(), HasSubstr("not an event"));
    const Json about = worker.run(job("job-good"), [](const Json&) {});
    EXPECT_EQ(about.get("steps", 0), 7) << "the next job must not read what the last one left";
  }
}

// A full disk while answers are stored, say: the rest of the job's events must not reach the next job.
TEST_F(WorkerProcessTest, ListenerThatThrowsEndsTheProcess) {
  WorkerProcess worker(program_);
  EXPECT_THROW(
      worker.run(job("job-good"), [](const Json&) { throw Error(ErrorKind::store, "the disk is full"); }),
      Error);
  std::vector<std::string> kinds;
  worker.run(job("job-good"), [&](const Json& e) { kinds.push_back(e.get("event", "")); });
  EXPECT_THAT(kinds, ElementsAre("progress", "value"));
  EXPECT_EQ(starts(), 2);
}

TEST_F(WorkerProcessTest, KillFromAnotherThreadEndsTheJob) {
  WorkerProcess worker(program_);
  std::thread killer;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(
      worker.run(job("job-hang"), [&](const Json&) { killer = std::thread([&] { worker.kill(); }); }), Error);
  killer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  EXPECT_THAT(thrown(worker, "job-good").what_happened(), HasSubstr("interrupted"))
      << "and no other job starts";
  EXPECT_EQ(starts(), 1);
}

TEST_F(WorkerProcessTest, ProgramThatIsNotThereNamesTheMend) {
  WorkerProcess worker(folder_ / "nothing");
  const Error e = thrown(worker, "job-good");
  EXPECT_EQ(e.kind(), ErrorKind::model);
  EXPECT_EQ(e.place(), folder_ / "nothing");
  EXPECT_THAT(e.mend(), HasSubstr("./undertone build"));
}

}  // namespace
}  // namespace undertone::test
