#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "suites/resolve.h"
#include "suites/spec.h"
#include "tests/support/suite_kinds.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::string good() { return test::source_path("tests/golden/suites/good.json"); }

SuiteResult read(const std::string& path, const std::vector<std::string>& overrides = {}) {
  return read_suite(path, overrides, test::fake_suite_kinds());
}

// Suites in memory, by path.
SuiteResult read_from(const std::map<std::string, std::string>& files,
                      const std::vector<std::string>& overrides = {}) {
  const SuiteLoader load = [&](const std::string& path) -> std::string {
    const auto f = files.find(path);
    if (f == files.end()) throw Error(ErrorKind::io, "cannot open", path);
    return f->second;
  };
  return read_suite("a.json", overrides, test::fake_suite_kinds(), load);
}

std::string all(const SuiteResult& r) {
  std::string out;
  for (const Problem& p : r.problems) out += p.str() + "\n";
  return out;
}

TEST(Suite, ReadsEveryPart) {
  const SuiteResult r = read(good());
  ASSERT_EQ(all(r), "");
  ASSERT_EQ(r.suites.size(), 1U);
  const SuiteSpec& s = r.suites[0];
  EXPECT_EQ(s.name, "good");
  EXPECT_EQ(s.file, good());
  EXPECT_EQ(s.seeds, (std::vector<int>{1, 2}));
  ASSERT_EQ(s.datasets.size(), 1U);
  EXPECT_EQ(s.datasets[0].name, "speech");
  EXPECT_EQ(s.datasets[0].kind, "synthetic");
  EXPECT_EQ(s.datasets[0].fields.dump(), R"({"clips":200})") << "without \"kind\"";
  EXPECT_EQ(s.model.decoder.at("random").at("width").as_int(), 64);
  EXPECT_EQ(s.recipes.at("base").steps, 10);
  EXPECT_EQ(s.recipes.at("base").batch_items, 32) << "a default";
  EXPECT_EQ(s.recipes.at("base").mixture.at("pqa"), 2);
  EXPECT_EQ(s.recogniser.at("folds").as_int(), 5);
  ASSERT_EQ(s.systems.size(), 3U);
  EXPECT_EQ(s.systems[1].name, "S30");
  EXPECT_EQ(s.systems[1].pools.size(), 4U);
  EXPECT_EQ(s.systems[1].seeds, std::vector<int>{7});
  EXPECT_TRUE(s.systems[0].seeds.empty());
  EXPECT_EQ(s.statistics.resamples, 500);
  EXPECT_EQ(s.statistics.method, "percentile");
  EXPECT_EQ(s.metrics, std::vector<std::string>{"accuracy"});
  ASSERT_EQ(s.claims.size(), 2U);
  EXPECT_EQ(s.claims[0].margin, 0.2);
}

TEST(Suite, FillsWhatFollowsFromTheRest) {
  const SuiteSpec s = read(good()).suites.at(0);
  EXPECT_EQ(s.primary_judge, "rubric") << "the only judge";
  EXPECT_EQ(s.evaluation.get("dataset", ""), "speech") << "the only dataset";
  EXPECT_EQ(s.evaluation.get("split", ""), "test");
  EXPECT_EQ(s.runtime.get("threads", 0), 1);
  EXPECT_EQ(s.claims[1].baseline_condition, "absent") << "the only condition of its baseline";
}

TEST(Suite, ExtendsMergesMemberByMember) {
  const SuiteResult r = read_from(
      {{"a.json",
        R"({"extends": "sub/b.json", "name": "a", "seeds": [9], "systems": {"x": null, "y": {"summary": "mine"}}})"},
       {"sub/b.json",
        R"({"extends": "../c.json", "name": "b", "systems": {"x": {"kind": "majority"}, "y": {"kind": "majority"}}})"},
       {"c.json",
        R"({"name": "c", "seeds": [1, 2, 3], "datasets": {"d": {"kind": "folder", "root": "r"}}})"}});
  ASSERT_EQ(all(r), "");
  const SuiteSpec& s = r.suites.at(0);
  EXPECT_EQ(s.seeds, std::vector<int>{9}) << "arrays replace";
  ASSERT_EQ(s.systems.size(), 1U) << "null removes";
  EXPECT_EQ(s.systems[0].summary, "mine");
  EXPECT_EQ(s.systems[0].kind, "majority") << "objects merge";
  EXPECT_EQ(s.resolved.find("extends"), nullptr);
  EXPECT_EQ(s.resolved.at("systems").at("y").at("kind").place().file, "sub/b.json")
      << "each value keeps the file that it came from";
  EXPECT_EQ(s.resolved.at("systems").at("y").at("summary").place().file, "a.json");
  EXPECT_EQ(s.resolved.at("datasets").at("d").at("root").place().str(), "c.json:1:80");
}

