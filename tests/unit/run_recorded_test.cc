// Recorded systems: several seeds a question, answers under several conditions, and what the file lacks.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/files.h"
#include "harness/run/pipeline.h"
#include "harness/run/report_data.h"
#include "harness/run/run.h"
#include "tests/support/expect_error.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string line(const std::string& question, const std::string& answer, int seed,
                 const std::string& condition = "") {
  std::string out =
      R"({"question": ")" + question + R"(", "answer": ")" + answer + R"(", "seed": )" + std::to_string(seed);
  if (!condition.empty()) out += R"(, "condition": ")" + condition + "\"";
  return out + "}\n";
}

class Recorded : public ::testing::Test {
 protected:
  ReportData report(const std::string& systems,
                    const std::string& judges = R"("rubric": {"kind": "rubric"})") {
    write_recorded_suite(folder_.path(), systems, judges);
    if (!answers_.empty()) write_text(folder_ / "answers.jsonl", answers_);
    return report_of(folder_ / "suite.json", {});
  }
  ReportData report_of(const std::string& suite, const std::vector<std::string>& overrides) {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    const RanSuite ran = run_suite(suite, store, overrides);
    verdicts_ = ran.verdicts;
    corpus_key_ = ran.pipeline->corpus_keys.begin()->second;
    return gather_report(*ran.pipeline, ran.execution, store, 1);
  }
  TemporaryFolder folder_;
  std::string answers_;
  std::int64_t verdicts_ = 0;  // given by the last run
  std::string corpus_key_;
};

TEST_F(Recorded, EverySeedOfTheFileIsASeedOfTheSystem) {
  answers_ = line("q1", "angry", 0) + line("q2", "happy", 0) + line("q1", "angry", 7) + line("q2", "sad", 7) +
             line("q1", "sad", 2);
  const ReportData data = report(R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})");
  ASSERT_EQ(data.systems[0].state, "done") << data.systems[0].failure;
  EXPECT_THAT(data.systems[0].seeds, ElementsAre(0, 2, 7));
  EXPECT_EQ(data.ledger_answers, 6);
  std::map<std::pair<std::string, int>, Answer> given;
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) given[{item.question.id, a.seed}] = a.answer;
  EXPECT_EQ(given.at({"q1", 7}).text, "angry");
  EXPECT_EQ(given.at({"q2", 0}).text, "happy");
  EXPECT_EQ(given.at({"q2", 2}).status, AnswerStatus::not_run) << "seed 2 has no answer to q2: it shows";
  for (const Estimate& e : data.estimates)
    if (e.tag == "pqa/all/judge:rubric/mean" && e.system == "theirs") {
      EXPECT_EQ(e.asked, 6);
      EXPECT_EQ(e.scored, 5);
      EXPECT_EQ(e.seeds, 3);
    }
}

TEST_F(Recorded, ConditionChoosesAmongTheLines) {
  answers_ = line("q1", "angry", 0, "gold") + line("q2", "sad", 0, "gold") +
             line("q1", "happy", 0, "absent") + line("q2", "happy", 0, "absent");
  const ReportData data = report(R"("told": {"kind": "recorded", "path": "answers.jsonl", "test": ["gold"]},
    "untold": {"kind": "recorded", "path": "answers.jsonl"},
    "none": {"kind": "recorded", "path": "answers.jsonl", "test": ["predicted"]})");
  for (const ReportItem& item : data.items) {
    ASSERT_EQ(item.answers.size(), 2u);
    for (const ReportAnswer& a : item.answers)
      EXPECT_EQ(a.answer.text, a.system == "told" ? item.question.reference : "happy");
  }
  EXPECT_EQ(data.systems[2].state, "failed");
  EXPECT_THAT(data.systems[2].failure, AllOf(HasSubstr("under condition 'predicted'"),
                                             HasSubstr("absent, gold"), HasSubstr("answers.jsonl")));
}

