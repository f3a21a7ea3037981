#include "tests/support/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace undertone::test {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

[[noreturn]] void become(const std::vector<std::string>& command, const ProgramOptions& options,
                         const std::string& out, const std::string& err) {
  const int null = ::open("/dev/null", O_RDONLY);
  const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (null < 0 || out_fd < 0 || err_fd < 0 || ::chdir(options.folder.c_str()) != 0) ::_exit(126);
  ::dup2(null, 0);
  ::dup2(out_fd, 1);
  ::dup2(err_fd, 2);
  for (const auto& [name, value] : options.environment) {
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
  }
  if (options.largest_file_bytes) {
    const rlimit limit{*options.largest_file_bytes, *options.largest_file_bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
  }
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

std::string Ended::str() const {
  std::ostringstream s;
  s << (timed_out ? "timed out"
        : signal  ? "signal " + std::to_string(signal)
                  : "exit " + std::to_string(code))
    << " after " << seconds << " s\n--- stdout\n"
    << out << "--- stderr\n"
    << (err.size() > 4000 ? "... " + err.substr(err.size() - 4000) : err);
  return s.str();
}

Program::Program(const std::vector<std::string>& command, const ProgramOptions& options)
    : timeout_seconds_(options.timeout_seconds), started_(now()) {
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) become(command, options, outputs_ / "out", outputs_ / "err");
}

Program::~Program() {
  if (status_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

bool Program::poll() {
  if (status_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = status;
  return true;
}

bool Program::wait_for_message(const std::string& text, double seconds) {
  for (const double end = now() + seconds; now() < end; pause()) {
    const bool over = poll();
    if (contents(outputs_ / "err").find(text) != std::string::npos) return true;
    if (over) return false;
  }
  return false;
}

bool Program::still_runs_after(double seconds) {
  for (const double end = now() + seconds; now() < end; pause())
    if (poll()) return false;
  return !poll();
}

void Program::signal(int number) {
  if (!poll()) ::kill(pid_, number);
}

std::string Program::out_so_far() const { return contents(outputs_ / "out"); }

Ended Program::wait() {
  Ended e;
  while (!poll()) {
    if (now() - started_ > timeout_seconds_ && !e.timed_out) {
      e.timed_out = true;
      ::kill(pid_, SIGKILL);
    }
    pause();
  }
  e.seconds = now() - started_;
  if (WIFEXITED(*status_)) e.code = WEXITSTATUS(*status_);
  if (WIFSIGNALED(*status_)) e.signal = WTERMSIG(*status_);
  e.out = contents(outputs_ / "out");
  e.err = contents(outputs_ / "err");
  return e;
}

Ended run_program(const std::vector<std::string>& command, const ProgramOptions& options) {
  return Program(command, options).wait();
}

}  // namespace undertone::test
