#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/answers.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;

Corpus corpus() {
  Corpus c;
  for (const char* id : {"q1", "q2", "long-question-3"}) {
    Question q;
    q.id = id;
    c.questions.push_back(q);
  }
  return c;
}

TEST(DatasetsAnswers, ReadsEveryMember) {
  const auto rows = parse_answers(
      R"({"question": "q1", "answer": "yes", "finish_reason": "stop", "tokens": 2, "seed": 3, "condition": "gold", "latency": 0.5}

{"question": "q2", "answer": "no"}
{"question": "long-question-3", "answer": "", "status": "not_run", "detail": "the server was down"})",
      "a.jsonl", corpus());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].answer.status, AnswerStatus::answered);
  EXPECT_EQ(rows[0].answer.text, "yes");
  EXPECT_EQ(rows[0].answer.finish_reason, "stop");
  EXPECT_EQ(rows[0].answer.tokens, 2);
  EXPECT_EQ(rows[0].seed, 3);
  EXPECT_EQ(rows[0].condition, "gold");
  EXPECT_EQ(rows[0].extra.at("latency").as_double(), 0.5);
  EXPECT_EQ(rows[1].seed, 0);
  EXPECT_EQ(rows[1].place.line, 3);
  EXPECT_EQ(rows[2].answer.status, AnswerStatus::not_run);
  EXPECT_EQ(rows[2].answer.detail, "the server was down");
}

TEST(DatasetsAnswers, AStatusFollowsFromWhatIsKnownAndNothingIsGuessed) {
  const auto one = [](const std::string& members) {
    return parse_answers(R"({"question": "q1", )" + members + "}", "a", corpus()).at(0).answer;
  };
  EXPECT_EQ(one(R"("answer": "half", "finish_reason": "length")").status, AnswerStatus::truncated);
  EXPECT_EQ(one(R"("answer": "half", "finish_reason": "length")").text, "half");
  EXPECT_EQ(one(R"("answer": "", "finish_reason": "content_filter")").status, AnswerStatus::refusal);
  EXPECT_EQ(one(R"("answer": "I cannot say", "status": "refusal")").status, AnswerStatus::refusal);
  EXPECT_EQ(one(R"("answer": "all of it", "status": "answered", "finish_reason": "length")").status,
            AnswerStatus::answered);
  for (const char* empty :
       {R"("answer": "")", R"("answer": " \n\t")", R"("answer": "", "status": "answered")"}) {
    EXPECT_EQ(one(empty).status, AnswerStatus::model_error) << empty;
    EXPECT_EQ(one(empty).detail, "empty answer");
  }
}

TEST(DatasetsAnswers, EachBadLineIsNamed) {
  struct Bad {
    std::string line, what, mend;
  };
  const std::vector<Bad> all = {
      {R"({"question": "q1", "answer": )", "not JSON", ""},
      {R"(["q1", "yes"])", "is an object", "question"},
      {R"({"answer": "yes"})", "without \"question\"", "question"},
      {R"({"question": "q1"})", "without \"answer\"", "answer"},
      {R"({"question": "q1", "answer": 7})", "\"answer\": expected a string", ""},
      {R"({"question": "q1", "answer": null})", "\"answer\": expected a string", ""},
      {R"({"question": "q1", "answer": "x", "seed": "one"})", "\"seed\"", ""},
      {R"({"question": "q1", "answer": "x", "status": "anwsered"})", "\"status\": unknown", "answered"},
      {R"({"question": "long-question-4", "answer": "x"})", "'long-question-4', which the corpus lacks",
       "'long-question-3'"},
      {R"({"question": "q2", "answer": "again"})", "second answer to 'q2'", "seeds"},
  };
  for (const Bad& bad : all) {
    try {
      parse_answers("{\"question\": \"q2\", \"answer\": \"no\"}\n\n" + bad.line + "\n", "dir/a.jsonl",
                    corpus());
      ADD_FAILURE() << "accepted " << bad.line;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::data);
      EXPECT_THAT(e.what_happened(), HasSubstr(bad.what)) << bad.line;
      EXPECT_THAT(e.place(), ::testing::StartsWith("dir/a.jsonl:3")) << bad.line;
      EXPECT_THAT(e.mend(), HasSubstr(bad.mend)) << bad.line;
    }
  }
}

TEST(DatasetsAnswers, TheSecondAnswerNamesTheFirst) {
  try {
    parse_answers("{\"question\": \"q1\", \"answer\": \"a\"}\n{\"question\": \"q1\", \"answer\": \"a\"}",
                  "a.jsonl", corpus());
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_THAT(e.what_happened(), HasSubstr("the first is at a.jsonl:1"));
  }
  EXPECT_EQ(parse_answers("{\"question\": \"q1\", \"answer\": \"a\"}\n{\"question\": \"q1\", \"answer\": "
                          "\"a\", \"seed\": 1}\n"
                          "{\"question\": \"q1\", \"answer\": \"a\", \"condition\": \"gold\"}",
                          "a.jsonl", corpus())
                .size(),
            3u);
}

TEST(DatasetsAnswers, WhatIsWrittenReadsBack) {
  const TemporaryFolder folder;
  const auto rows = parse_answers(
      R"({"question": "q1", "answer": "ünï \"x\"", "finish_reason": "stop", "tokens": 2, "seed": 3, "condition": "gold", "m": [1]}
{"question": "q2", "answer": ""}
{"question": "q1", "answer": "cut", "finish_reason": "length"})",
      "a", corpus());
  write_answers(rows, folder / "a.jsonl");
  const auto again = read_answers(folder / "a.jsonl", corpus());
  ASSERT_EQ(again.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(to_json(again[i].answer), to_json(rows[i].answer));
    EXPECT_EQ(again[i].question, rows[i].question);
    EXPECT_EQ(again[i].seed, rows[i].seed);
    EXPECT_EQ(again[i].condition, rows[i].condition);
    EXPECT_EQ(again[i].extra, rows[i].extra);
  }
  const std::string first = read_file(folder / "a.jsonl");
  write_answers(again, folder / "a.jsonl");
  EXPECT_EQ(read_file(folder / "a.jsonl"), first);
}

TEST(DatasetsAnswers, AMissingFileIsNamed) {
  EXPECT_THROW(read_answers("/nowhere/a.jsonl", corpus()), Error);
}

}  // namespace
}  // namespace undertone::test