TEST(Suite, ExtendsAnAbsolutePath) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "s.json", R"({"extends": ")" + good() + R"(", "name": "s"})");
  const SuiteResult r = read(folder / "s.json");
  EXPECT_EQ(all(r), "");
  EXPECT_EQ(r.suites.at(0).systems.size(), 3U);
}

TEST(Suite, AKindThatChangesReplacesItsFields) {
  const Json under = parse_json(
      R"({"datasets": {"d": {"kind": "synthetic", "clips": 3}}, "model": {"adapter": {"kind": "mlp", "stack": 5}}})",
      "u");
  const Json over = parse_json(
      R"({"datasets": {"d": {"kind": "folder", "root": "r"}}, "model": {"adapter": {"kind": "gated"}}})",
      "o");
  EXPECT_EQ(
      merge_suites(under, over).dump(),
      R"({"datasets":{"d":{"kind":"folder","root":"r"}},"model":{"adapter":{"kind":"gated","stack":5}}})");
}

TEST(Suite, OverridesAreJsonOrElseText) {
  const SuiteResult r = read(good(), {"statistics.level=0.99", "seeds=[4]", "description=in two words",
                                      "systems.S10.seeds=[5]", "datasets.speech.clips=7", "claims.0.margin=1",
                                      "runtime.workers=4", "recipes.text=null", "name=a=b"});
  EXPECT_EQ(all(r),
            "override name=a=b: /name: a name is made of letters, digits, '.', '-' and '_' and does not "
            "begin with '.': it names a folder\n");
  const SuiteSpec& s = r.suites.at(0);
  EXPECT_EQ(s.statistics.level, 0.99);
  EXPECT_EQ(s.seeds, std::vector<int>{4});
  EXPECT_EQ(s.description, "in two words");
  EXPECT_EQ(s.systems[0].seeds, std::vector<int>{5});
  EXPECT_EQ(s.datasets[0].fields.at("clips").as_int(), 7);
  EXPECT_EQ(s.claims[0].margin, 1);
  EXPECT_EQ(s.runtime.get("workers", 0), 4) << "objects are made on the way";
  EXPECT_FALSE(s.recipes.contains("text")) << "null removes";
  EXPECT_EQ(s.resolved.at("statistics").at("level").place().str(), "override statistics.level=0.99");
}

TEST(Suite, MatrixIsTheCrossProduct) {
  const std::map<std::string, std::string> files{
      {"a.json",
       R"({"name": "a", "systems": {"m": {"kind": "majority"}}, "datasets": {"d": {"kind": "synthetic"}},
          "matrix": {"datasets.d.clips": [10, 20], "seeds": [[1], [2, 3], [4]], "description": ["one word"]}})"}};
  const SuiteResult r = read_from(files);
  ASSERT_EQ(all(r), "");
  std::vector<std::string> names;
  for (const SuiteSpec& s : r.suites) names.push_back(s.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a-10-1-one_word", "a-10-2-one_word", "a-10-3-one_word",
                                             "a-20-1-one_word", "a-20-2-one_word", "a-20-3-one_word"}));
  EXPECT_EQ(r.suites[4].datasets[0].fields.at("clips").as_int(), 20);
  EXPECT_EQ(r.suites[4].seeds, (std::vector<int>{2, 3}));
  EXPECT_EQ(r.suites[4].resolved.find("matrix"), nullptr);
  EXPECT_EQ(r.suites[4].resolved.at("seeds").place().file, "a.json");
  const SuiteResult pinned = read_from(files, {"seeds=[8]"});
  ASSERT_EQ(all(pinned), "");
  ASSERT_EQ(pinned.suites.size(), 2U) << "an override of an axis pins it";
  EXPECT_EQ(pinned.suites[1].seeds, std::vector<int>{8});
}

