#include "harness/net/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

namespace undertone {

std::optional<double> retry_after_seconds(std::string_view value, std::int64_t now_unix) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!value.empty() && blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && blank(value.back())) value.remove_suffix(1);
  if (value.empty() || value.size() > 64) return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::all_of(value.begin(), value.end(), digit)) {
    double seconds = 0;
    for (const char c : value) seconds = 10 * seconds + (c - '0');
    return seconds;
  }
  if (digit(value.front()) || value.front() == '-')
    return std::nullopt;  // "1.5", "-3": no form of the header
  const time_t at = curl_getdate(std::string(value).c_str(), nullptr);
  if (at < 0) return std::nullopt;
  return std::max<double>(0, static_cast<double>(at) - static_cast<double>(now_unix));
}

}  // namespace undertone
