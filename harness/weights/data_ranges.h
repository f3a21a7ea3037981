// Where the tensors of a file lie in its data section, and whether that can be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/weights/tensor_file.h"

namespace undertone {

struct RangedTensor {
  TensorView view;                   // bytes set by whoever knows the data section
  std::uint64_t begin = 0, end = 0;  // in the data section
};

// Demands that the tensors, in any order, fill `data_bytes` without overlap and without a hole other than the
// padding that brings each to a multiple of `alignment` (1: no padding; the end may be padded as well). Gives
// back the views sorted by name. Throws Error{weights} naming file and tensor. Every range must lie inside
// the data already.
std::vector<TensorView> tensors_that_fill(std::vector<RangedTensor> tensors, std::uint64_t data_bytes,
                                          std::uint64_t alignment, const std::string& path);

}  // namespace undertone