TEST(Suite, MatrixThatIsTooLarge) {
  std::string values = "0";
  for (int i = 1; i < 100; ++i) values.append(",").append(std::to_string(i));
  const SuiteResult r = read_from(
      {{"a.json",
        R"({"name": "a", "systems": {"m": {"kind": "majority"}}, "datasets": {"d": {"kind": "synthetic"}},
      "matrix": {"statistics.seed": [)" +
            values + R"(], "runtime.workers": [)" + values + "]}}"}});
  EXPECT_NE(all(r).find("the matrix makes more than 256 suites"), std::string::npos);
}

TEST(Suite, ProblemOfEverySuiteOfAMatrixIsToldOnce) {
  const SuiteResult r = read_from(
      {{"a.json",
        R"({"name": "a", "systems": {"m": {"kind": "majority"}}, "datasets": {"d": {"kind": "synthetic"}},
      "sedes": 1, "matrix": {"statistics.seed": [1, 2, 3]}})"}});
  EXPECT_EQ(r.problems.size(), 1U) << all(r);
}

TEST(Suite, RecordedPathsAreRelativeToTheirFile) {
  const std::string suite =
      R"({"name": "a", "systems": {"r": {"kind": "recorded", "path": "x/answers.jsonl"}}})";
  const SuiteResult r = read_from({{"a.json", R"({"extends": "sub/b.json"})"}, {"sub/b.json", suite}});
  ASSERT_EQ(all(r), "");
  EXPECT_EQ(r.suites[0].systems[0].path, "sub/x/answers.jsonl");
  EXPECT_EQ(read_from({{"a.json", suite}}, {"systems.r.path=mine.jsonl"}).suites[0].systems[0].path,
            "mine.jsonl")
      << "relative to the working directory";
}

TEST(Suite, RecordedAnswersComeFromOnePlace) {
  const auto with = [](const std::string& fields) {
    return all(
        read_from({{"a.json", R"({"name": "a", "systems": {"r": {"kind": "recorded")" + fields + "}}}"}}));
  };
  EXPECT_EQ(with(R"(, "path": "x")"), "");
  EXPECT_EQ(with(R"(, "model": "qwen")"), "");
  EXPECT_NE(with("").find("/systems/r: "), std::string::npos);
  EXPECT_NE(with(R"(, "path": "x", "model": "qwen")").find("/systems/r: "), std::string::npos);
}

// The reader must answer whatever stands where: every key replaced by every type.
TEST(Suite, AnyTypeAnywhereIsAProblemNotACrash) {
  const Json whole = read_json_file(good(), {.comments = true});
  const std::vector<std::string> values{"null", "true", "-1", "1.5",    "\"x\"",
                                        "[]",   "[[]]", "{}", "[null]", "{\"x\": {}}"};
  for (const auto& [key, old] : whole.members()) {
    std::vector<std::string> paths{key};
    if (old.is_object())
      for (const auto& [inner, v] : old.members()) {
        paths.push_back(key + "." + inner);
        if (v.is_object())
          for (const auto& [third, w] : v.members()) paths.push_back(key + "." + inner + "." + third);
      }
    for (const std::string& path : paths)
      for (const std::string& value : values)
        EXPECT_NO_THROW(read(good(), {path + "=" + value})) << path << "=" << value;
  }
}

TEST(FindSuite, ByNameOrPath) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "demo.json", "{}");
  write_file_atomically(folder / "smoke.json", "{}");
  EXPECT_EQ(find_suite("demo", folder.path()), folder / "demo.json");
  EXPECT_EQ(find_suite(folder / "smoke.json", "elsewhere"), folder / "smoke.json");
  try {
    find_suite("dmeo", folder.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(), "there is no suite named 'dmeo' (did you mean 'demo'?)");
    EXPECT_EQ(e.mend(), "name one of: demo, smoke; or give the path of a suite file");
    EXPECT_EQ(e.exit_code(), ExitCode::usage);
  }
  EXPECT_THROW(find_suite("none/x.json", folder.path()), Error);
  EXPECT_THROW(find_suite("", folder.path()), Error);
}

}  // namespace
}  // namespace undertone
