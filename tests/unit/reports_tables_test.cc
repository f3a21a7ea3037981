#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "reports/lookup.h"
#include "reports/page_audio.h"
#include "reports/page_data.h"
#include "reports/table.h"
#include "reports/vega.h"
#include "tests/support/report_sample.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

const TableRow* row(const Table& t, const std::string& name, const std::string& group = "*") {
  for (const TableGroup& g : t.groups)
    for (const TableRow& r : g.rows)
      if (r.name == name && (group == "*" || g.heading == group)) return &r;
  return nullptr;
}

TEST(Format, Numbers) {
  EXPECT_EQ(format_number(-0.001), "0.00");
  EXPECT_EQ(format_number(-0.006), "-0.01");
  EXPECT_EQ(format_number(2.5, 0), "2");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(-1000), "-1,000");
  EXPECT_EQ(counted(1, "clip"), "1 clip");
  EXPECT_EQ(counted(24, "speaker or pair of speakers"), "24 speakers or pairs of speakers");
}

TEST(Tables, UndefinedIsADashWithItsReasonAndNeverZero) {
  Estimate e = test::sample_mean("S10", "absent", 0, 0);
  e.value = e.low = e.high = std::nullopt;
  e.reason = "no scored answers";
  const Cell c = estimate_cell(&e);
  EXPECT_EQ(c.text, "–");
  EXPECT_EQ(c.reason, "no scored answers");
  EXPECT_FALSE(c.share);
  EXPECT_EQ(c.detail, "199/200");
}

TEST(Tables, MainTableSetsControlsApartAndNamesFailedSystems) {
  const Table t = main_table(test::small_report());
  EXPECT_EQ(t.columns, (std::vector<std::string>{"absent", "predicted", "gold"}));
  ASSERT_EQ(t.groups.size(), 2u);
  EXPECT_EQ(t.groups[1].heading, "controls");
  ASSERT_TRUE(row(t, "placebo", "controls"));
  ASSERT_TRUE(row(t, "S30", ""));
  EXPECT_EQ(row(t, "S30")->cells[0].text, "3.60");
  EXPECT_EQ(row(t, "S30")->cells[0].detail, "[3.35, 3.85] 199/200");
  EXPECT_EQ(row(t, "S30")->cells[2].text, "");
  EXPECT_EQ(row(t, "broken")->detail, "failed: the loss is not finite at step 12");
}

TEST(Tables, ComparisonsDeclaredFirstWithTheirGain) {
  const Table t = contrast_table(test::small_report());
  ASSERT_EQ(t.groups.size(), 2u);
  EXPECT_EQ(t.groups[0].heading, "declared");
  const TableRow* implicit = row(t, "S30 (absent) − placebo", "declared");
  ASSERT_TRUE(implicit);
  EXPECT_EQ(implicit->cells[0].text, "+0.50");
  EXPECT_EQ(implicit->cells[1].text, "16.10 %");
  EXPECT_EQ(implicit->cells[2].text, "< 0.001");
  EXPECT_TRUE(row(t, "S32 (predicted) − S32 (absent)", "declared"));
  EXPECT_TRUE(row(t, "S32 (predicted) − S30", "exploratory"));
}

TEST(Tables, EveryTableIsFilledByTheRealStatistics) {
  const test::TemporaryFolder folder;
  const ReportData r = test::experiment_report(folder.path(), 12, 2);
  std::vector<std::string> ids;
  for (const Table& t : report_tables(r)) {
    ids.push_back(t.id);
    for (const TableGroup& g : t.groups)
      for (const TableRow& one : g.rows)
        EXPECT_LE(one.cells.size(), t.columns.size()) << t.id << " " << one.name;
  }
  for (const char* id :
       {"main", "contrasts", "types", "halves", "reasoning", "wordings", "classification-cpqa-all-emotion",
        "classification-pqa-DE-emotion", "text", "judges", "correlation", "correlation-systems", "recogniser",
        "recogniser-detail-1", "questions-1", "systems"})
    EXPECT_THAT(ids, testing::Contains(id));
}

