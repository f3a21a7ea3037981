// Any bytes: parse_safetensors answers with tensors or with Error{weights}; and what parses can be written
// and read back.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "harness/core/error.h"
#include "harness/weights/tensor_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const ParsedTensors parsed = parse_safetensors({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
    const std::string bytes = safetensors_bytes(parsed.tensors, parsed.metadata);
    const ParsedTensors again = parse_safetensors(std::as_bytes(std::span(bytes)), "again");
    if (again.tensors.size() != parsed.tensors.size() || again.metadata != parsed.metadata) std::abort();
    for (const TensorView& t : parsed.tensors)
      if (t.dtype <= DType::bf16) to_f32(t);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::weights) std::abort();
  }
  return 0;
}
