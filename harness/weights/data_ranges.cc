#include "harness/weights/data_ranges.h"

#include <fmt/format.h>
#include <algorithm>
#include <tuple>

#include "harness/core/error.h"

namespace undertone {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::weights, what, path, "the file is damaged: fetch it again, or convert it anew");
}

// Both stay below 2^63: positions in a file.
std::uint64_t padded(std::uint64_t at, std::uint64_t alignment) {
  return (at + alignment - 1) / alignment * alignment;
}

}  // namespace

std::vector<TensorView> tensors_that_fill(std::vector<RangedTensor> tensors, std::uint64_t data_bytes,
                                          std::uint64_t alignment, const std::string& path) {
  std::sort(tensors.begin(), tensors.end(), [](const RangedTensor& a, const RangedTensor& b) {
    return std::tie(a.begin, a.end, a.view.name) < std::tie(b.begin, b.end, b.view.name);
  });
  std::uint64_t at = 0;
  for (const RangedTensor& t : tensors) {
    if (t.begin < at)
      fail(path, fmt::format("tensor '{}': its data overlap another tensor's (begin {}, taken up to {})",
                             t.view.name, t.begin, at));
    if (t.begin > padded(at, alignment))
      fail(path, fmt::format("tensor '{}': {} bytes before its data belong to no tensor", t.view.name,
                             t.begin - at));
    at = t.end;
  }
  if (data_bytes > padded(at, alignment))
    fail(path, fmt::format("{} bytes at the end belong to no tensor", data_bytes - at));
  std::vector<TensorView> out;
  out.reserve(tensors.size());
  for (RangedTensor& t : tensors) out.push_back(std::move(t.view));
  std::sort(out.begin(), out.end(), [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  return out;
}

}  // namespace undertone