TEST(Tables, TheRecogniserOutOfFoldAtTestAndTheGapStandSideBySide) {
  const Table t = recogniser_table(test::small_report());
  EXPECT_EQ(t.title, "Emotion recogniser");
  EXPECT_EQ(t.columns, (std::vector<std::string>{"out of fold", "test", "gap"}));
  ASSERT_EQ(t.groups.size(), 1u);
  ASSERT_EQ(t.groups[0].rows.size(), 2u) << "an attribute without a figure is no row";
  const TableRow* emotion = row(t, "emotion");
  ASSERT_TRUE(emotion);
  EXPECT_EQ(emotion->detail, "UAR");
  EXPECT_EQ(emotion->cells[0].text, "0.90");
  EXPECT_EQ(emotion->cells[0].detail, "[0.85, 0.95]");
  EXPECT_EQ(emotion->cells[1].text, "0.90");
  EXPECT_EQ(emotion->cells[2].text, "+0.01");
  EXPECT_EQ(emotion->cells[2].detail, "[-0.07, 0.09]");
  EXPECT_THAT(t.caption, testing::HasSubstr("gap = out of fold − test; intervals over training/test units: "
                                            "10 speakers out of fold, 34 speakers or pairs of speakers at "
                                            "test; conditional on 10 units."));
  EXPECT_TRUE(recogniser_table(ReportData()).empty());
}

TEST(Tables, SystemsSayWhatIsTrainedAndOnWhichMetadata) {
  ReportData r = test::small_report();
  r.systems.push_back(test::sample_system("labels-only", "the labels alone", {"pqa", "cpqa"}, true));
  const Table t = system_table(r);
  EXPECT_EQ(t.columns, (std::vector<std::string>{"kind", "trained", "trained on", "metadata in training",
                                                 "seeds", "state"}));
  EXPECT_EQ(row(t, "S32")->cells[1].text, "adapter");
  EXPECT_EQ(row(t, "S32")->cells[3].text, "predicted");
  EXPECT_EQ(row(t, "S30")->cells[3].text, "absent");
  EXPECT_EQ(row(t, "labels-only")->cells[1].text, "decoder");
  EXPECT_EQ(row(t, "labels-only")->cells[3].text, "gold, where labels are shown");
  EXPECT_EQ(row(t, "majority")->cells[1].text, "nothing");
  EXPECT_EQ(row(t, "majority")->cells[3].text, "–");
  EXPECT_EQ(row(t, "majority")->cells[4].text, "–") << "no seed decides what it answers";
}

TEST(Tables, TheMainCaptionSaysWhatItsIntervalsCover) {
  ReportData r = test::small_report();
  EXPECT_THAT(main_table(r).caption, testing::HasSubstr("its 95 % interval over 24 speakers, training seeds "
                                                        "held fixed, and how many"));
  for (Estimate& e : r.estimates)
    if (e.system != "majority") e.method = "crossed seeds t (new seeds)";
  const Table t = main_table(r);
  EXPECT_THAT(t.caption, testing::HasSubstr("its 95 % interval over 24 speakers and new training seeds (a "
                                            "system with one seed: over units alone, that seed held fixed); "
                                            "where it says '2 seeds'"));
  EXPECT_EQ(row(t, "S30")->cells[0].detail, "[3.35, 3.85] 199/200, 2 seeds");
  EXPECT_EQ(row(t, "majority")->cells[0].detail, "[0.70, 0.90] 199/200");
}

TEST(Tables, MetricsHaveNamesForPeople) {
  EXPECT_EQ(metric_name("f1_macro_unmapped_wrong"), "macro F1, unmapped wrong");
  EXPECT_EQ(metric_name("uar_unmapped_wrong"), "UAR, unmapped wrong");
  EXPECT_EQ(metric_name("accuracy_unmapped_wrong"), "accuracy, unmapped wrong");
  EXPECT_EQ(metric_name("kappa"), "Cohen's kappa");
  EXPECT_EQ(metric_name("wer"), "word error rate");
  EXPECT_EQ(metric_name("exact_match"), "exact match");
}

TEST(Tables, FailuresAreCountedByKindFromTheAnswers) {
  const Table t = failure_table(test::small_report());
  EXPECT_EQ(t.columns,
            (std::vector<std::string>{"answer: truncated", "exact: not_run", "exact: transport_error",
                                      "rubric: not_run", "rubric: parse_failure"}));
  EXPECT_EQ(row(t, "S30")->cells[0].text, "1");
  EXPECT_EQ(row(t, "S10")->cells[0].text, "0");
  EXPECT_EQ(row(t, "S10")->cells[2].text, "1");
}

