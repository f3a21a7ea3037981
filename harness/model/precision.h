// In which type the large matrices of a pretrained decoder are kept and multiplied. Everything else (the
// residual stream, norms, attention, the embedding that is looked up) is float32.
#pragma once

#include <string>

namespace undertone {

// float32 where the processor has no bfloat16 products: there torch falls back to a loop that was measured
// 180 times slower than the float32 product.
enum class Precision { float32, bfloat16 };
std::string to_string(Precision);

struct CpuFeatures {
  bool avx512_bf16 = false, amx_bf16 = false;
};
CpuFeatures cpu_features();  // of this processor, by CPUID; none on other architectures

struct PrecisionChoice {
  Precision precision = Precision::float32;
  std::string reason;  // recorded in manifests: "float32: the processor has neither AVX512-BF16 nor AMX"
};
// `asked` is "auto", "float32" or "bfloat16"; throws Error{suite} for another word, and for bfloat16 on a
// processor without it.
PrecisionChoice choose_precision(const std::string& asked, const CpuFeatures& cpu = cpu_features());

}  // namespace undertone
