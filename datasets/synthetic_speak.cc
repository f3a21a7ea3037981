#include "datasets/synthetic_speak.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/files.h"

extern char** environ;

namespace undertone {
namespace {

struct Worker {
  pid_t pid = -1;
  std::string lines, messages;  // files
  bool running = false;
};

Worker start(const std::string& program, const std::string& plan, const std::string& folder, int index,
             int workers) {
  Worker worker;
  worker.lines = folder + "/spoken-" + std::to_string(index) + ".jsonl";
  worker.messages = folder + "/spoken-" + std::to_string(index) + ".log";
  const std::string only = std::to_string(index) + '/' + std::to_string(workers);
  std::vector<std::string> words = {program, "--plan", plan, "--out", folder, "--only", only};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, worker.lines.c_str(), kCreate, 0644);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, worker.messages.c_str(), kCreate, 0644);
  const int failure = posix_spawn(&worker.pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw Error(ErrorKind::data, "undertone-synth does not start: " + std::string(std::strerror(failure)),
                program, "build it (./undertone build)");
  worker.running = true;
  return worker;
}

std::int64_t count_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n');
}

std::string end_of_file(const std::string& path) {
  std::string text = read_file(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  constexpr std::size_t kMost = 600;
  return text.size() > kMost ? "..." + text.substr(text.size() - kMost) : text;
}

// Ends and reaps whatever still runs when the call is left by an exception.
struct Workers {
  std::vector<Worker> all;
  ~Workers() {
    for (Worker& worker : all)
      if (worker.running) {
        kill(worker.pid, SIGTERM);
        waitpid(worker.pid, nullptr, 0);
      }
  }
};

}  // namespace

std::vector<Json> run_synthesiser(const std::string& program, const std::string& plan,
                                  const std::string& folder, int workers,
                                  const std::function<void(std::int64_t)>& progress) {
  Workers group;
  for (int i = 0; i < workers; ++i) group.all.push_back(start(program, plan, folder, i, workers));
  for (int left = workers; left > 0;) {
    bool ended = false;
    for (Worker& worker : group.all) {
      int status = 0;
      if (!worker.running || waitpid(worker.pid, &status, WNOHANG) != worker.pid) continue;
      worker.running = false;
      ended = true;
      --left;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
      const std::string how = WIFSIGNALED(status)
                                  ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                  : "failed with exit code " + std::to_string(WEXITSTATUS(status));
      throw Error(ErrorKind::data, "undertone-synth " + how + ": " + end_of_file(worker.messages), plan,
                  "see its message; espeak-ng and its data must be installed");
    }
    if (progress) {
      std::int64_t lines = 0;
      for (const Worker& worker : group.all) lines += count_lines(worker.lines);
      progress(lines);
    }
    if (!ended && left > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::vector<Json> spoken;
  for (const Worker& worker : group.all) {
    for (Json& line : read_jsonl_file(worker.lines)) spoken.push_back(std::move(line));
    unlink(worker.lines.c_str());
    unlink(worker.messages.c_str());
  }
  return spoken;
}

}  // namespace undertone
