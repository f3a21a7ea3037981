// Progress of long work on stderr: stage, items, rate, time left, failures by kind. One rewritten line on a
// terminal, a line every few seconds elsewhere, nothing when quiet. Honours NO_COLOR. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace undertone {

// What is known of a stage under way.
struct StageProgress {
  std::string stage;
  std::int64_t done = 0;
  std::int64_t total = 0;        // 0: unknown
  std::int64_t done_before = 0;  // of `done`, had already when the stage began: not counted in the rate
  double seconds = 0;            // since the stage began
  std::string note;
  std::map<std::string, std::int64_t> failures;  // by kind
};
// "train S30: 150/700 (21%), 4.9/s, 1 m 52 s left, 3 failed (timeout 2, refusal 1), loss 0.41". Time left is
// not given before the rate is known.
std::string describe(const StageProgress& p);
std::string describe_seconds(double seconds);  // "4.2 s", "1 m 52 s", "2 h 05 m"

class Progress {
 public:
  enum class Style { automatic, quiet, lines, terminal };
  explicit Progress(Style style = Style::automatic);
  ~Progress();
  void message(std::string_view text);  // a line of its own
  void error(std::string_view text);    // the same, said even when quiet: what failed, and the mend
  void begin(const std::string& stage, std::int64_t total);
  void advance(const std::string& stage, std::int64_t done,
               std::string_view note = {});  // done so far, not an increment
  void failure(const std::string& stage, std::string_view kind);
  void end(const std::string& stage, std::string_view outcome);  // "done", "had it already", "failed: ..."

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace undertone
