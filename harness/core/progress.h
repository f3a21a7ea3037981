// Progress of long work on stderr: stage, items, rate, time left, failures by kind. One rewritten line on a terminal,
// a line every few seconds elsewhere, nothing when quiet. Honours NO_COLOR. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace undertone {

class Progress {
 public:
  enum class Style { automatic, quiet, lines, terminal };
  explicit Progress(Style style = Style::automatic);
  ~Progress();
  void message(std::string_view text);  // a line of its own
  void begin(const std::string& stage, std::int64_t total);
  void advance(const std::string& stage, std::int64_t done, std::string_view note = {});  // done so far, not an increment
  void failure(const std::string& stage, std::string_view kind);
  void end(const std::string& stage, std::string_view outcome);  // "done", "had it already", "failed: ..."

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace undertone
