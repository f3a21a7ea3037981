// Every problem of a suite, as a person reads it. UNDERTONE_REGENERATE=1 writes the expected texts anew.
#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>

#include "harness/core/files.h"
#include "suites/spec.h"
#include "tests/support/suite_kinds.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::string golden(const std::string& name) { return test::source_path("tests/golden/suites/" + name); }

std::string listing(const std::string& name, const std::vector<std::string>& overrides = {}) {
  // Paths stay as the suites name them, so that the texts are the same on every machine.
  const SuiteLoader load = [](const std::string& path) { return read_file(golden(path)); };
  std::string out;
  for (const Problem& p : read_suite(name, overrides, test::fake_suite_kinds(), load).problems)
    out += p.str() + "\n";
  const std::string root = golden("");
  for (std::size_t at; (at = out.find(root)) != std::string::npos;) out.erase(at, root.size());
  return out;
}

class SuiteProblems : public testing::TestWithParam<std::string> {};

TEST_P(SuiteProblems, AreListedAllAtOnce) {
  const std::string found = listing(GetParam() + ".json"), expected = golden(GetParam() + ".txt");
  if (std::getenv("UNDERTONE_REGENERATE")) write_file_atomically(expected, found);
  EXPECT_EQ(found, read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Golden, SuiteProblems,
                         testing::Values("good", "unknown_keys", "wrong_values", "contradictions",
                                         "primary_judge", "cycle_a", "missing_parent", "broken_parent",
                                         "broken", "empty_matrix", "no_object", "bare"),
                         [](const auto& one) { return one.param; });

TEST(SuiteProblemsOfOverrides, NameTheOverride) {
  EXPECT_EQ(
      listing("good.json", {"statistics.level=2", "extends=x.json", "no equals sign", "name.x=1",
                            "claims.7.margin=1", "sistems.x=1"}),
      "override claims.7.margin=1: /claims/7/margin: \"7\" is no index of this array of 2\n"
      "override extends=x.json: /extends: \"extends\" cannot be overridden; write a suite that extends this "
      "one\n"
      "override name.x=1: /name/x: \"x\" cannot be set inside a string\n"
      "override no equals sign: /: an override is written a.b=c\n"
      "override sistems.x=1: /sistems: unknown key \"sistems\" (did you mean 'systems'?)\n"
      "override statistics.level=2: /statistics/level: 2 is out of range: expected from 0.5 to 0.9999\n");
}

}  // namespace
}  // namespace undertone
