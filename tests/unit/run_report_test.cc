// What a report says beside its numbers: rows that the ledger lost, the recogniser, metrics without a
// subject.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include "harness/core/files.h"
#include "harness/run/report_data.h"
#include "harness/run/report_facts.h"
#include "harness/run/run.h"
#include "reports/lookup.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunReport : public ::testing::Test {
 protected:
  void SetUp() override {
    write_recorded_suite(folder_.path(), R"("theirs": {"kind": "recorded", "path": "answers.jsonl"})",
                         R"("rubric": {"kind": "rubric"})");
    write_text(folder_ / "answers.jsonl",
               R"({"question": "q1", "answer": "angry", "seed": 0}
{"question": "q2", "answer": "happy", "seed": 0}
)");
  }
  // Runs what is missing, then gathers the report.
  ReportData report() {
    Store store = Store::open(folder_ / "store", Store::Mode::write);
    const RanSuite ran = run_suite(folder_ / "suite.json", store);
    return gather_report(*ran.pipeline, ran.execution, store, 1);
  }
  void forget(const std::string& statement) {
    SQLite::Database(folder_ / "store/ledger.sqlite", SQLite::OPEN_READWRITE).exec(statement);
  }
  TemporaryFolder folder_;
};

TEST(RunReportPlaces, PathsAreCutToTheirLastPart) {
  EXPECT_EQ(without_folders("/home/x/.cache/u/model.gguf: the digest is 12: mend: delete the file"),
            "model.gguf: the digest is 12: mend: delete the file");
  EXPECT_EQ(without_folders("'train S10' failed: /a/b.jsonl:2:7: no such '/a/c d'"),
            "'train S10' failed: b.jsonl:2:7: no such 'c d'");
  EXPECT_EQ(without_folders("read 3/4 of 1/2 in suites/demo.json, and/or a / b"),
            "read 3/4 of 1/2 in suites/demo.json, and/or a / b");
  EXPECT_EQ(without_folders("(/tmp/folder/)"), "(folder/)");
  EXPECT_EQ(without_folders("/"), "/");
  EXPECT_EQ(without_folders(""), "");
}

TEST_F(RunReport, ARowThatTheLedgerLostShows) {
  const ReportData whole = report();
  EXPECT_EQ(whole.ledger_answers, count_items(whole).answers);
  EXPECT_EQ(whole.ledger_verdicts, count_items(whole).verdicts);
  EXPECT_EQ(whole.ledger_verdicts, 2);
  forget("DELETE FROM verdicts WHERE question = 'q2'");
  const ReportData lost = report();  // the judge's stage is done: nothing is judged again
  EXPECT_EQ(count_items(lost).verdicts, 2);
  EXPECT_EQ(lost.ledger_verdicts, 1);
  bool said = false;
  for (const ReportItem& item : lost.items)
    for (const ReportAnswer& a : item.answers)
      if (const auto* none = std::get_if<NotJudged>(&a.verdicts.at("rubric")))
        said |= item.question.id == "q2" && none->reason == "the ledger has lost this verdict";
  EXPECT_TRUE(said);
}

TEST(ReportFacts, TheRecognisersEstimatesNameTheirUnitsAndLeaveItsReport) {
  Json recogniser = sample_recogniser().at("speech");
  Json list = Json::array();
  for (const char* set : {"out_of_fold", "test", "gap"}) {
    Estimate e = sample_recognition("emotion/uar", set, 0.8, 0.1);
    e.unit_resampled = "unit";
    list.push_back(to_json(e));
  }
  recogniser["estimates"] = list;
  Corpus corpus;
  for (const auto& [split, unit] : {std::pair{"train", "f1"}, {"test", "f2+m1"}, {"test", "f3"}}) {
    corpus.clips.emplace_back();
    corpus.clips.back().split = split;
    corpus.clips.back().unit = unit;
  }
  Json again = recogniser;
  const auto found = take_recogniser_estimates(recogniser, corpus, "");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].tag, "recogniser/emotion/uar/out_of_fold");
  EXPECT_EQ(found[0].unit_resampled, "speaker");
  EXPECT_EQ(found[1].unit_resampled, "speaker or pair of speakers");
  EXPECT_EQ(found[2].unit_resampled, "speaker or pair of speakers");
  EXPECT_EQ(recogniser.find("estimates"), nullptr);
  EXPECT_EQ(recogniser, sample_recogniser().at("speech"));
  EXPECT_EQ(take_recogniser_estimates(again, corpus, "emodb")[1].tag, "recogniser/emodb/emotion/uar/test");
}

TEST(ReportFacts, AListedMetricWithoutASubjectIsNamedWithTheReason) {
  Estimate right = sample_mean("S30", "absent", 0.5, 0.1);
  right.tag = "cpqa/all/emotion/accuracy";
  Estimate recall = right;
  recall.tag = "cpqa/all/emotion/uar";
  recall.value = std::nullopt;
  recall.reason = "one class only";
  const std::vector<std::string> listed{"accuracy", "unweighted_average_recall", "word_error_rate"};
  EXPECT_THAT(
      unmeasured_metrics(listed, std::vector{right, recall}),
      ElementsAre("Metric 'unweighted_average_recall' of the suite has nothing to measure: one class only.",
                  "Metric 'word_error_rate' of the suite has nothing to measure: no question of type "
                  "ASR is asked."));
  EXPECT_THAT(unmeasured_metrics(std::vector<std::string>{"accuracy"}, std::vector{right}), IsEmpty());
}

TEST(ReportFacts, ClosedSetQuestionsAreCounted) {
  std::vector<ReportItem> items(3);
  EXPECT_EQ(closed_set_note(items), "");
  items[1].question.closed_set = true;
  EXPECT_THAT(closed_set_note(items), HasSubstr("1 of 3 questions"));
}

}  // namespace
}  // namespace undertone::test
