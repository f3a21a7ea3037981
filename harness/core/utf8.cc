#include "harness/core/utf8.h"

namespace undertone {
namespace {

// Length of the sequence that a lead byte opens and the range of its second byte (Unicode 15, table 3-7).
struct Lead {
  std::size_t length;
  unsigned char low, high;
};
Lead lead_of(unsigned char c) {
  if (c < 0x80) return {1, 0, 0};
  if (c >= 0xc2 && c <= 0xdf) return {2, 0x80, 0xbf};
  if (c == 0xe0) return {3, 0xa0, 0xbf};
  if (c == 0xed) return {3, 0x80, 0x9f};
  if (c >= 0xe1 && c <= 0xef) return {3, 0x80, 0xbf};
  if (c == 0xf0) return {4, 0x90, 0xbf};
  if (c >= 0xf1 && c <= 0xf3) return {4, 0x80, 0xbf};
  if (c == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const Lead lead = lead_of(static_cast<unsigned char>(bytes[i]));
    std::size_t n = 1;  // how much of a sequence is well-formed
    while (n < lead.length && i + n < bytes.size()) {
      const auto c = static_cast<unsigned char>(bytes[i + n]);
      if (n == 1 ? (c < lead.low || c > lead.high) : (c < 0x80 || c > 0xbf)) break;
      ++n;
    }
    if (n == lead.length)
      out.append(bytes.substr(i, n));
    else
      out.append("\xef\xbf\xbd");
    i += n;
  }
  return out;
}

}  // namespace undertone
