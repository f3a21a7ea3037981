#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "datasets/import_lm_eval.h"
#include "datasets/import_ratings.h"
#include "harness/core/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

double value_of(const RatingTable& t, std::size_t item, const std::string& rater, std::size_t replicate = 0) {
  return std::get<Scored>(t.at(item, t.rater(rater)).at(replicate)).value;
}

constexpr const char* kGeneric =
    R"({"item": "a", "rater": "ann", "rater_kind": "human", "rating": 4, "low": 1, "high": 5, "cluster": "c1", "answer": "yes"}
{"item": "a", "rater": "j", "rating": 3.5}
{"item": "a", "rater": "j", "rating": 3}
{"item": "b", "rater": "ann", "rater_kind": "human", "rating": 2, "cluster": "c1", "correct": 0.5}
{"item": "b", "rater": "j", "verdict": {"kind": "parse_failure", "raw": "four?"}}
{"item": "c", "rater": "ann", "rating": null, "rater_kind": "human", "detail": "skipped"}
)";

TEST(DatasetsImport, GenericRatings) {
  const auto tables = parse_ratings(kGeneric, "x/mine.jsonl");
  ASSERT_THAT(tables, SizeIs(1));
  const RatingTable& t = tables[0];
  EXPECT_EQ(t.name, "mine");
  ASSERT_THAT(t.items, SizeIs(3));
  ASSERT_THAT(t.raters, SizeIs(2));
  EXPECT_EQ(t.raters[0].kind, RaterKind::human);
  EXPECT_EQ(t.raters[1].kind, RaterKind::judge);
  EXPECT_EQ(t.raters[0].high, 5);
  EXPECT_EQ(t.items[0].cluster, "c1");
  EXPECT_EQ(t.items[1].correct, 0.5);
  EXPECT_EQ(value_of(t, 0, "j", 1), 3);
  EXPECT_EQ(std::get<ParseFailure>(t.at(1, 1).at(0)).raw, "four?");
  EXPECT_EQ(std::get<NotJudged>(t.at(2, 0).at(0)).reason, "skipped");
  EXPECT_TRUE(t.at(2, 1).empty());
}

TEST(DatasetsImport, WhatIsWrittenReadsBackToTheSameBytes) {
  const std::string once = write_ratings(parse_ratings(kGeneric, "mine.jsonl"));
  EXPECT_EQ(write_ratings(parse_ratings(once, "mine.jsonl")), once);
  EXPECT_THAT(once, HasSubstr("four?"));
}

TEST(DatasetsImport, GenericRatingsContradictNothing) {
  const auto place = [](const std::string& lines) {
    const Error e = error_of([&] { parse_ratings(lines, "f.jsonl"); });
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_THAT(e.place(), HasSubstr("f.jsonl:2"));
    return e.what_happened();
  };
  const std::string first = R"({"item": "a", "rater": "r", "rating": 1, "answer": "x", "high": 5})"
                            "\n";
  EXPECT_THAT(place(first + R"({"item": "a", "rater": "s", "rating": 1, "answer": "y"})"),
              HasSubstr("two values"));
  EXPECT_THAT(place(first + R"({"item": "b", "rater": "r", "rating": 6})"), HasSubstr("outside the scale"));
  EXPECT_THAT(place(first + R"({"item": "b", "rater": "r", "rater_kind": "human", "rating": 2})"),
              HasSubstr("two kinds"));
  EXPECT_THAT(place(first + R"({"item": "b", "rater": "r", "rater_kind": "robot", "rating": 2})"),
              HasSubstr("'robot'"));
  EXPECT_THAT(place(first + R"({"item": "b", "rating": 2})"), HasSubstr("rater"));
  EXPECT_THAT(place(first + R"({"item": "b", "rater": "r", "rating": "2"})"), HasSubstr("number"));
  EXPECT_THAT(place(first + R"({"item": "b", "rater": "r", "rating": 2, "correct": 2})"), HasSubstr("0..1"));
}

TEST(DatasetsImport, JudgeBench) {
  const auto tables = parse_judge_bench(R"({"dataset": "toy", "annotations": [
      {"metric": "Fluency", "category": "graded", "worst": 1, "best": 5},
      {"metric": "Kind", "category": "categorical"}],
    "instances": [
      {"id": 1, "instance": "S1\n### Source\nA", "annotations": {"Fluency": {"individual_human_scores": [4, 5]}}},
      {"id": 2, "instance": "S2\n### Source\nA", "annotations": {"Fluency": {"individual_human_scores": [1]}}},
      {"id": 3, "instance": "S3\n### Source\nB", "annotations": {}}]})",
                                        "toy.json");
  ASSERT_THAT(tables, SizeIs(1));
  const RatingTable& t = tables[0];
  EXPECT_EQ(t.name, "toy");
  EXPECT_EQ(t.criterion, "Fluency");
  ASSERT_THAT(t.raters, SizeIs(2));
  EXPECT_FALSE(t.raters[0].one_person);
  EXPECT_EQ(value_of(t, 0, "human 2"), 5);
  EXPECT_TRUE(t.at(1, 1).empty());
  EXPECT_EQ(t.items[0].cluster, t.items[1].cluster);
  EXPECT_NE(t.items[0].cluster, t.items[2].cluster);
  EXPECT_THAT(t.notes, ::testing::Contains(HasSubstr("'Kind' is categorical")));
  const Error off = error_of([] {
    parse_judge_bench(R"({"annotations": [{"metric": "F", "category": "graded", "worst": 1, "best": 5}],
      "instances": [{"id": 1, "instance": "", "annotations": {"F": {"individual_human_scores": [9]}}}]})",
                      "t.json");
  });
  EXPECT_THAT(off.what_happened(), HasSubstr("item 0"));
  EXPECT_THAT(error_of([] { parse_judge_bench("{}", "t.json"); }).what_happened(), HasSubstr("instances"));
}

