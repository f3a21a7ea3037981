#include <gtest/gtest.h>
#include <cstdlib>
#include <functional>

#include "harness/core/files.h"
#include "suites/spec.h"
#include "tests/support/suite_kinds.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

Json schema() { return suite_schema(test::fake_suite_kinds()); }

// The bytes are committed, so that a change of the reader is seen in review. UNDERTONE_REGENERATE=1 writes
// them anew.
TEST(SuiteSchema, EqualsTheCommittedOne) {
  const std::string path = test::source_path("tests/golden/suites/fake_kinds.schema.json");
  const std::string generated = schema().dump(2) + "\n";
  if (std::getenv("UNDERTONE_REGENERATE")) write_file_atomically(path, generated);
  EXPECT_EQ(generated, read_file(path));
}

TEST(SuiteSchema, HasEveryTopLevelKeyAndTheKinds) {
  const Json s = schema();
  for (const char* key :
       {"name", "description", "seeds", "datasets", "model", "recipes", "recogniser", "systems", "judges",
        "primary_judge", "metrics", "statistics", "claims", "evaluation", "runtime", "extends", "matrix"})
    EXPECT_TRUE(s.at("properties").find(key)) << key;
  const Json& datasets = s.at("properties").at("datasets").at("additionalProperties").at("oneOf");
  ASSERT_EQ(datasets.size(), 2U);
  EXPECT_EQ(datasets.elements()[1].at("required").dump(), R"(["kind","root"])");
  EXPECT_EQ(datasets.elements()[1].at("properties").at("kind").at("enum").dump(), R"(["folder"])");
  EXPECT_FALSE(s.at("additionalProperties").as_bool());
}

TEST(SuiteSchema, EveryFieldIsDocumented) {
  const std::function<void(const Json&, const std::string&)> walk = [&](const Json& v,
                                                                        const std::string& at) {
    if (!v.is_object()) return;
    if (const Json* properties = v.find("properties"))
      for (const auto& [key, field] : properties->members()) {
        EXPECT_NE(field.get("description", ""), "") << at << "/" << key;
        walk(field, at + "/" + key);
      }
    for (const char* inner : {"items", "additionalProperties"})
      if (const Json* i = v.find(inner)) walk(*i, at + "/" + inner);
  };
  walk(schema(), "");
}

}  // namespace
}  // namespace undertone
