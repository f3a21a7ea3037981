// ggml's block-quantised types to float32, bit for bit as its reference implementation.
#pragma once

#include <cstddef>
#include <span>

#include "harness/weights/tensor_file.h"

namespace undertone {

// `blocks` holds whole blocks of the quantised type, `out` has their elements. Blocks follow one another in
// memory order, so any run of whole blocks (a row, a tensor) can be read alone. Other types or sizes throw
// Error{internal}.
void dequantise(DType type, std::span<const std::byte> blocks, std::span<float> out);

}  // namespace undertone
