// Between files of weights and torch tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "harness/weights/tensor_file.h"

namespace undertone {

// A float32 copy that owns its memory (the bytes of a file may be misaligned).
at::Tensor tensor_from(const TensorView& view);
// The view refers to the tensor's memory: contiguous, on the CPU, float32, float64 or int64, and alive as
// long as it.
TensorView view_of(const std::string& name, const at::Tensor& tensor);

}  // namespace undertone
