// The suites that ship are sound, and the published schema is the one that the readers generate.
#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/run/pipeline.h"
#include "harness/run/run.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::vector<std::string> overrides_for(const std::string& name) {
  if (name == "emodb") return {"datasets.emodb.root=somewhere"};
  if (name == "served") return {"systems.served.model=somebody"};
  if (name.starts_with("audiobench")) return {"datasets.logs.folder=somewhere"};
  return {};
}

TEST(ShippedSuites, AreSound) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_path("suites"))) {
    if (entry.path().extension() != ".json") continue;
    const SuiteResult result =
        read_suite(entry.path().string(), overrides_for(entry.path().stem().string()), suite_kinds());
    for (const Problem& p : result.problems) ADD_FAILURE() << p.str();
    ++seen;
  }
  EXPECT_GE(seen, 4);
}

// A small language model may stand beside the other judges, on a sample; no claim rests on it.
TEST(ShippedSuites, LanguageModelsAreNoPrimaryJudgesAndReadASample) {
  int judges = 0;
  for (const std::string name : {"demo", "smoke", "emodb", "replica"}) {
    const SuiteResult result =
        read_suite(test::source_path("suites/" + name + ".json"), overrides_for(name), suite_kinds());
    ASSERT_EQ(result.suites.size(), 1u) << name;
    for (const KindSpec& judge : result.suites[0].judges)
      if (judge.kind == "local") {
        EXPECT_NE(result.suites[0].primary_judge, judge.name) << name;
        EXPECT_GT(judge.fields.get("items", std::int64_t{0}), 0) << name;
        ++judges;
      }
  }
  EXPECT_EQ(judges, 2) << "demo and replica";
}

TEST(ShippedSuites, AJudgesConditionsAreThoseOfSystemsAndClaims) {
  const auto problems = [](const std::vector<std::string>& overrides) {
    std::string all;
    for (const Problem& p :
         read_suite(test::source_path("suites/demo.json"), overrides, suite_kinds()).problems)
      all += p.str() + "\n";
    return all;
  };
  EXPECT_EQ(problems({R"(judges.llm.conditions=["absent","gold"])"}), "");
  EXPECT_NE(
      problems({R"(judges.llm.conditions=["degraded"])"}).find("no system is tested under \"degraded\""),
      std::string::npos);
  EXPECT_NE(problems({R"(judges.llm.conditions=["absent","absent"])"}).find("stands twice"),
            std::string::npos);
  EXPECT_NE(problems({"primary_judge=llm"}).find("which the primary judge would not read"),
            std::string::npos);
}

// Variants are compared with each other: their adapters must have read as much, whatever their mixtures hold.
TEST(ShippedSuites, ArmsReadTheSameNumberOfTargetTokens) {
  int arms = 0;
  for (const std::string name : {"demo", "smoke", "emodb", "replica"}) {
    const SuiteResult result =
        read_suite(test::source_path("suites/" + name + ".json"), overrides_for(name), suite_kinds());
    ASSERT_EQ(result.suites.size(), 1u) << name;
    for (const SystemSpec& system : result.suites[0].systems) {
      if (system.kind != "variant") continue;
      const RecipeSpec& recipe = result.suites[0].recipes.at("adapter");
      EXPECT_GT(recipe.target_tokens, 0) << name << ": " << system.name;
      EXPECT_EQ(recipe.text_items, 0) << name << ": text-only items would add targets that are not counted";
      ++arms;
    }
  }
  EXPECT_GE(arms, 20);
}

TEST(ShippedSuites, EmodbAsksForItsFolder) {
  const SuiteResult result = read_suite(test::source_path("suites/emodb.json"), {}, suite_kinds());
  ASSERT_FALSE(result.problems.empty());
  EXPECT_NE(result.problems.front().str().find("root"), std::string::npos);
}

TEST(Schema, TheShippedFileIsWhatTheReadersGenerate) {
  const std::string path = test::source_path("suites/schema/suite.schema.json");
  const std::string generated = suite_schema(suite_kinds()).dump(1) + "\n";
  if (std::getenv("UNDERTONE_REGENERATE")) write_file_atomically(path, generated);
  EXPECT_EQ(read_file(path), generated) << "run this test once with UNDERTONE_REGENERATE=1";
}

}  // namespace
}  // namespace undertone
