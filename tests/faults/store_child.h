// A second process for the store's fault tests: this test program again, running one named act. A process of
// its own is needed because crash points read their setting once, and because a lock is held per process.
#pragma once

#include <sys/types.h>
#include <map>
#include <string>

#include "harness/store/store.h"

namespace undertone::test {

constexpr int kCannotMount = 77;  // exit status of an act that may not mount a file system here

struct Child {
  pid_t pid = -1;
  int in = -1, out = -1;  // its standard input and output, seen from here
};
struct Ended {
  bool killed = false;  // by SIGKILL
  int exit_status = -1;
  std::string output;
};

Child start_child(const std::string& act, const std::string& store,
                  const std::map<std::string, std::string>& env = {});
std::string read_line(const Child& child);  // the next line that the act tells ("> ..."); "" at the end
Ended wait_for(Child& child);               // closes its input, reads the rest of its output
Ended run_child(const std::string& act, const std::string& store,
                const std::map<std::string, std::string>& env = {});

// What the acts write, and the tests look for.
AnswerRow answer_row(int i);
VerdictRow verdict_row(int i);
RunRow run_row(const std::string& state);
std::string key_of(int i);
Artefact commit_sample(Store& store, int i,
                       const std::string& stage = "sample");  // two files, one in a folder

}  // namespace undertone::test
