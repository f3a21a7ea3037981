#include "harness/run/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "harness/core/error.h"

extern char** environ;

namespace undertone {
namespace {
constexpr std::size_t kKeptStderr = 4000;
}

struct WorkerProcess::State {
  std::string program;
  std::mutex mutex;  // guards pid
  pid_t pid = -1;
  int to_worker = -1, from_worker = -1, errors = -1;
  std::string buffer;
  std::thread error_reader;
  std::mutex error_mutex;
  std::string error_tail;
  std::int64_t next_job = 1;
  std::atomic<bool> killed{false};

  void start();
  std::string stop();  // closes the pipes, waits, and says how the process ended
  bool read_line(std::string& line);
  void send(const std::string& line);
};

void WorkerProcess::State::start() {
  if (!std::filesystem::exists(program))
    throw Error(ErrorKind::model, "the model program is not built, and this plan needs it", program,
                "run './undertone build' (it needs libtorch, which './undertone setup' fetches)");
  int in[2], out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw Error(ErrorKind::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)), program);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  // A group of its own: Ctrl-C reaches the parent only, which then ends the worker in order.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  char* argv[] = {program.data(), nullptr};
  pid_t child = -1;
  const int rc = ::posix_spawn(&child, program.c_str(), &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  if (rc != 0) {
    ::close(in[1]);
    ::close(out[0]);
    ::close(err[0]);
    throw Error(ErrorKind::model, fmt::format("cannot start: {}", std::strerror(rc)), program);
  }
  {
    std::lock_guard lock(mutex);
    pid = child;
  }
  to_worker = in[1];
  from_worker = out[0];
  errors = err[0];
  buffer.clear();
  error_tail.clear();
  error_reader = std::thread([this, fd = errors] {
    char chunk[4096];
    for (;;) {
      const ssize_t n = ::read(fd, chunk, sizeof chunk);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      std::lock_guard lock(error_mutex);
      error_tail.append(chunk, static_cast<std::size_t>(n));
      if (error_tail.size() > 2 * kKeptStderr) error_tail.erase(0, error_tail.size() - kKeptStderr);
    }
  });
}

std::string WorkerProcess::State::stop() {
  if (pid < 0) return "";
  if (to_worker >= 0) ::close(to_worker);
  if (from_worker >= 0) ::close(from_worker);
  to_worker = from_worker = -1;
  // Waited for first and reaped under the lock: kill() must not reach a process that got the number anew.
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  int status = 0;
  {
    std::lock_guard lock(mutex);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    pid = -1;
  }
  if (error_reader.joinable()) error_reader.join();
  if (errors >= 0) ::close(errors);
  errors = -1;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return fmt::format("ended by signal {} ({}){}", signal, ::strsignal(signal),
                       signal == SIGKILL ? ", perhaps for want of memory" : "");
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

bool WorkerProcess::State::read_line(std::string& line) {
  for (;;) {
    if (const auto end = buffer.find('\n'); end != std::string::npos) {
      line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      return true;
    }
    char chunk[1 << 16];
    const ssize_t n = ::read(from_worker, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(n));
  }
}

void WorkerProcess::State::send(const std::string& line) {
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = ::write(to_worker, line.data() + at, line.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // the worker has gone; reading tells how
    at += static_cast<std::size_t>(n);
  }
}

WorkerProcess::WorkerProcess(std::string program) : state_(std::make_unique<State>()) {
  state_->program = std::move(program);
}
WorkerProcess::~WorkerProcess() { state_->stop(); }

void WorkerProcess::kill() {
  state_->killed = true;
  std::lock_guard lock(state_->mutex);
  // The whole group: a child of the worker would keep its pipes open.
  if (state_->pid > 0) ::kill(-state_->pid, SIGKILL);
}

Json WorkerProcess::run(const WorkerJob& job, const std::function<void(const Json&)>& on_event) {
  State& s = *state_;
  if (s.killed) throw Error(ErrorKind::model, "interrupted", job.stage);
  if (s.pid < 0) s.start();
  const std::int64_t id = s.next_job++;
  Json message = Json::object();
  message["job"] = id;
  message["stage"] = job.stage;
  message["threads"] = job.threads;
  message["device"] = job.device;
  message["dtype"] = job.dtype;
  message["settings"] = job.settings;
  Json inputs = Json::object();
  for (const auto& [name, path] : job.inputs) inputs[name] = path;
  message["inputs"] = inputs;
  message["output"] = job.output;
  message["stream"] = job.stream;
  s.send(message.dump() + "\n");
  // Left before its end (by an exception from here or from on_event), a job would leave its events to the
  // next one: the process goes with it, and the next job starts a fresh one.
  struct Abandoned {
    State& state;
    bool over = false;
    ~Abandoned() {
      if (over) return;
      if (state.pid > 0) ::kill(-state.pid, SIGKILL);
      state.stop();
    }
  } job_under_way{s};
  std::string line;
  while (s.read_line(line)) {
    Json event;
    try {
      event = parse_json(line, "undertone-model");
    } catch (const Error&) {
      event = Json();
    }
    if (!event.is_object())
      throw Error(ErrorKind::internal,
                  fmt::format("undertone-model wrote what is not an event: {}", line.substr(0, 200)),
                  job.stage, "use undertone and undertone-model of the same build");
    const std::string kind = event.get("event", "");
    if (kind == "done" || kind == "error") job_under_way.over = true;
    if (kind == "done") return event.find("about") ? event.at("about") : Json::object();
    if (kind == "error")
      throw Error(error_kind_from(event.get("kind", "model")), event.get("what", "failed"),
                  event.get("place", ""), event.get("mend", ""));
    on_event(event);
  }
  job_under_way.over = true;
  const std::string how = s.stop();
  std::string tail;
  {
    std::lock_guard lock(s.error_mutex);
    tail = s.error_tail.size() > 600 ? s.error_tail.substr(s.error_tail.size() - 600) : s.error_tail;
  }
  throw Error(
      ErrorKind::model,
      fmt::format("undertone-model {} during '{}'{}", how, job.stage,
                  tail.empty() ? "" : "; it last said: " + tail),
      s.program,
      "run the same command again: it resumes; if it was memory, lower the batch size or runtime.workers");
}

}  // namespace undertone
