// Any bytes: parse_gguf answers with metadata and tensors that can be read, or with Error{weights}.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "harness/core/error.h"
#include "harness/weights/gguf.h"

namespace {

template <class F>
void may_refuse(F f) {
  try {
    f();
  } catch (const undertone::Error& e) {
    if (e.kind() != undertone::ErrorKind::weights) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace undertone;
  may_refuse([&] {
    GgufMetadata m;
    const ParsedTensors parsed = parse_gguf({reinterpret_cast<const std::byte*>(data), size}, "fuzz", m);
    for (const auto& [key, value] : m.values) {
      may_refuse([&, &k = key] { m.integer(k); });
      may_refuse([&, &k = key] { m.number(k); });
      may_refuse([&, &k = key] { m.numbers(k); });
      may_refuse([&, &k = key] { m.texts(k); });
    }
    for (const TensorView& t : parsed.tensors) {
      if (data_bytes(t.dtype, t.shape) != t.bytes.size()) std::abort();
      if (t.dtype <= DType::bf16 || is_quantised(t.dtype)) to_f32(t);
    }
  });
  return 0;
}
