// People as a judge: means of persons' ratings, and nobody else's.
#include "judges/human.h"

#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::string line(const char* rater, const char* kind, double rating) {
  return Json::object({{"question", "q1"},
                       {"answer", "sad"},
                       {"rater", rater},
                       {"rater_kind", kind},
                       {"rating", rating}})
             .dump() +
         "\n";
}

const Scale kGrades{Scale::Kind::discrete_0_5};

TEST(HumanJudge, ScoresByTheMeanOfPersonsAlone) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "people.jsonl",
                        line("ann", "human", 4) + line("robot", "script", 0) + line("bob", "human", 1));
  const auto judge =
      make_human_judge(Json::object({{"path", folder / "people.jsonl"}, {"scale", "discrete_0_5"}}));
  Question q;
  q.id = "q1";
  const std::vector<JudgeItem> items = {{&q, nullptr, "sad"}, {&q, nullptr, "happy"}};
  const auto said = judge->judge(items);
  const auto& scored = std::get<Scored>(said[0]);
  EXPECT_EQ(scored.value, 2.5) << "the script's 0 would make it 5/3";
  EXPECT_EQ(scored.parts.size(), 2u);
  EXPECT_TRUE(judge->scale().admits(scored.value));
  EXPECT_TRUE(std::holds_alternative<NotJudged>(said[1])) << "unrated is not 0";
  EXPECT_FALSE(judge->is_metric_judge());
}

TEST(HumanJudge, RightOrWrongBecomesAShareInPercent) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "people.jsonl", line("ann", "human", 1) + line("bob", "human", 0));
  const auto judge = make_human_judge(Json::object({{"path", folder / "people.jsonl"}, {"scale", "binary"}}));
  Question q;
  q.id = "q1";
  const JudgeItem item{&q, nullptr, "sad"};
  EXPECT_EQ(std::get<Scored>(judge->judge({&item, 1}).front()).value, 50);
  EXPECT_EQ(judge->scale().kind, Scale::Kind::percent);
}

TEST(HumanJudge, AnotherFileIsAnotherJudge) {
  const test::TemporaryFolder folder;
  const auto identity = [&](const std::string& text) {
    write_file_atomically(folder / "people.jsonl", text);
    return make_human_judge(Json::object({{"path", folder / "people.jsonl"}, {"scale", "discrete_0_5"}}))
        ->identity();
  };
  EXPECT_EQ(identity(line("ann", "human", 4)), identity(line("ann", "human", 4)));
  EXPECT_NE(identity(line("ann", "human", 4)), identity(line("ann", "human", 3)));
}

TEST(HumanJudge, BrokenFilesAreRefused) {
  const auto refused = [](const std::string& text) {
    try {
      read_people(text, "people.jsonl", kGrades);
      return std::string("(read)");
    } catch (const Error& e) {
      return e.what_happened();
    }
  };
  EXPECT_EQ(refused(line("ann", "human", 4)), "(read)");
  EXPECT_EQ(refused(line("robot", "script", 4)), "no person's rating is in the file");
  EXPECT_EQ(refused(line("gpt", "judge", 4)), "a rater of kind 'judge' is no person");
  EXPECT_EQ(refused(line("robot", "script", 6) + line("ann", "human", 4)),
            "a rating of 6 is not on the scale 0-5");
  EXPECT_EQ(refused(line("ann", "human", 4) + line("ann", "human", 4)), "'ann' rates this answer twice");
  EXPECT_EQ(refused(line("ann", "person", 4)), "there is no kind of rater 'person'");
}

}  // namespace
}  // namespace undertone
