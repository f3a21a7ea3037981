// Verdicts given again: from a file, or from what a dataset brings along.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.h"
#include "judges/replay.h"
#include "tests/support/expect_error.h"
#include "tests/support/judged.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {
using test::asked;
using test::value;
using ::testing::HasSubstr;

std::string jsonl(const test::TemporaryFolder& folder, const std::string& text) {
  const std::string path = folder / "verdicts.jsonl";
  std::ofstream(path) << text;
  return path;
}

std::unique_ptr<Judge> replay(const std::string& path, const std::string& scale) {
  Json fields = Json::object();
  fields["path"] = path;
  fields["scale"] = scale;
  return make_replay_judge(fields, {});
}

TEST(ReplayJudge, FailuresStayFailures) {
  const test::TemporaryFolder folder;
  const std::string path = jsonl(
      folder,
      R"({"question":"Who?","model_prediction":"me","judge_response":"Rating: 3","rate_score":3.0,"success":1}
{"question":"Who?","model_prediction":"you","judge_response":"I cannot say","rate_score":0.0,"success":0}
{"question":"q7","answer":"x","verdict":)" +
          to_json(Verdict(TransportError{503, 4, "busy"})).dump() +
          R"(}
{"question":"q8","answer":"x","verdict":)" +
          to_json(Verdict(Scored{2, "fine", {}})).dump() +
          R"(}
{"question":"q8","answer":"x","verdict":)" +
          to_json(Verdict(Scored{4, "fine", {}})).dump() + "}\n");
  const auto judge = replay(path, "discrete_0_5");
  Question who = asked("r"), q7 = asked("r"), q8 = asked("r");
  who.text = "Who?";
  q7.id = "q7";
  q8.id = "q8";
  const std::vector<JudgeItem> items{{&who, nullptr, "me"},
                                     {&who, nullptr, "you"},
                                     {&q7, nullptr, "x"},
                                     {&q8, nullptr, "x"},
                                     {&q8, nullptr, "y"}};
  const auto v = judge->judge(items);
  EXPECT_EQ(value(v[0]), 3);
  ASSERT_TRUE(std::holds_alternative<ParseFailure>(v[1]));  // recorded there with the score 0, which is none
  EXPECT_EQ(std::get<ParseFailure>(v[1]).raw, "I cannot say");
  ASSERT_TRUE(std::holds_alternative<TransportError>(v[2]));
  EXPECT_EQ(std::get<TransportError>(v[2]).status, 503);
  EXPECT_EQ(value(v[3]), 2);
  EXPECT_NE(std::get<Scored>(v[3]).rationale.find("first of 2 recorded verdicts that differ"),
            std::string::npos);
  EXPECT_TRUE(std::holds_alternative<NotJudged>(v[4]));
}

TEST(ReplayJudge, AScoreOffTheStatedScaleIsRefusedWithItsLine) {
  const test::TemporaryFolder folder;
  const std::string path =
      jsonl(folder, R"({"question":"q","model_prediction":"a","judge_response":"r","rate_score":1,"success":1}
{"question":"q","model_prediction":"b","judge_response":"r","rate_score":3,"success":1}
)");
  test::expect_error([&] { replay(path, "binary"); }, ErrorKind::data,
                     "a recorded score of 3 is not on the scale 0/1", "verdicts.jsonl:2");
}

TEST(ReplayJudge, WhatALineLacksIsSaidWithFileAndLine) {
  const test::TemporaryFolder folder;
  const std::string good = R"({"question":"q","answer":"a","verdict":{"kind":"scored","value":3}})";
  for (const auto& [broken, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"question":"q","answer":"a","verdict":{"kind":"scored","value":)", ""},
           {R"({"answer":"a","verdict":{"kind":"scored","value":3}})", "question"},
           {R"({"question":"q","verdict":{"kind":"scored","value":3}})", "model_prediction"},
           {R"({"question":"q","answer":"a","verdict":{"kind":"liked"}})", "liked"},
           {R"({"question":"q","answer":"a","verdict":"good"})", "verdict"},
           {R"({"question":"q","answer":"a","rate_score":3})", "judge_response"},
           {R"({"question":"q","answer":"a","judge_response":"3","rate_score":3})", "success"},
           {R"({"question":"q","answer":"a","judge_response":"3","success":1,"rate_score":"3"})", ""},
           {"[]", ""}}) {
    const std::string path = jsonl(folder, good + "\n\n" + broken + "\n");
    SCOPED_TRACE(broken);
    test::expect_error([&] { replay(path, "discrete_0_5"); }, ErrorKind::data, says, "verdicts.jsonl:3");
  }
}

