// Any bytes: parse_ctranslate2 answers with tensors or with Error{weights}.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "harness/core/error.h"
#include "harness/weights/tensor_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  try {
    const ParsedTensors parsed = parse_ctranslate2({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
    for (const TensorView& t : parsed.tensors) {
      if (data_bytes(t.dtype, t.shape) != t.bytes.size()) std::abort();
      if (t.dtype <= DType::bf16) to_f32(t);
    }
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::weights) std::abort();
  }
  return 0;
}