TEST(DatasetsImport, UniEval) {
  const auto tables = parse_unieval(R"([
    {"source": "s", "system_id": 0, "system_output": "o", "scores": {"a": 1.5, "b": 2}, "predict_scores": {"a": 0.25}},
    {"source": "s", "system_id": "x", "system_output": "p", "scores": {"a": 3}, "predict_scores": {"a": 0.5}}])",
                                    "toy_result.json");
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].criterion, "a");
  EXPECT_EQ(value_of(tables[0], 1, "human"), 3);
  EXPECT_EQ(value_of(tables[0], 1, "unieval"), 0.5);
  EXPECT_EQ(tables[0].items[0].system, "0");
  EXPECT_EQ(tables[0].items[0].cluster, tables[0].items[1].cluster);
  EXPECT_THAT(error_of([] { parse_unieval("[{}]", "f.json"); }).what_happened(), HasSubstr("item 0"));
  EXPECT_THAT(error_of([] { parse_unieval("[]", "f.json"); }).what_happened(), HasSubstr("no list"));
}

// Lines in the two forms that lm-evaluation-harness 0.4 has written.
TEST(DatasetsImport, LmEvalSamples) {
  const auto s = parse_lm_eval(
      R"({"doc_id": 3, "doc": {"q": "1+1"}, "target": "2", "arguments": {"gen_args_0": {"arg_0": "Q: 1+1 A:", "arg_1": {}}}, "resps": [["is 2", "is 3"]], "filtered_resps": ["2"], "filter": "strict", "metrics": ["exact_match"], "exact_match": 1.0, "doc_hash": "h"}
{"doc_id": 3, "doc": {"q": "1+1"}, "target": "2", "arguments": [["Q: 1+1 A:", {}]], "resps": [["is 2", "is 3"]], "filter": "loose", "exact_match": 0.0}
{"doc_id": 4, "doc": {}, "target": 1, "arguments": [["c0", " yes"], ["c0", " no"]], "resps": [[["-1.5", "False"]], [["-2.5", "False"]]], "acc": 1.0}
)",
      "out/samples_gsm8k_2024-07-04T10-00-00.jsonl");
  ASSERT_THAT(s.corpus.questions, SizeIs(2));
  EXPECT_EQ(s.corpus.questions[0].id, "gsm8k-3");
  EXPECT_EQ(s.corpus.questions[0].text, "Q: 1+1 A:");
  EXPECT_NE(s.corpus.questions[0].provenance, Provenance::human);
  ASSERT_THAT(s.answers, SizeIs(2));
  EXPECT_EQ(s.answers[1].seed, 1);
  EXPECT_EQ(s.answers[1].answer.text, "is 3");
  EXPECT_EQ(value_of(s.metrics, 0, "exact_match,strict"), 1);
  EXPECT_EQ(value_of(s.metrics, 0, "exact_match,loose"), 0);
  EXPECT_EQ(value_of(s.metrics, 1, "acc,none"), 1);
  EXPECT_THAT(s.warnings, ElementsAre(HasSubstr("1 documents were asked by log-likelihood")));
  const Error e = error_of([] {
    parse_lm_eval(R"({"doc_id": 1, "target": "a", "arguments": [["p"]], "resps": [["x"]]}
{"doc_id": 1, "target": "b", "arguments": [["p"]], "resps": [["x"]]})",
                  "s.jsonl");
  });
  EXPECT_THAT(e.what_happened(), HasSubstr("stands twice"));
  EXPECT_THAT(e.place(), HasSubstr("s.jsonl:2"));
  EXPECT_THAT(error_of([] {
                parse_lm_eval(R"({"doc_id": 1, "target": "a", "arguments": [], "resps": []})", "s");
              }).what_happened(),
              HasSubstr("no prompt"));
}

TEST(DatasetsImport, AudiobenchLogsOfTwoScalesAreTwoTables) {
  RecordedLog a = read_audiobench_log(
      source_path("tests/golden/datasets/audiobench/some-model/small_set_tiny_judge_score.json"));
  RecordedLog b = a;
  b.scale = Scale{Scale::Kind::binary};
  b.model = "other";
  RecordedLog c = a;
  c.scale.reset();
  const auto tables = import_audiobench(std::vector{a, b, c});
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].criterion, "0-5");
  EXPECT_THAT(tables[0].items, SizeIs(a.rows.size()));
  EXPECT_TRUE(std::holds_alternative<ParseFailure>(tables[0].at(3, 0).at(0)));
  EXPECT_THAT(tables[1].notes, ::testing::Contains(HasSubstr("is unknown")));
}

TEST(DatasetsImportReal, EveryFileReads) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  const auto newsroom = import_any(*data + "/judge_bench/newsroom.json");
  ASSERT_THAT(newsroom, SizeIs(4));
  for (const RatingTable& t : newsroom) {
    EXPECT_THAT(t.items, SizeIs(420));
    EXPECT_THAT(t.raters, SizeIs(3));
    std::set<std::string> articles;
    for (const RatedItem& i : t.items) articles.insert(i.cluster);
    EXPECT_THAT(articles, SizeIs(60));
  }
  const auto chat = import_any(*data + "/unieval/dialogue/topical_chat_result.json");
  EXPECT_THAT(chat, SizeIs(6));
  EXPECT_THAT(chat[0].items, SizeIs(360));
  const auto logs = import_any(*data + "/audiobench_logs");
  std::size_t verdicts = 0;
  for (const auto& t : logs)
    for (const auto& cell : t.cells) verdicts += cell.size();
  EXPECT_EQ(verdicts, 1700u);
}

}  // namespace
}  // namespace undertone::test
