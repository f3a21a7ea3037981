// A training that is killed, wherever that is, ends with the bytes of one that was not.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/train/trainer.h"
#include "tests/support/test_data.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {

// Trains in a child process (a kill must not end the tests) and writes checkpoint and log; returns the wait
// status.
int train_in_child(const std::string& folder, const std::string& crash_at,
                   const std::string& identity = "identity") {
  const pid_t child = ::fork();
  if (child == 0) {
    if (crash_at.empty())
      ::unsetenv("UNDERTONE_CRASH_AT");
    else
      ::setenv("UNDERTONE_CRASH_AT", crash_at.c_str(), 1);
    at::set_num_threads(1);
    const auto toy = test::toy_speech(20);
    SpeechLM model = random_speech_lm(toy.config, "start");
    TrainingTask task;
    task.recipe.steps = 11;
    task.recipe.batch_items = 6;
    task.recipe.text_items = 2;
    task.recipe.checkpoint_every = 3;
    task.recipe.trains = "all";
    task.stream = "resume";
    task.items = &toy.items;
    task.encoder = toy.encoder.get();
    task.features = toy.features();
    task.state_folder = folder + "/state";
    task.state_identity = identity;
    const TrainingReport report = train(model, task);
    std::string log;
    for (const std::string& line : report.log) log += line + "\n";
    write_file_atomically(folder + "/log.jsonl", log);
    save_speech_lm(folder + "/checkpoint.safetensors", model, "digest");
    write_file_atomically(folder + "/steps_now", std::to_string(report.steps_now));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Resume, AKilledTrainingEndsWithTheSameBytes) {
  test::TemporaryFolder whole;
  ASSERT_EQ(train_in_child(whole.path(), ""), 0);
  const std::string checkpoint = read_file(whole / "checkpoint.safetensors"),
                    log = read_file(whole / "log.jsonl");
  for (const char* point : {"train:step#1", "train:step#3", "train:step#8", "train:step#11",
                            "write:state.safetensors:before", "write:state.safetensors:renamed",
                            "write:state.safetensors:before#2", "write:state.safetensors:renamed#3",
                            "write:log.jsonl:before", "write:checkpoint.safetensors:before"}) {
    test::TemporaryFolder folder;
    const int status = train_in_child(folder.path(), point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " was not passed";
    ASSERT_EQ(train_in_child(folder.path(), ""), 0) << point;
    EXPECT_EQ(read_file(folder / "checkpoint.safetensors"), checkpoint) << point;
    EXPECT_EQ(read_file(folder / "log.jsonl"), log) << point;
    if (std::string(point) == "train:step#8") {
      EXPECT_EQ(read_file(folder / "steps_now"), "5") << "resumes at step 6";
    }
  }
}

TEST(Resume, AnotherTrainingsStateOrADamagedOneIsIgnored) {
  test::TemporaryFolder whole, other;
  ASSERT_EQ(train_in_child(whole.path(), ""), 0);
  ASSERT_NE(train_in_child(other.path(), "train:step#7", "another"), 0);
  ASSERT_EQ(train_in_child(other.path(), ""), 0);
  EXPECT_EQ(read_file(other / "steps_now"), "11");
  EXPECT_EQ(read_file(other / "checkpoint.safetensors"), read_file(whole / "checkpoint.safetensors"));
  std::filesystem::resize_file(other / "state/state.safetensors", 1000);
  ASSERT_EQ(train_in_child(other.path(), ""), 0);
  EXPECT_EQ(read_file(other / "checkpoint.safetensors"), read_file(whole / "checkpoint.safetensors"));
}

}  // namespace
}  // namespace undertone