TEST_F(Recorded, TwoAnswersUnderOneConditionAreRefused) {
  answers_ = line("q1", "angry", 0) + line("q1", "sad", 0, "absent");
  const ReportData data = report(R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})");
  EXPECT_EQ(data.systems[0].state, "failed");
  EXPECT_THAT(data.systems[0].failure, AllOf(HasSubstr("'q1'"), HasSubstr("answers.jsonl:2")));
}

// One file, one system, several conditions: each is a column of its own.
TEST_F(Recorded, OneSystemHasAnswersUnderSeveralConditions) {
  answers_ = line("q1", "angry", 0, "gold") + line("q2", "sad", 0, "gold") + line("q1", "angry", 0) +
             line("q2", "happy", 0) + line("q1", "happy", 1, "gold") + line("q2", "sad", 1, "gold");
  const ReportData data =
      report(R"("theirs": {"kind": "recorded", "path": "answers.jsonl", "test": ["absent", "gold"]})");
  ASSERT_EQ(data.systems[0].state, "done") << data.systems[0].failure;
  EXPECT_EQ(data.ledger_answers, 2 + 4) << "one seed without a condition, two under gold";
  std::map<std::tuple<std::string, std::string, int>, std::string> given;
  for (const ReportItem& item : data.items)
    for (const ReportAnswer& a : item.answers) given[{item.question.id, a.condition, a.seed}] = a.answer.text;
  EXPECT_EQ(given.at({"q2", "absent", 0}), "happy") << "a line without a condition: the first one listed";
  EXPECT_EQ(given.at({"q2", "gold", 0}), "sad");
  EXPECT_EQ(given.at({"q1", "gold", 1}), "happy");
  std::map<std::string, Estimate> means;
  for (const Estimate& e : data.estimates)
    if (e.tag == "pqa/all/judge:rubric/mean" && e.system == "theirs" && e.kind == "value")
      means[e.test_condition] = e;
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means.at("absent").asked, 2);
  EXPECT_EQ(means.at("gold").asked, 4);
  EXPECT_LT(*means.at("absent").value, *means.at("gold").value) << "one of two right, three of four right";
}

TEST_F(Recorded, VerdictsThatTheCorpusBringsAreAJudge) {
  const std::string judges = R"("rubric": {"kind": "rubric"},
    "ann": {"kind": "replay", "dataset": "questions", "recorded": "ann"})";
  const std::string systems = R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})";
  const std::string recorded = folder_ / "corpus/verdicts/ann.discrete_0_5.jsonl";
  write_text(recorded,
             R"({"question": "q1", "answer": "angry", "verdict": {"kind": "refusal", "raw": "I will not"}})");
  ReportData data = report(systems, judges);
  const auto verdicts = [&] {
    std::map<std::string, Verdict> out;
    for (const ReportItem& item : data.items) out[item.question.id] = item.answers.at(0).verdicts.at("ann");
    return out;
  };
  EXPECT_EQ(verdict_kind(verdicts().at("q1")), "refusal") << "a failure stays the failure it was";
  ASSERT_EQ(verdict_kind(verdicts().at("q2")), "not_run");
  EXPECT_THAT(std::get<NotJudged>(verdicts().at("q2")).reason, HasSubstr("no verdict is recorded"));
  EXPECT_EQ(verdicts_, 2 + 2);
  report(systems, judges);
  EXPECT_EQ(verdicts_, 0);

  // Another file is another judge; clips, questions and answers stay what they were.
  const std::string corpus = corpus_key_;
  write_text(recorded, R"({"question": "q2", "answer": "happy", "verdict": {"kind": "scored", "value": 1}})");
  data = report(systems, judges);
  EXPECT_EQ(verdicts_, 2);
  EXPECT_EQ(corpus_key_, corpus);
  EXPECT_EQ(std::get<Scored>(verdicts().at("q2")).value, 1);
  EXPECT_EQ(verdict_kind(verdicts().at("q1")), "not_run");

  write_text(recorded,
             "\n"
             R"({"question": "q2", "answer": "happy", "verdict": {"kind": "scored", "value": 1.5}})");
  expect_error([&] { report(systems, judges); }, ErrorKind::data, "1.5 is not on the scale 0-5",
               "ann.discrete_0_5.jsonl:2");
}