TEST(Tables, JsonOfAnyShape) {
  const auto tables = json_tables(
      parse_json(R"({"coverage":0.5,"a":{"x":{"n":1,"m":2},"y":{"n":3}},"list":[{"rule":"r1","count":12345}],
      "k":{"labels":["sad","happy"],"confusion":[[3,1,0],[0,2,2]],"answers":8}})",
                 "t"),
      "id", "Title");
  ASSERT_EQ(tables.size(), 4u);
  EXPECT_EQ(tables[0].groups[0].rows[0].name, "coverage");
  EXPECT_EQ(tables[1].title, "Title: a");
  EXPECT_EQ(tables[1].columns, (std::vector<std::string>{"n", "m"}));
  EXPECT_EQ(tables[1].groups[0].rows[1].cells[1].text, "");
  EXPECT_EQ(tables[2].groups[0].rows[0].name, "r1");
  EXPECT_EQ(tables[2].groups[0].rows[0].cells[0].text, "12,345");
  EXPECT_EQ(tables[3].columns, (std::vector<std::string>{"sad", "happy", "unmapped"}));
  EXPECT_DOUBLE_EQ(*tables[3].groups[0].rows[0].cells[0].share, 0.75);
  EXPECT_TRUE(json_tables(Json(), "id", "t").empty());
}

TEST(PageData, HoldsEveryAnswerAndVerdictOnce) {
  const ReportData r = test::small_report();
  const Json page = page_data(r, {});
  const Json& answers = page.at("items").elements()[0].at("answers");
  EXPECT_EQ(answers.size(), 3u);
  EXPECT_EQ(page.at("judges").dump(), R"(["rubric","exact"])");  // the primary judge first
  for (const Json& a : answers.elements()) EXPECT_EQ(a.size(), 6u + 2 * 3u);
  // A failure has no number.
  EXPECT_TRUE(answers.elements()[2].elements()[7].is_null());
  EXPECT_EQ(page.at("texts")
                .elements()[static_cast<std::size_t>(answers.elements()[2].elements()[6].as_int())]
                .as_string(),
            "parse_failure");
}

TEST(PageData, AudioClipsAreSpreadOverTheItems) {
  const test::TemporaryFolder folder;
  const ReportData r = test::experiment_report(folder.path(), 12, 1);
  EXPECT_EQ(choose_audio_clips(r, 3), (std::set<std::string>{"clip-1000", "clip-1004", "clip-1008"}));
  EXPECT_EQ(choose_audio_clips(r, 100).size(), 12u);
  EXPECT_TRUE(choose_audio_clips(r, 0).empty());
}

TEST(PageAudio, OpusIsTheSameEachTimeAndDecodes) {
  std::vector<float> tone(16000);
  for (std::size_t i = 0; i < tone.size(); ++i)
    tone[i] = static_cast<float>(0.3 * std::sin(0.1 * static_cast<double>(i)));
  const std::string bytes = opus_bytes(tone);
  EXPECT_EQ(bytes, opus_bytes(tone));
  EXPECT_LT(bytes.size(), 8000u);
  EXPECT_NEAR(decode_audio_bytes(bytes, "tone").seconds(), 1, 0.05);
}

TEST(Html, GivesUpAudioAndRationalesButNeverAnswersToStaySmall) {
  const test::TemporaryFolder folder;
  const ReportData r = test::experiment_report(folder.path(), 12, 2);
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  const std::string full = report_html(r, options);
  EXPECT_EQ(full, report_html(r, options)) << "the same report must give the same page";
  options.max_bytes = static_cast<std::int64_t>(full.size()) - 60000;
  const std::string small = report_html(r, options);
  EXPECT_LE(static_cast<std::int64_t>(small.size()), options.max_bytes);
  EXPECT_THAT(small, testing::HasSubstr("to keep the page small"));
  EXPECT_THAT(small, testing::HasSubstr("data-answers=\"" + std::to_string(r.ledger_answers) + "\""));
  options.max_bytes = 100000;
  EXPECT_THROW(report_html(r, options), Error);
}

TEST(Html, AMissingAssetIsNamed) {
  const test::TemporaryFolder folder;
  HtmlOptions options;
  options.assets_folder = folder.path();
  try {
    report_html(test::small_report(), options);
    FAIL() << "written without assets";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::io);
    EXPECT_THAT(e.place(), testing::HasSubstr(folder.path()));
  }
}

TEST(Html, CountsThatDifferFromTheLedgerAreSaid) {
  ReportData r = test::small_report();
  r.ledger_answers = 4;
  HtmlOptions options;
  options.assets_folder = test::source_path("reports/assets");
  EXPECT_THAT(
      report_html(r, options),
      testing::HasSubstr("This page holds 3 answers and 6 verdicts; the ledger of this run holds 4 and 6."));
}

}  // namespace
}  // namespace undertone
