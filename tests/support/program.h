// Starts programs as a person would, and tells what became of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/test_data.h"

namespace undertone::test {

struct ProgramOptions {
  std::string folder = ".";  // working directory
  std::map<std::string, std::optional<std::string>>
      environment;                                  // changes to this process' own; nullopt removes
  std::optional<std::uint64_t> largest_file_bytes;  // RLIMIT_FSIZE, with SIGXFSZ ignored: a full disk
  double timeout_seconds = 200;                     // then it is killed, and `timed_out` says so
};

struct Ended {
  int code = -1;   // exit code, or -1 when a signal ended it
  int signal = 0;  // that signal
  bool timed_out = false;
  std::string out, err;
  double seconds = 0;
  // For messages of failed expectations.
  std::string str() const;
};

// One started program. Its end of life without wait() kills it.
class Program {
 public:
  Program(const std::vector<std::string>& command, const ProgramOptions& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Waits until it has written `text` to stderr; false when it ended, or `seconds` passed, before.
  bool wait_for_message(const std::string& text, double seconds = 60);
  // False when it ended within `seconds`.
  bool still_runs_after(double seconds);
  void signal(int number);
  std::string out_so_far() const;  // of stdout
  Ended wait();
  pid_t pid() const { return pid_; }

 private:
  bool poll();  // true when it has ended

  TemporaryFolder outputs_;
  double timeout_seconds_, started_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

Ended run_program(const std::vector<std::string>& command, const ProgramOptions& options = {});

}  // namespace undertone::test
