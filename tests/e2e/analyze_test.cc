// analyze and power as a person calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "harness/core/files.h"
#include "harness/core/json.h"
#include "tests/e2e/workplace.h"
#include "tests/support/recorded_suite.h"

namespace undertone::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string scores() { return source_path("tests/golden/analysis/scores.csv"); }

TEST(CommandLine, AnalyzeSaysTheSameOnOneThreadAndTwo) {
  const Workplace place;
  const Ended one = place.run({"analyze", scores(), "--json", "--threads", "1", "--resamples", "1000"});
  const Ended two = place.run({"analyze", scores(), "--json", "--threads", "2", "--resamples", "1000"});
  EXPECT_EQ(one.code, 0) << one.str();
  EXPECT_EQ(one.out, two.out);
  const Json json = parse_json(one.out, "out");
  EXPECT_EQ(json.at("judges").size(), 2u);
  EXPECT_FALSE(fs::exists(place / "runs")) << "analyze needs no store";
}

TEST(CommandLine, AnalyzeChecksAndWritesAPage) {
  const Workplace place;
  const Ended check = place.run({"analyze", scores(), "--check"});
  EXPECT_EQ(check.code, 0) << check.str();
  EXPECT_THAT(check.out, AllOf(HasSubstr("What was understood"), HasSubstr("What this file supports")));
  const Ended page =
      place.run({"analyze", scores(), "--html", "page.html", "--baseline", "base", "--resamples", "500"});
  EXPECT_EQ(page.code, 0) << page.str();
  EXPECT_THAT(page.out, AllOf(HasSubstr("large − base"), HasSubstr("Again: undertone analyze"),
                              HasSubstr("--baseline base")));
  EXPECT_THAT(read_file(place / "page.html"), AllOf(HasSubstr("<!doctype html>"), HasSubstr("plot-means-1")));
}

TEST(CommandLine, AnalyzeNamesTheLineThatIsWrong) {
  const Workplace place;
  write_text(place / "s.csv", "system,item,score\nA,q1,3\nA,q2,NaN\n");
  Ended e = place.run({"analyze", "s.csv"});
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_EQ(e.out, "");
  EXPECT_THAT(e.err, AllOf(HasSubstr("s.csv:3: "), HasSubstr("not finite"), HasSubstr("mend: ")));
  e = place.run({"analyze", "s.csv", "--score", "scor"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err, HasSubstr("did you mean 'score'"));
  e = place.run({"analyze", "nothing.csv"});
  EXPECT_EQ(e.code, 1) << e.str();
  EXPECT_THAT(e.err, AllOf(HasSubstr("nothing.csv"), HasSubstr("mend: ")));
  e = place.run({"analyze", scores(), "--scale", "5,0"});
  EXPECT_EQ(e.code, 2) << e.str();
}

TEST(CommandLine, PowerAssumesOnlyWhatIsSaid) {
  const Workplace place;
  write_recorded_suite(place.path(), R"("ours": {"kind": "recorded", "path": "answers.jsonl"},
    "theirs": {"kind": "recorded", "path": "answers.jsonl"})");
  Ended e = place.run({"power", "suite.json", "--effect", "0.2"});
  EXPECT_EQ(e.code, 2) << e.str();
  EXPECT_THAT(e.err,
              AllOf(HasSubstr("no pilot for 'two'"), HasSubstr("--sd-speaker"), HasSubstr("--speakers")));
  e = place.run({"power", "suite.json", "--effect", "0.2", "--sd-speaker", "0.5", "--sd-question", "1",
                 "--speakers", "40", "--questions", "3", "--json"});
  EXPECT_EQ(e.code, 0) << e.str();
  const Json json = parse_json(e.out, "out");
  EXPECT_THAT(json.at("pilot").as_string(), HasSubstr("everything is assumed"));
  EXPECT_EQ(json.at("assumed").size(), 4u);
  const Json& c = json.at("contrasts").elements().at(0);
  // 0.25/40 + 1/120.
  EXPECT_NEAR(c.at("standard_error").as_double(), std::sqrt(0.25 / 40 + 1.0 / 120), 1e-12);
  EXPECT_GT(c.at("smallest").as_double(), 0.3);
  EXPECT_GT(c.at("needed").at("speakers").as_int(), 40);
  EXPECT_TRUE(c.at("needed").at("questions").is_null());  // what speakers leave is too much
}

TEST(CommandLine, PowerReadsTheResultsOfASuite) {
  const Workplace place;
  std::string questions, ours, theirs;
  for (int i = 0; i < 30; ++i) {
    const std::string id = "q" + std::to_string(i);
    questions += question_line(id, i % 2 ? "angry" : "sad");
    ours += answer_line(id, i % 3 ? (i % 2 ? "angry" : "sad") : "happy");
    theirs += answer_line(id, i % 5 ? "happy" : (i % 2 ? "angry" : "sad"));
  }
  write_recorded_suite(place.path(), R"("ours": {"kind": "recorded", "path": "ours.jsonl"},
    "theirs": {"kind": "recorded", "path": "theirs.jsonl"})");
  write_text(place / "corpus/questions.jsonl", questions);
  write_text(place / "ours.jsonl", ours);
  write_text(place / "theirs.jsonl", theirs);
  ASSERT_EQ(place.run({"run", "suite.json", "--quiet"}).code, 0);
  for (const std::vector<std::string>& pilot : {std::vector<std::string>{}, {"--pilot", "runs/two"}}) {
    std::vector<std::string> command{"power", "suite.json", "--effect", "0.5", "--json"};
    command.insert(command.end(), pilot.begin(), pilot.end());
    const Ended e = place.run(command);
    ASSERT_EQ(e.code, 0) << e.str();
    const Json json = parse_json(e.out, "out"), &c = json.at("contrasts").elements().at(0);
    EXPECT_EQ(c.at("design").at("speakers").as_int(), 30);
    EXPECT_GT(c.at("smallest").as_double(), 0);
    // One question a unit and one seed: the components say what the pilot's own estimate says.
    EXPECT_NEAR(c.at("standard_error").as_double(), c.at("pilot_standard_error").as_double(), 1e-9);
    EXPECT_EQ(json.at("assumed").size(), 0u);
  }
}

}  // namespace
}  // namespace undertone::test
