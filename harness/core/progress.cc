#include "harness/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "harness/core/terminal.h"

namespace undertone {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTerminalPeriod = 0.1;  // seconds between redraws
constexpr double kLinePeriod = 5.0;      // seconds between lines of one stage

struct Stage {
  StageProgress progress;
  Clock::time_point begun, shown;
  bool advanced = false;
};

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");  // no-color.org: any value but the empty one
  return !(no && *no);
}

std::size_t terminal_width() {
  const std::size_t columns = terminal_columns(STDERR_FILENO);
  return columns > 0 ? columns : 80;
}

// Cuts to `width` bytes on a character's edge, so that the rewritten line never wraps.
std::string clipped(std::string text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t cut = width > 3 ? width - 3 : 0;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  text.resize(cut);
  return text + "...";
}

}  // namespace

std::string describe_seconds(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.{}f} s", seconds, seconds < 9.95 ? 1 : 0);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} m", whole / 3600, whole % 3600 / 60);
}

std::string describe(const StageProgress& p) {
  std::string out = fmt::format("{}: {}", p.stage, p.done);
  if (p.total > 0) out += fmt::format("/{} ({}%)", p.total, 100 * std::min(p.done, p.total) / p.total);
  const auto made = static_cast<double>(p.done - p.done_before);
  if (made > 0 && p.seconds > 0) {
    const double rate = made / p.seconds;
    out += rate >= 10 ? fmt::format(", {:.0f}/s", rate) : fmt::format(", {:.2g}/s", rate);
    if (p.total > p.done)
      out += fmt::format(", {} left", describe_seconds(static_cast<double>(p.total - p.done) / rate));
  }
  std::int64_t failed = 0;
  std::string kinds;
  for (const auto& [kind, n] : p.failures) {
    failed += n;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind, n);
  }
  if (failed > 0) out += fmt::format(", {} failed ({})", failed, kinds);
  if (!p.note.empty()) out += ", " + p.note;
  return out;
}

struct Progress::State {
  std::mutex mutex;
  Style style = Style::quiet;
  bool colour = false;
  std::vector<Stage> stages;  // in the order of begin()
  Clock::time_point drawn;
  bool live = false;  // a rewritten line stands on the terminal

  Stage& find(const std::string& name) {
    for (Stage& s : stages)
      if (s.progress.stage == name) return s;
    Stage s;
    s.progress.stage = name;
    s.begun = s.shown = Clock::now();
    return stages.emplace_back(std::move(s));
  }
  static void write(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }
  void clear() {
    if (live) write("\r\x1b[K");
    live = false;
  }
  void line(const std::string& text) {
    clear();
    write(text + "\n");
  }
  void draw(bool now) {
    if (style != Style::terminal || stages.empty() || (!now && since(drawn) < kTerminalPeriod)) return;
    drawn = Clock::now();
    std::string text;
    for (Stage& s : stages) {
      s.progress.seconds = since(s.begun);
      text += (text.empty() ? "" : " | ") + describe(s.progress);
    }
    text = clipped(std::move(text), terminal_width() - 1);
    write(colour ? "\r\x1b[K\x1b[36m" + text + "\x1b[0m" : "\r\x1b[K" + text);
    live = true;
  }
  // After a change: redraws, or prints a line when the stage's last one is old enough.
  void changed(Stage& s) {
    if (style == Style::lines && since(s.shown) >= kLinePeriod) {
      s.shown = Clock::now();
      s.progress.seconds = since(s.begun);
      line(describe(s.progress));
    }
    draw(false);
  }
};

Progress::Progress(Style style) : state_(std::make_unique<State>()) {
  if (style == Style::automatic) {
    const char* term = std::getenv("TERM");
    const bool dumb = !term || !*term || std::strcmp(term, "dumb") == 0;
    style = ::isatty(STDERR_FILENO) && !dumb ? Style::terminal : Style::lines;
  }
  state_->style = style;
  state_->colour = style == Style::terminal && wants_colour();
}

Progress::~Progress() { state_->clear(); }

void Progress::message(std::string_view text) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->style == Style::quiet) return;
  state_->line(std::string(text));
  state_->draw(true);
}

void Progress::error(std::string_view text) {
  const std::scoped_lock lock(state_->mutex);
  state_->line(std::string(text));
  state_->draw(true);
}

void Progress::begin(const std::string& stage, std::int64_t total) {
  const std::scoped_lock lock(state_->mutex);
  std::erase_if(state_->stages, [&](const Stage& s) { return s.progress.stage == stage; });
  state_->find(stage).progress.total = total;
  if (state_->style == Style::lines)
    state_->line(total > 0 ? fmt::format("{}: 0/{}", stage, total) : stage + ": begins");
  state_->draw(true);
}

void Progress::advance(const std::string& stage, std::int64_t done, std::string_view note) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->style == Style::quiet) return;
  Stage& s = state_->find(stage);
  // What a resumed stage has at once was made by an earlier attempt: it says nothing about the rate.
  if (!s.advanced && done > 1 && since(s.begun) < 0.05) s.progress.done_before = done;
  s.advanced = true;
  s.progress.done = done;
  s.progress.note = note;
  state_->changed(s);
}

void Progress::failure(const std::string& stage, std::string_view kind) {
  const std::scoped_lock lock(state_->mutex);
  Stage& s = state_->find(stage);
  ++s.progress.failures[std::string(kind)];
  state_->changed(s);
}

void Progress::end(const std::string& stage, std::string_view outcome) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->style == Style::quiet) return;
  Stage& s = state_->find(stage);
  std::string text = fmt::format("{}: {} in {}", stage, outcome, describe_seconds(since(s.begun)));
  if (s.progress.done > 0) text += fmt::format(" ({} items)", s.progress.done);
  for (const auto& [kind, n] : s.progress.failures) text += fmt::format(", {} {}", n, kind);
  std::erase_if(state_->stages, [&](const Stage& x) { return x.progress.stage == stage; });
  state_->line(text);
  state_->draw(true);
}

}  // namespace undertone
