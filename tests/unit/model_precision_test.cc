#include "harness/model/precision.h"

#include <gtest/gtest.h>

#include "harness/core/error.h"

namespace undertone {
namespace {

TEST(Precision, AutoTakesBFloat16OnlyWhereTheProcessorHasIt) {
  const CpuFeatures none{}, avx{true, false}, amx{false, true};
  EXPECT_EQ(choose_precision("auto", none).precision, Precision::float32);
  EXPECT_EQ(choose_precision("auto", none).reason, "float32: the processor has neither AVX512-BF16 nor AMX");
  EXPECT_EQ(choose_precision("auto", avx).precision, Precision::bfloat16);
  EXPECT_EQ(choose_precision("auto", avx).reason, "bfloat16: the processor has AVX512-BF16");
  EXPECT_EQ(choose_precision("auto", amx).reason, "bfloat16: the processor has AMX");
}

TEST(Precision, WhatIsAskedForIsTakenOrRefused) {
  EXPECT_EQ(choose_precision("float32", {true, true}).precision, Precision::float32);
  EXPECT_EQ(choose_precision("bfloat16", {true, false}).precision, Precision::bfloat16);
  for (const char* word : {"bfloat16", "float16", ""}) {
    try {
      choose_precision(word, {});
      FAIL() << word;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::suite);
      EXPECT_FALSE(e.mend().empty());
    }
  }
}

TEST(Precision, TheProbeAnswers) {
  const PrecisionChoice here = choose_precision("auto");
  EXPECT_EQ(here.reason.rfind(to_string(here.precision) + ": ", 0), 0u) << here.reason;
}

}  // namespace
}  // namespace undertone
