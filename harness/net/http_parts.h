// Parts of the HTTP client that need no connection: what an attempt's end means, and whether to try again.
#pragma once

#include <string>

#include "harness/net/http.h"

namespace undertone {

struct Attempt {
  int curl_code = 0;  // CURLcode
  int status = 0;
  bool connected = false;
  bool over_cap = false;
  std::string message;  // curl's own words
  std::string body;
  double seconds = 0;
};
HttpOutcome outcome_of(Attempt attempt, const HttpSettings& settings);

bool worth_retrying(const HttpError& error, int attempts, const HttpSettings& settings);
bool says_overloaded(const HttpError& error);
// Wait before the attempt after `attempts`: exponential with jitter, drawn by name from the item's own
// stream.
double wait_seconds(const HttpSettings& settings, std::size_t index, int attempts);

// How many requests may be in flight: additive increase, multiplicative decrease (Chiu and Jain 1989).
class Concurrency {
 public:
  Concurrency(int first, int most) : limit_(first < most ? first : most), most_(most) {}
  int limit() const { return static_cast<int>(limit_); }
  void success() { limit_ = limit_ + 1 / limit_ < most_ ? limit_ + 1 / limit_ : most_; }
  void overload() { limit_ = limit_ / 2 > 1 ? limit_ / 2 : 1; }

 private:
  double limit_;
  double most_;
};

// First 200 bytes as printable ASCII on one line.
std::string shown_line(std::string_view text);

}  // namespace undertone
