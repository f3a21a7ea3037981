// The header Retry-After (RFC 9110, 10.2.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace undertone {

// Seconds to wait from `now_unix` (seconds since 1970), for a whole number of seconds or an HTTP date; 0 for
// a date that is past; nothing for anything else.
std::optional<double> retry_after_seconds(std::string_view value, std::int64_t now_unix);

}  // namespace undertone
