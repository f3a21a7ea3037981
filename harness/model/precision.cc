#include "harness/model/precision.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "harness/core/error.h"

namespace undertone {

std::string to_string(Precision precision) {
  return precision == Precision::float32 ? "float32" : "bfloat16";
}

CpuFeatures cpu_features() {
  CpuFeatures out;
#if defined(__x86_64__)
  // Intel's manual, volume 2A, CPUID leaf 7: subleaf 0 EDX bit 22 AMX-BF16; subleaf 1 EAX bit 5 AVX512-BF16.
  // What the operating system does not save across threads does not count: leaf 1 ECX bit 27, then XCR0
  // (opmask and the upper registers 0xe6, tiles 0x60000).
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || ((c >> 27) & 1u) == 0) return out;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    const unsigned subleaves = a;
    out.amx_bf16 = ((d >> 22) & 1u) != 0 && (low & 0x60000u) == 0x60000u;
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
      out.avx512_bf16 = ((a >> 5) & 1u) != 0 && (low & 0xe6u) == 0xe6u;
  }
#endif
  return out;
}

PrecisionChoice choose_precision(const std::string& asked, const CpuFeatures& cpu) {
  const bool able = cpu.avx512_bf16 || cpu.amx_bf16;
  const std::string has = cpu.amx_bf16 ? "AMX" : "AVX512-BF16";
  if (asked == "float32") return {Precision::float32, "float32: asked for"};
  if (asked == "bfloat16") {
    if (!able)
      throw Error(ErrorKind::suite,
                  "bfloat16 is asked for, but the processor has neither AVX512-BF16 nor AMX", "",
                  "write \"auto\" or \"float32\": bfloat16 products would take about 180 times as long here");
    return {Precision::bfloat16, "bfloat16: asked for, the processor has " + has};
  }
  if (asked != "auto")
    throw Error(ErrorKind::suite, "the precision '" + asked + "' is not known", "",
                "write \"auto\", \"float32\" or \"bfloat16\"");
  if (able) return {Precision::bfloat16, "bfloat16: the processor has " + has};
  return {Precision::float32, "float32: the processor has neither AVX512-BF16 nor AMX"};
}

}  // namespace undertone