TEST(ReplayJudge, AReferenceBesideALineTellsEqualQuestionsApart) {
  const test::TemporaryFolder folder;
  const auto judge = replay(
      jsonl(
          folder,
          R"({"question":"Who?","reference":"Ann","answer":"Ann","judge_response":"","rate_score":5,"success":1}
{"question":"Who?","reference":"Bob","answer":"Ann","judge_response":"","rate_score":0,"success":1}
)"),
      "discrete_0_5");
  Question ann = asked("Ann"), bob = asked("Bob"), eve = asked("Eve");
  ann.text = bob.text = eve.text = "Who?";
  const std::vector<JudgeItem> items{{&ann, nullptr, "Ann"}, {&bob, nullptr, "Ann"}, {&eve, nullptr, "Ann"}};
  const auto v = judge->judge(items);
  EXPECT_EQ(value(v[0]), 5);
  EXPECT_EQ(value(v[1]), 0);
  EXPECT_TRUE(std::holds_alternative<NotJudged>(v[2]));
}

std::string scored_line(const std::string& question, double score) {
  return fmt::format(R"({{"question":"{}","answer":"a","verdict":{{"kind":"scored","value":{}}}}})", question,
                     score) +
         "\n";
}

class ReplayOfADataset : public ::testing::Test {
 protected:
  ReplayOfADataset() {
    context_.verdict_files = [this](const std::string& dataset) {
      EXPECT_EQ(dataset, "logs");
      return files_;
    };
  }
  std::unique_ptr<Judge> judge(const std::string& recorded, const std::string& scale = "") {
    std::string fields = R"({"dataset":"logs","recorded":")" + recorded + '"';
    if (!scale.empty()) fields += R"(,"scale":")" + scale + '"';
    return builtin_judges().at("replay").make(parse_json(fields + "}", "suite.json"), context_);
  }
  void expect_refused(const std::string& recorded, const std::string& scale, const std::string& what,
                      const std::string& mend) {
    try {
      judge(recorded, scale);
      FAIL() << "no error, expected: " << what;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::suite);
      EXPECT_THAT(e.what_happened(), HasSubstr(what));
      EXPECT_THAT(e.place(), HasSubstr("suite.json:1"));
      EXPECT_THAT(e.mend(), HasSubstr(mend));
    }
  }
  std::vector<VerdictFile> files_{
      {"ann", "binary", "here/verdicts/ann.binary.jsonl", scored_line("q", 1)},
      {"ann", "discrete_0_5", "here/verdicts/ann.discrete_0_5.jsonl", scored_line("q", 4)},
      {"bob", "percent", "here/verdicts/bob.percent.jsonl", scored_line("q", 60)},
      {"eve", "unknown_scale", "here/verdicts/eve.unknown_scale.jsonl", scored_line("q", 1)}};
  JudgeContext context_;
};

TEST_F(ReplayOfADataset, TheFileNamesTheScale) {
  const Question q = asked("r");
  const std::vector<JudgeItem> items{{&q, nullptr, "a"}};
  EXPECT_EQ(judge("bob")->scale().kind, Scale::Kind::percent);
  EXPECT_EQ(value(judge("bob")->judge(items)[0]), 60);
  EXPECT_EQ(value(judge("ann", "binary")->judge(items)[0]), 1);
  EXPECT_EQ(value(judge("ann", "discrete_0_5")->judge(items)[0]), 4);
  EXPECT_EQ(judge("eve", "binary")->scale().kind, Scale::Kind::binary)
      << "stated where the dataset cannot tell";
}

TEST_F(ReplayOfADataset, WhatItDoesNotBringIsRefused) {
  expect_refused("ann", "", "the scale of the verdicts of 'ann' is not clear", "binary, discrete_0_5");
  expect_refused("eve", "", "the scale of the verdicts of 'eve' is not clear", "unknown_scale");
  expect_refused("bob", "binary", "no verdicts of 'bob' are on the scale binary", "percent");
  expect_refused("zoe", "", "brings no verdicts of 'zoe'",
                 "ann.binary, ann.discrete_0_5, bob.percent, eve.unknown_scale");
  files_.back().text += scored_line("q2", 3);
  test::expect_error([&] { judge("eve", "binary"); }, ErrorKind::data, "is not on the scale 0/1",
                     "here/verdicts/eve.unknown_scale.jsonl:2");
  files_.clear();
  expect_refused("ann", "", "brings no recorded verdicts", "verdicts/JUDGE.SCALE.jsonl");
}

TEST_F(ReplayOfADataset, TheIdentityIsTheFilesBytesAndTheScale) {
  const std::string before = judge("bob")->identity();
  files_[2].path = "elsewhere/bob.percent.jsonl";
  EXPECT_EQ(judge("bob")->identity(), before);
  EXPECT_EQ(judge("bob", "percent")->identity(), before);
  EXPECT_NE(judge("eve", "binary")->identity(), judge("eve", "discrete_0_5")->identity());
  files_[2].text += scored_line("q2", 10);
  EXPECT_NE(judge("bob")->identity(), before);
}

}  // namespace
}  // namespace undertone
