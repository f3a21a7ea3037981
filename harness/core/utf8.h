// Text that others sent as bytes.
#pragma once

#include <string>
#include <string_view>

namespace undertone {

// Bytes that form no UTF-8 become U+FFFD, one for each maximal part of a broken sequence (Unicode 15, 3.9,
// "best practice"; what Python's errors="replace" does).
std::string repair_utf8(std::string_view bytes);

}  // namespace undertone
