// `undertone` runs where no libtorch is: it links none, and a plan without a model stage ends with a report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "harness/core/json.h"
#include "tests/support/program.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kProgram = UNDERTONE_BINARY_DIR "/undertone";

TEST(TorchFree, LinksNeitherTorchNorGplLibraries) {
  const Ended e = run_program({"ldd", kProgram});
  ASSERT_EQ(e.code, 0) << e.str();
  ASSERT_THAT(e.out, HasSubstr("libc.so")) << "ldd told nothing";
  const std::regex unwanted("lib(torch|c10|caffe2|cuda|cudart|cupti|espeak|fftw|gsl)[^ ]*");
  std::smatch m;
  EXPECT_FALSE(std::regex_search(e.out, m, unwanted)) << m.str();
}

// The other program shows that the test above would notice.
TEST(TorchFree, ModelProgramIsSeenToLinkTorch) {
  const std::string model = UNDERTONE_BINARY_DIR "/undertone-model";
  if (!fs::exists(model)) GTEST_SKIP() << "built without libtorch";
  EXPECT_THAT(run_program({"ldd", model}).out, HasSubstr("libtorch_cpu.so"));
}

// The program alone in a folder: no undertone-model beside it, an empty cache, and libtorch's folder named
// nowhere.
TEST(TorchFree, RecordedSuiteRunsWithTheLibraryHidden) {
  TemporaryFolder folder;
  fs::create_directories(folder / "bin");
  fs::copy_file(kProgram, folder / "bin/undertone");
  write_recorded_suite(folder.path());
  ProgramOptions options;
  options.folder = folder.path();
  options.environment = {{"UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR}, {"UNDERTONE_CACHE", folder / "cache"},
                         {"UNDERTONE_STORE", std::nullopt},        {"UNDERTONE_LIBTORCH", std::nullopt},
                         {"LD_LIBRARY_PATH", std::nullopt},        {"HOME", folder.path()}};
  const Ended e = run_program({folder / "bin/undertone", "run", folder / "suite.json"}, options);
  ASSERT_EQ(e.code, 0) << e.str();
  const Json report = read_json_file(folder / "runs/two/report.json");
  double mean = -1;
  for (const Json& estimate : report.at("estimates").elements())
    if (estimate.at("tag").as_string() == "pqa/DE/judge:rubric/mean" &&
        estimate.get("system", "") == "theirs")
      mean = estimate.at("value").as_double();
  EXPECT_GT(mean, 0) << "one of two answers is right";
  EXPECT_LT(mean, 5) << "and one is wrong";

  // A stage that needs the model program says that it is missing, and what to do.
  write_recorded_suite(folder.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                       R"("rubric": {"kind": "rubric"}, "embedding": {"kind": "embedding"})");
  const Ended without = run_program({folder / "bin/undertone", "run", folder / "suite.json"}, options);
  EXPECT_EQ(without.code, 1) << without.str();
  EXPECT_THAT(without.err, HasSubstr("mend: run './undertone")) << without.str();
}

}  // namespace
}  // namespace undertone::test
