// Layouts: ggml's block_q8_0, block_q4_0, block_q4_1, block_q5_0, block_q4_K and block_q6_K (ggml-common.h).
// Scales are float16. A scale times small integers has at most 23 significant bits, so every product below is
// exact in float32 and the results do not depend on the order of multiplication, fused or not, except for the
// sign of zero: that order is ggml's.
#include "harness/weights/quantised.h"

#include <fmt/format.h>
#include <cstdint>
#include <cstring>

#include "harness/core/error.h"

namespace undertone {
namespace {

float half_at(const std::uint8_t* p) {
  std::uint16_t bits;
  std::memcpy(&bits, p, sizeof bits);
  return half_to_float(bits);
}

// f16 d; 32 signed bytes: y = d q.
void q8_0(const std::uint8_t* b, float* y) {
  const float d = half_at(b);
  for (int i = 0; i < 32; ++i) y[i] = d * static_cast<float>(static_cast<std::int8_t>(b[2 + i]));
}

// f16 d; 16 bytes, low nibbles first: y = d (q - 8).
void q4_0(const std::uint8_t* b, float* y) {
  const float d = half_at(b);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>((b[2 + i] & 15) - 8);
    y[i + 16] = d * static_cast<float>((b[2 + i] >> 4) - 8);
  }
}

// f16 d, f16 m; 16 bytes of nibbles: y = d q + m.
void q4_1(const std::uint8_t* b, float* y) {
  const float d = half_at(b), m = half_at(b + 2);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>(b[4 + i] & 15) + m;
    y[i + 16] = d * static_cast<float>(b[4 + i] >> 4) + m;
  }
}

// f16 d; u32 of fifth bits; 16 bytes of nibbles: y = d (q - 16).
void q5_0(const std::uint8_t* b, float* y) {
  const float d = half_at(b);
  std::uint32_t fifth;
  std::memcpy(&fifth, b + 2, sizeof fifth);
  for (int i = 0; i < 16; ++i) {
    const int low = (b[6 + i] & 15) | static_cast<int>(((fifth >> i) & 1u) << 4);
    const int high = (b[6 + i] >> 4) | static_cast<int>(((fifth >> (i + 16)) & 1u) << 4);
    y[i] = d * static_cast<float>(low - 16);
    y[i + 16] = d * static_cast<float>(high - 16);
  }
}

// f16 d, f16 dmin; 12 bytes: eight 6-bit scales s and eight 6-bit minima t; 128 bytes of nibbles. Sub-block k
// of 32: y = (d s_k) q - (dmin t_k); two sub-blocks share 32 bytes, low nibbles first.
void q4_k(const std::uint8_t* b, float* y) {
  const float d = half_at(b), dmin = half_at(b + 2);
  const std::uint8_t* packed = b + 4;
  const std::uint8_t* q = b + 16;
  for (int k = 0; k < 8; ++k) {
    // The first four have bytes k and k + 4 (6 bits); the upper two bits of those hold the top of the last
    // four.
    const int s = k < 4 ? packed[k] & 63 : (packed[k + 4] & 15) | (packed[k - 4] >> 6) << 4;
    const int t = k < 4 ? packed[k + 4] & 63 : packed[k + 4] >> 4 | (packed[k] >> 6) << 4;
    const float scale = d * static_cast<float>(s), low = dmin * static_cast<float>(t);
    const int shift = k % 2 * 4;
    for (int i = 0; i < 32; ++i)
      y[32 * k + i] = scale * static_cast<float>((q[32 * (k / 2) + i] >> shift) & 15) - low;
  }
}

// 128 bytes: low nibbles; 64 bytes: upper pairs of bits; 16 signed scales, one for 16 elements; f16 d:
// y = (d s) (q - 32). In each half of 128 elements, elements l, l + 32, l + 64, l + 96 share byte l of the
// pairs.
void q6_k(const std::uint8_t* b, float* y) {
  const float d = half_at(b + 208);
  for (int half = 0; half < 2; ++half) {
    const std::uint8_t* low = b + 64 * half;
    const std::uint8_t* pairs = b + 128 + 32 * half;
    const std::uint8_t* scales = b + 192 + 8 * half;
    for (int part = 0; part < 4; ++part) {
      const std::uint8_t* nibbles = low + 32 * (part % 2);
      const int shift = part / 2 * 4;
      for (int l = 0; l < 32; ++l) {
        const float scale = d * static_cast<float>(static_cast<std::int8_t>(scales[2 * part + l / 16]));
        const int q = ((nibbles[l] >> shift) & 15) | ((pairs[l] >> (2 * part)) & 3) << 4;
        y[128 * half + 32 * part + l] = scale * static_cast<float>(q - 32);
      }
    }
  }
}

template <void (*block)(const std::uint8_t*, float*)>
void each_block(DType type, std::span<const std::byte> blocks, std::span<float> out) {
  const std::size_t bytes = block_bytes(type), elements = static_cast<std::size_t>(block_elements(type));
  const auto* b = reinterpret_cast<const std::uint8_t*>(blocks.data());
  for (float* y = out.data(); y != out.data() + out.size(); y += elements, b += bytes) block(b, y);
}

}  // namespace

void dequantise(DType type, std::span<const std::byte> blocks, std::span<float> out) {
  const auto elements = static_cast<std::size_t>(block_elements(type));
  if (out.size() % elements != 0 || blocks.size() != out.size() / elements * block_bytes(type))
    throw Error(ErrorKind::internal, fmt::format("{} bytes of type {} do not hold {} elements", blocks.size(),
                                                 to_string(type), out.size()));
  switch (type) {
    case DType::q8_0:
      return each_block<q8_0>(type, blocks, out);
    case DType::q4_0:
      return each_block<q4_0>(type, blocks, out);
    case DType::q4_1:
      return each_block<q4_1>(type, blocks, out);
    case DType::q5_0:
      return each_block<q5_0>(type, blocks, out);
    case DType::q4_k:
      return each_block<q4_k>(type, blocks, out);
    case DType::q6_k:
      return each_block<q6_k>(type, blocks, out);
    default:
      throw Error(ErrorKind::internal, fmt::format("the type {} has no blocks", to_string(type)));
  }
}

}  // namespace undertone
