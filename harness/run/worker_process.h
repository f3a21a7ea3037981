// A running undertone-model: jobs go in, events come out (PROTOCOL.md). Torch-free. A crash or an
// out-of-memory there is an Error{model} of the job that ran, and the next job starts a fresh process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "harness/core/json.h"

namespace undertone {

struct WorkerJob {
  std::string stage;
  int threads = 1;
  std::string device = "cpu", dtype = "float32";  // where the worker computes, and in what type
  Json settings = Json::object();
  std::map<std::string, std::string> inputs;
  std::string output;
  std::string stream;
};

class WorkerProcess {
 public:
  explicit WorkerProcess(std::string program);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Runs the job; hands every event but done and error to `on_event`; returns the about of `done`. Throws the
  // worker's error as Error, or Error{model} when the process died (with the signal and the end of what it
  // wrote to stderr), or when it is not there (with the mend).
  Json run(const WorkerJob& job, const std::function<void(const Json& event)>& on_event);

  void kill();  // from another thread: the running job fails

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace undertone
