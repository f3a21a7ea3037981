// Devices by name: what is no device, and what is not there.
#include "harness/model/placement.h"

#include <ATen/ops/equal.h>

#include "harness/core/error.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

TEST(Placement, NamesOfDevices) {
  EXPECT_TRUE(device_from("cpu", "float32").is_cpu());
  for (const char* wrong : {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:0x", "cuda:1234", "cpu:0"}) {
    try {
      device_from(wrong, "float32");
      ADD_FAILURE() << wrong;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::suite) << wrong;
      EXPECT_THAT(e.mend(), HasSubstr("cuda:N"));
    }
  }
  EXPECT_THROW(device_from("cpu", "float16"), Error);
}

TEST(Placement, AMissingGpuIsAnErrorWithAMend) {
  if (why_no_cuda().empty()) GTEST_SKIP() << "this machine has a GPU";
  for (const char* device : {"cuda", "cuda:0", "cuda:3"}) {
    try {
      device_from(device, "float32");
      ADD_FAILURE() << device;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::model);
      EXPECT_THAT(e.what_happened(), HasSubstr(device));
      EXPECT_THAT(e.mend(), HasSubstr("model.device=cpu"));
    }
  }
}

TEST(Placement, MovingKeepsEveryValue) {
  SpeechLMConfig config;
  config.adapter = {"mlp", 2, {8, 8}, false, false, 1, 8, 32};
  config.decoder.vocabulary = 20;
  config.decoder.layers = 1;
  config.decoder.width = 32;
  config.decoder.heads = config.decoder.kv_heads = 2;
  config.decoder.head_width = 16;
  config.decoder.ff = 32;
  SpeechLM model = random_speech_lm(config, "placement"), moved = model;
  place(moved, at::kCPU);
  std::vector<at::Tensor> before;
  model.for_each_parameter([&](const std::string&, at::Tensor& value) { before.push_back(value); });
  std::size_t i = 0;
  moved.for_each_parameter([&](const std::string& name, at::Tensor& value) {
    EXPECT_TRUE(at::equal(value, before[i++])) << name;
  });
}

}  // namespace
}  // namespace undertone
