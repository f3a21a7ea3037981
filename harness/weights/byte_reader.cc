#include "harness/weights/byte_reader.h"

#include <fmt/format.h>

#include "harness/core/error.h"

namespace undertone {

std::span<const std::byte> ByteReader::take(std::uint64_t n, std::string_view what) {
  if (n > left()) fail(fmt::format("the file is truncated: it ends within {}", what));
  const auto out = bytes_.subspan(at_, n);
  at_ += n;
  return out;
}

void ByteReader::fail(const std::string& what, const std::string& mend) const {
  throw Error(ErrorKind::weights, place_.empty() ? what : fmt::format("{}: {}", place_, what), path_, mend);
}

}  // namespace undertone
