#include "harness/core/rater.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "harness/core/error.h"

namespace undertone {
namespace {

constexpr std::array<std::string_view, 5> kKinds = {"human", "judge", "metric", "trivial", "script"};

}  // namespace

std::string_view to_string(RaterKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

RaterKind rater_kind_from(std::string_view name) {
  const auto at = std::find(kKinds.begin(), kKinds.end(), name);
  if (at == kKinds.end())
    throw Error(ErrorKind::data, fmt::format("there is no kind of rater '{}'", name), "",
                fmt::format("use one of: {}", fmt::join(kKinds, ", ")));
  return static_cast<RaterKind>(at - kKinds.begin());
}

}  // namespace undertone
