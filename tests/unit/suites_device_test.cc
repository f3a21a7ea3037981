// Where a model computes: read, checked, and the CPU where nothing is said.
#include "suites/spec.h"
#include "tests/support/suite_kinds.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using ::testing::HasSubstr;

SuiteResult read(const std::vector<std::string>& overrides) {
  return read_suite(test::source_path("tests/golden/suites/good.json"), overrides, test::fake_suite_kinds());
}

TEST(SuiteDevice, IsTheCpuInFloat32UnlessSaid) {
  const SuiteResult r = read({});
  ASSERT_TRUE(r.problems.empty());
  EXPECT_EQ(r.suites[0].model.device, "cpu");
  EXPECT_EQ(r.suites[0].model.dtype, "float32");
}

TEST(SuiteDevice, NamesAGpu) {
  for (const std::string device : {"cuda", "cuda:0", "cuda:11"}) {
    const SuiteResult r = read({"model.device=" + device});
    ASSERT_TRUE(r.problems.empty()) << device << ": " << r.problems[0].str();
    EXPECT_EQ(r.suites[0].model.device, device);
  }
}

TEST(SuiteDevice, AnythingElseIsAProblem) {
  for (const std::string device : {"gpu", "cuda:", "cuda:one", "cuda:-1", "Cuda"}) {
    const SuiteResult r = read({"model.device=" + device});
    ASSERT_EQ(r.problems.size(), 1U) << device;
    EXPECT_EQ(r.problems[0].pointer, "/model/device");
    EXPECT_THAT(r.problems[0].what, HasSubstr("cuda:N"));
  }
  EXPECT_EQ(read({"model.dtype=float16"}).problems.size(), 1U);
}

}  // namespace
}  // namespace undertone
