#include "harness/net/budget.h"

#include <fmt/format.h>

namespace undertone {

void Budget::request() {
  if (!began_) began_ = Clock::now();
  ++requests_;
}

void Budget::reply(std::int64_t tokens, double money) {
  tokens_ += tokens;
  money_ += money;
}

std::string Budget::used_up() const {
  if (limits_.requests > 0 && requests_ >= limits_.requests) return fmt::format("{} requests", requests_);
  if (limits_.tokens > 0 && tokens_ >= limits_.tokens) return fmt::format("{} tokens", tokens_);
  if (limits_.money > 0 && money_ >= limits_.money) return fmt::format("{:.4g} of money", money_);
  if (limits_.minutes > 0 && began_) {
    const double minutes = std::chrono::duration<double>(Clock::now() - *began_).count() / 60;
    if (minutes >= limits_.minutes) return fmt::format("{:.3g} minutes", minutes);
  }
  return "";
}

}  // namespace undertone
