// The tree keeps its walls, and the checker sees every kind of breach (on a tree made for it).
#include "tests/architecture/walls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeTree {
 public:
  void write(const std::string& file, const std::string& text) {
    fs::create_directories(fs::path(folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  std::vector<std::string> found() const {
    std::vector<std::string> out;
    for (const Breach& b : breaches(folder_.path())) out.push_back(b.str());
    return out;
  }

 private:
  TemporaryFolder folder_;
};

TEST(Walls, TreeKeepsThem) {
  std::string all;
  for (const Breach& b : breaches(UNDERTONE_SOURCE_DIR)) all += b.str() + "\n";
  EXPECT_EQ(all, "");
  EXPECT_GT(headers(UNDERTONE_SOURCE_DIR).size(), 60u) << "the checker looked into the wrong folder";
}

TEST(Walls, SoundTreeHasNoBreach) {
  FakeTree tree;
  tree.write("harness/core/json.h", "#include <string>\n");
  tree.write("harness/core/json.cc", "#include \"harness/core/json.h\"\n#include <nlohmann/json.hpp>\n");
  tree.write("harness/store/store.h", "#include \"harness/core/json.h\"\n");
  tree.write("reports/report.cc", "#include \"harness/store/store.h\"\n");
  tree.write("harness/model/blocks.h", "#include <ATen/ATen.h>\n#include \"harness/core/json.h\"\n");
  tree.write("harness/run/worker/train.cc", "#include \"harness/model/blocks.h\"\n");
  EXPECT_THAT(tree.found(), IsEmpty());
}

TEST(Walls, LowerPartMustNotSeeHigherOne) {
  FakeTree tree;
  tree.write("harness/store/store.h", "");
  tree.write("harness/text/prompt.cc",
             "// why\n  #  include \"harness/store/store.h\"  // for no good reason\n");
  EXPECT_THAT(
      tree.found(),
      ElementsAre(
          "harness/text/prompt.cc:2: \"harness/store/store.h\": harness/text may include harness/core"));
}

TEST(Walls, NeighboursMustNotSeeEachOther) {
  FakeTree tree;
  tree.write("judges/judge.h", "");
  tree.write("harness/train/trainer.h", "");
  tree.write("harness/model/blocks.h", "");
  tree.write("harness/run/graph.h", "");
  tree.write("metrics/evaluate.cc", "#include \"judges/judge.h\"\n");
  tree.write("harness/answer/answerer.cc", "#include \"harness/train/trainer.h\"\n");
  tree.write("harness/run/stages.cc", "#include \"harness/model/blocks.h\"\n");
  tree.write("harness/run/worker/main.cc", "#include \"harness/run/graph.h\"\n");
  const auto found = tree.found();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_THAT(found[0], HasSubstr("harness/answer/answerer.cc:1: "));
  EXPECT_THAT(found[1], HasSubstr("harness/run/stages.cc:1: "));
  EXPECT_THAT(found[2], HasSubstr("harness/run/worker/main.cc:1: "));
  EXPECT_THAT(found[3], HasSubstr("metrics/evaluate.cc:1: "));
}

TEST(Walls, TorchStaysOnItsSide) {
  FakeTree tree;
  tree.write("judges/local.cc", "#include <torch/nn.h>\n");
  tree.write("harness/core/random.h", "#include <c10/util/Half.h>\n");
  EXPECT_THAT(
      tree.found(),
      ElementsAre(HasSubstr("harness/core/random.h:1: <c10/util/Half.h>: torch stays in harness/annotate"),
                  HasSubstr("judges/local.cc:1: <torch/nn.h>: torch stays in harness/annotate")));
}

TEST(Walls, HeavyHeadersStayInSources) {
  FakeTree tree;
  for (const char* heavy : {"nlohmann/json.hpp", "Eigen/Dense", "eigen3/unsupported/Eigen/FFT",
                            "boost/process.hpp", "CLI/CLI.hpp", "curl/curl.h"}) {
    tree.write("metrics/bad.h", std::string("#include <") + heavy + ">\n");
    tree.write("metrics/good.cc", std::string("#include <") + heavy + ">\n");
    EXPECT_THAT(tree.found(), ElementsAre(HasSubstr("metrics/bad.h:1: "))) << heavy;
  }
}

TEST(Walls, GplCodeStaysInTheSynthesiser) {
  FakeTree tree;
  tree.write("datasets/synthetic.cc", "#include <espeak-ng/speak_lib.h>\n");
  tree.write("datasets/synth/engine.cc", "#include <espeak-ng/speak_lib.h>\n");
  EXPECT_THAT(tree.found(), ElementsAre(HasSubstr("datasets/synthetic.cc:1: ")));
}

TEST(Walls, NamesFromTheRootInQuotes) {
  FakeTree tree;
  tree.write("judges/judge.h", "");
  tree.write("judges/local.cc",
             "#include \"judge.h\"\n#include <judges/judge.h>\n#include \"tests/support/x.h\"\n");
  tree.write("tests/support/x.h", "");
  EXPECT_THAT(tree.found(),
              ElementsAre(HasSubstr("local.cc:1: \"judge.h\": own headers are named from the root"),
                          HasSubstr("local.cc:2: <judges/judge.h>: own headers are included in quotes"),
                          HasSubstr("local.cc:3: \"tests/support/x.h\": the program includes only")));
}

TEST(Walls, FolderWithoutRuleIsABreach) {
  FakeTree tree;
  tree.write("harness/magic/wand.cc", "#include <vector>\n");
  EXPECT_THAT(tree.found(), ElementsAre(HasSubstr("harness/magic/wand.cc:1: ")));
}

// The layout that the issue asks for: nothing else at the top but hidden files and what the build leaves.
TEST(Walls, TopLevelIsWhatWasAskedFor) {
  const std::set<std::string> asked{
      "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "datasets",  "harness", "judges",
      "metrics",        "reports",           "suites",  "tests",     "undertone", "build",   "runs"};
  for (const auto& entry : fs::directory_iterator(UNDERTONE_SOURCE_DIR)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.front() == '.' || asked.count(name)) << name << " does not belong at the top";
  }
}

}  // namespace
}  // namespace undertone::test
