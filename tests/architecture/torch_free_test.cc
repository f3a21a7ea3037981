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
  UNDERTONE_NEED(fs::exists(model), "built without libtorch");
  EXPECT_THAT(run_program({"ldd", model}).out, HasSubstr("libtorch_cpu.so"));
}

// --help of every verb opens nothing: it works where no libtorch, no undertone-model, no tree, no cache and
// no store is, the store's name being that of a file that cannot be one; and it leaves nothing behind.
TEST(TorchFree, HelpOpensNeitherTheLibraryNorTheStore) {
  TemporaryFolder folder;
  fs::create_directories(folder / "bin");
  fs::copy_file(kProgram, folder / "bin/undertone");
  write_text(folder / "store", "no store");
  ProgramOptions options;
  options.folder = folder.path();
  options.environment = {{"UNDERTONE_ROOT", folder / "nowhere"}, {"UNDERTONE_CACHE", folder / "nowhere"},
                         {"UNDERTONE_STORE", folder / "store"},  {"UNDERTONE_LIBTORCH", std::nullopt},
                         {"LD_LIBRARY_PATH", std::nullopt},      {"HOME", folder / "nowhere"},
                         {"XDG_CACHE_HOME", std::nullopt}};
  const auto help = [&](std::vector<std::string> verb) {
    verb.insert(verb.begin(), folder / "bin/undertone");
    verb.push_back("--help");
    const Ended e = run_program(verb, options);
    EXPECT_EQ(e.code, 0) << e.str();
    EXPECT_EQ(e.err, "");
    return e.out;
  };
  const std::string all = help({});
  for (const char* verb : {"run", "plan", "validate", "measure", "rerun", "runs", "store", "list"}) {
    EXPECT_THAT(all, HasSubstr("\n  " + std::string(verb) + " "));
    EXPECT_THAT(help({verb}), HasSubstr("Usage: undertone " + std::string(verb)));
  }
  EXPECT_THAT(help({"store", "gc"}), HasSubstr("--dry-run"));
  // With the same surroundings a verb that needs the store says so: the test would notice.
  const Ended list = run_program({folder / "bin/undertone", "runs", "list"}, options);
  EXPECT_EQ(list.code, 1) << list.str();
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::recursive_directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 3u) << "bin, bin/undertone and the file 'store'";
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
