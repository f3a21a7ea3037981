#include <fmt/format.h>
#include <bit>
#include <cmath>
#include <cstring>

#include "harness/core/error.h"
#include "harness/weights/quantised.h"

namespace undertone {
namespace {

template <class T>
T load(const std::byte* at) {
  T v;
  std::memcpy(&v, at, sizeof v);  // file data may be misaligned
  return v;
}

template <class T, class F>
void convert(const TensorView& t, std::span<float> out, F f) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(load<T>(t.bytes.data() + i * sizeof(T)));
}

}  // namespace

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t rest = bits & 0x7fffu;
  if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
  if (rest >= 0x0400u) return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
  // Zero and subnormals: rest x 2^-24 is exact in a float.
  const float magnitude = static_cast<float>(rest) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // rounds to 65536 or more
  if (magnitude <
      0x38800000u) {  // below 2^-14: subnormal; adding 0.5 lets the float unit round to multiples of 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
  }
  const std::uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<std::uint16_t>(sign | ((magnitude - (112u << 23) + 0xfffu + odd) >> 13));
}

float bfloat16_to_float(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

void to_f32(const TensorView& t, std::span<float> out) {
  if (static_cast<std::int64_t>(out.size()) != t.elements())
    throw Error(ErrorKind::internal,
                fmt::format("'{}' has {} elements, not {}", t.name, t.elements(), out.size()));
  if (out.empty()) return;  // memcpy from a null view is undefined
  switch (t.dtype) {
    case DType::f32:
      std::memcpy(out.data(), t.bytes.data(), out.size_bytes());
      return;
    case DType::f64:
      convert<double>(t, out, [](double v) { return static_cast<float>(v); });
      return;
    case DType::f16:
      convert<std::uint16_t>(t, out, half_to_float);
      return;
    case DType::bf16:
      convert<std::uint16_t>(t, out, bfloat16_to_float);
      return;
    default:
      if (is_quantised(t.dtype)) return dequantise(t.dtype, t.bytes, out);
      break;
  }
  throw Error(ErrorKind::weights,
              fmt::format("the tensor has type {}, where floating point is needed", to_string(t.dtype)),
              t.name, "use weights in float32, float16, bfloat16 or one of GGUF's quantised types");
}

std::vector<float> to_f32(const TensorView& t) {
  std::vector<float> out(static_cast<std::size_t>(t.elements()));
  to_f32(t, out);
  return out;
}

std::int64_t to_integer(const TensorView& t) {
  if (t.elements() == 1) {
    switch (t.dtype) {
      case DType::i64:
        return load<std::int64_t>(t.bytes.data());
      case DType::i32:
        return load<std::int32_t>(t.bytes.data());
      case DType::i16:
        return load<std::int16_t>(t.bytes.data());
      case DType::i8:
        return load<std::int8_t>(t.bytes.data());
      case DType::u8:
      case DType::boolean:
        return load<std::uint8_t>(t.bytes.data());
      default:
        break;
    }
  }
  throw Error(
      ErrorKind::weights,
      fmt::format("expected one integer, found {} elements of type {}", t.elements(), to_string(t.dtype)),
      t.name, "the file is of another architecture: name weights that fit the model");
}

}  // namespace undertone
