// Errors that a person must act on. A user error is an Error (thrown); a bug is an assertion; an expected
// failure (an answer that was truncated, a verdict that did not parse) is a value, see nouns.h.
#pragma once

#include <stdexcept>
#include <string>

namespace undertone {

// Exit codes of every program, as README.md documents them.
enum class ExitCode : int { done = 0, failed = 1, usage = 2, gate_failed = 100, interrupted = 130 };

enum class ErrorKind {
  usage,     // the command line: exit 2
  suite,     // a suite file: exit 2
  data,      // audio, manifests, answers
  weights,   // model files
  store,     // the ledger and artefacts
  model,     // training or answering failed
  io,        // disk, pipes
  internal,  // should not happen; still one clear message
};

// `place` names the file (with line, item or tensor); `mend` says what to do, as an imperative sentence.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string what_happened, std::string place = {}, std::string mend = {});
  ErrorKind kind() const { return kind_; }
  const std::string& what_happened() const { return what_; }
  const std::string& place() const { return place_; }
  const std::string& mend() const { return mend_; }
  ExitCode exit_code() const;

 private:
  ErrorKind kind_;
  std::string what_, place_, mend_;
};

std::string_view to_string(ErrorKind);
ErrorKind error_kind_from(std::string_view);  // unknown names become internal

}  // namespace undertone