TEST_F(Recorded, AJudgeNamesADeclaredDataset) {
  write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                       R"("rubric": {"kind": "replay", "dataset": "question", "recorded": "ann"})");
  const SuiteResult result = read_suite(folder_ / "suite.json", {}, suite_kinds());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].pointer, "/judges/rubric/dataset");
  EXPECT_EQ(result.problems[0].nearest, "questions");
}

// The shipped suite, on what AudioBench published: every verdict of both judges is that of the log's row.
TEST_F(Recorded, AudioBenchsVerdictsAreItsLogs) {
  const auto data_folder = real_data();
  UNDERTONE_NEED(data_folder, skip_reason());
  const std::string logs = *data_folder + "/audiobench_logs";
  const ReportData data =
      report_of(source_path("suites/audiobench_judges.json"),
                {"datasets.logs.folder=" + logs, "judges.embedding=null", "primary_judge=gpt4o"});
  std::map<std::string, std::string> model_of;
  const Json suite = read_json_file(source_path("suites/audiobench_judges.json"), {.comments = true});
  for (const auto& [name, system] : suite.at("systems").members())
    if (system.is_object()) model_of[name] = system.at("model").as_string();
  ASSERT_EQ(model_of.size(), 3u);
  for (const ReportSystem& s : data.systems) EXPECT_EQ(s.state, "done") << s.failure;
  const std::string set = suite.at("datasets").at("logs").at("set").as_string();
  int of_one_generation = 0;
  for (const char* judge : {"gpt4o", "llama3_70b"})
    for (const auto& [system, model] : model_of) {
      const Json log = read_json_file(logs + "/" + model + "/" + set + "_" + judge + "_judge_score.json");
      double sum = 0;
      std::size_t index = 0, found = 0;
      for (const Json& row : log.at("details").elements()) {
        sum += row.at("rate_score").as_double();
        // A row is the set's item of this number: some logs have the same question elsewhere.
        const std::string id = fmt::format("{}-{:04}-", set, index++);
        for (const ReportItem& item : data.items)
          for (const ReportAnswer& a : item.answers) {
            if (a.system != system || !item.question.id.starts_with(id) ||
                item.question.text != row.at("question").as_string() ||
                item.question.reference != row.at("reference").as_string() ||
                a.answer.text != row.at("model_prediction").as_string())
              continue;
            ++found;
            ASSERT_EQ(verdict_kind(a.verdicts.at(judge)), "scored") << item.question.id;
            EXPECT_EQ(std::get<Scored>(a.verdicts.at(judge)).value, row.at("rate_score").as_double());
          }
      }
      EXPECT_EQ(found, log.at("details").size()) << model << " " << judge;
      for (const Estimate& e : data.estimates)
        if (e.tag == std::string("cpqa/all/judge:") + judge + "/mean" && e.system == system &&
            e.kind == "value") {
          EXPECT_EQ(e.scored, 20) << model << " " << judge;
          // Where the two logs hold two generations, these are two seeds, which weigh equally.
          if (e.seeds == 1) {
            EXPECT_NEAR(*e.value, sum / 20, 1e-9) << model << " " << judge;
            ++of_one_generation;
          }
          found = 1000;
        }
      EXPECT_EQ(found, 1000u) << "no mean of " << judge << " for " << system;
    }
  EXPECT_EQ(of_one_generation, 4) << "all under GPT-4o, whose logs come first, and Qwen2-Audio under both";
}

}  // namespace
}  // namespace undertone::test
