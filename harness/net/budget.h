// What a client may spend. A budget that is used up stops new requests; those under way are finished, so it
// is overstepped by at most the requests in flight.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace undertone {

struct BudgetLimits {         // 0: no limit
  std::int64_t requests = 0;  // retries count
  std::int64_t tokens = 0;    // prompts and replies
  double money = 0;           // in the currency of the prices given
  double minutes = 0;         // since the first request
};

class Budget {
 public:
  explicit Budget(BudgetLimits limits = {}) : limits_(limits) {}
  void request();
  void reply(std::int64_t tokens, double money);
  std::string used_up() const;  // which limit is reached, for people; "" while another request may be sent
  std::int64_t requests() const { return requests_; }
  std::int64_t tokens() const { return tokens_; }
  double money() const { return money_; }

 private:
  using Clock = std::chrono::steady_clock;
  BudgetLimits limits_;
  std::int64_t requests_ = 0, tokens_ = 0;
  double money_ = 0;
  std::optional<Clock::time_point> began_;
};

}  // namespace undertone
