// What people rated on a run's pages, in its datasheet: rows, corrected means, preferences; and a script's
// ratings, which change no number of a human statistic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "datasets/human_ratings.h"
#include "harness/run/datasheet.h"
#include "tests/support/human_run.h"

namespace undertone::test {
namespace {
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class HumanDatasheets : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    run_two_systems(folder_.path(), true);
    inputs_ = inputs_of(folder_.path());
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }
  std::string run() const { return folder_ / "report"; }
  HumanKey exported(HumanTask task, std::int64_t items, int raters, double overlap) const {
    HumanExportOptions o;
    o.task = task;
    o.items = items;
    o.raters = raters;
    o.overlap = overlap;
    HumanKey key = draw_human_items(*inputs_, o);
    write_text(fmt::format("{}/human/{}.key.json", run(), key.id), to_json(key).dump(1));
    return key;
  }
  void import(const HumanKey& key, int number, const std::string& name, const std::string& kind,
              const Rate& rate) const {
    write_text(folder_ / "saved.json", saved_page(key, number, name, kind, rate).dump());
    ASSERT_EQ(import_human_page(folder_ / "saved.json", run(), folder_ / "store", false), ExitCode::done);
  }
  std::vector<Datasheet> sheets() const { return datasheets({run(), "", folder_ / "store"}); }
  TemporaryFolder folder_;
  std::unique_ptr<ReportInputs> inputs_;
};

// What a careful listener says: the reference is right.
int careful(const HumanKeyItem& item, const HumanCriterion&) {
  return item.answers[0] == item.reference ? 5 : 1;
}
int contrary(const HumanKeyItem& item, const HumanCriterion& c) { return careful(item, c) == 5 ? 1 : 5; }
int right_one(const HumanKeyItem& item, const HumanCriterion&) {
  const bool a = item.answers[0] == item.reference, b = item.answers[1] == item.reference;
  return a == b ? 1 : a ? 0 : 2;
}

const DatasheetRow& row_of(const Datasheet& s, const std::string& rater) {
  for (const DatasheetRow& r : s.rows)
    if (r.rater == rater) return r;
  throw std::runtime_error("no rater " + rater);
}

TEST_F(HumanDatasheets, PeopleAreRowsAndCorrectTheJudgesMeans) {
  const HumanKey key = exported(HumanTask::ratings, 40, 2, 1.0);
  import(key, 1, "ann", "human", careful);
  import(key, 2, "bob", "human", careful);
  const auto found = sheets();
  ASSERT_THAT(found, SizeIs(1));
  const Datasheet& s = found.front();
  EXPECT_EQ(s.humans, 2);
  EXPECT_EQ(row_of(s, "ann").kind, RaterKind::human);
  EXPECT_EQ(s.human_alpha.value, 1);
  // The rubric judge knows the right answers, and a floor does not.
  EXPECT_GT(row_of(s, "rubric").humans.spearman.value.value(), 0.9);
  EXPECT_TRUE(row_of(s, "rubric").humans.alternative.winning_rate)
      << row_of(s, "rubric").humans.alternative.winning_rate.reason();
  EXPECT_EQ(*row_of(s, "floor: random").humans.alternative.winning_rate, 0);
  // Two systems by one judge; the truth is 5 where the answer is right, else 1: over all answers, rated or
  // not.
  ASSERT_THAT(s.corrected, SizeIs(2)) << s.corrected_reason;
  for (const CorrectedMean& m : s.corrected) {
    double truth = 0, n = 0;
    for (const EvaluationRow& r : inputs_->rows)
      if (r.system == m.system) truth += r.answer.text == r.question->reference ? 5 : 1, ++n;
    truth /= n;
    EXPECT_EQ(m.items, kManyQuestions);
    EXPECT_LT(m.rated, m.items);
    ASSERT_TRUE(m.corrected.low && m.corrected.high);
    EXPECT_LE(*m.corrected.low, truth) << m.system;
    EXPECT_GE(*m.corrected.high, truth) << m.system;
    EXPECT_GT(std::abs(m.judge_mean.value() - truth), 0.1)
        << "the judge alone is off: it gives 0 where people give 1";
    EXPECT_LT(std::abs(m.corrected.value.value() - truth), std::abs(m.judge_mean.value() - truth));
  }
  EXPECT_THAT(datasheet_text(found), HasSubstr("Means on the humans' scale"));
  const Json json = datasheet_json(found);
  EXPECT_EQ(json.at("tables").elements()[0].at("corrected_means").size(), 2u);
}

TEST_F(HumanDatasheets, AScriptMovesNoHumanNumber) {
  const HumanKey key = exported(HumanTask::ratings, 40, 3, 1.0);
  import(key, 1, "ann", "human", careful);
  import(key, 2, "bob", "human", careful);
  const auto json_of = [&] {
    Json sheet = datasheet_json(sheets()).at("tables").elements()[0];
    Json kept = Json::object();
    for (const char* field :
         {"humans", "human_mean", "human_alpha_ordinal", "human_ceiling_spearman", "corrected_means"})
      kept[field] = sheet.at(field);
    for (const Json& row : sheet.at("raters").elements())
      if (row.at("kind").as_string() != "script") kept[row.at("rater").as_string()] = row;
    return kept.dump(1);
  };
  const std::string before = json_of();
  import(key, 3, "robot", "script", contrary);
  EXPECT_EQ(json_of(), before);
  const auto found = sheets();
  EXPECT_THAT(found.front().rows, Contains(Field(&DatasheetRow::rater, "robot")));
  EXPECT_THAT(row_of(found.front(), "robot").conclusion, HasSubstr("no evidence"));
  // The same ratings by a person do move them: the comparison above can fail.
  import(key, 3, "robot", "human", contrary);
  EXPECT_NE(json_of(), before);
}

TEST_F(HumanDatasheets, ChosenItemsStandForNoOthers) {
  HumanExportOptions o;
  o.items_file = folder_ / "chosen.jsonl";
  std::string lines;
  for (const HumanKeyItem& item : draw_human_items(*inputs_, {}).items)
    if (lines.size() < 2000)
      lines += Json::object({{"item", item.rows[0][0]}, {"inclusion", Json()}}).dump() + "\n";
  write_text(o.items_file, lines);
  const HumanKey key = draw_human_items(*inputs_, o);
  write_text(fmt::format("{}/human/{}.key.json", run(), key.id), to_json(key).dump(1));
  import(key, 1, "ann", "human", careful);
  const auto found = sheets();
  EXPECT_TRUE(found.front().corrected.empty());
  EXPECT_THAT(found.front().corrected_reason, HasSubstr("stand for no others"));
}

TEST_F(HumanDatasheets, WhatPeoplePreferBesideWhatJudgesDo) {
  const HumanKey key = exported(HumanTask::pairs, 100, 2, 1.0);
  import(key, 1, "ann", "human", right_one);
  import(key, 2, "bob", "human", right_one);
  const auto found = sheets();
  ASSERT_THAT(found.front().preferences, SizeIs(1));
  const Preferences& p = found.front().preferences.front();
  EXPECT_EQ(p.raters, 2);
  EXPECT_EQ(p.pairs, key.population);
  EXPECT_EQ(p.alpha, 1);
  // walrus errs in a third, zebra in half of its answers; the suite's contrast is the second against the
  // first.
  double truth = 0;
  for (const HumanKeyItem& item : key.items) {
    const int said = right_one(item, {});
    truth += item.first_is_b ? said - 1 : 1 - said;
  }
  truth /= static_cast<double>(key.items.size());
  EXPECT_DOUBLE_EQ(p.preference.value.value(), truth);
  EXPECT_EQ(truth < 0, p.first.system == "zebra");
  EXPECT_DOUBLE_EQ(p.first_better + p.ties + p.second_better, 1);
  const auto judge =
      std::find_if(p.judges.begin(), p.judges.end(), [](const auto& j) { return j.judge == "rubric"; });
  ASSERT_NE(judge, p.judges.end());
  EXPECT_EQ(judge->agreement.value, 1);
  EXPECT_GT(judge->agreement.n, 5);
  EXPECT_EQ(judge->difference.value.value() > 0, truth > 0);
  EXPECT_THAT(datasheet_text(found), HasSubstr("What people prefer"));
  // A script's preferences are nobody's.
  const HumanRecord record = read_human_records(run()).at(0);
  HumanRecord scripted = record;
  for (HumanSession& s : scripted.sessions) s.kind = RaterKind::script;
  EXPECT_EQ(HumanPreferences(record).raters().size(), 2u);
  EXPECT_TRUE(HumanPreferences(scripted).raters().empty());
  EXPECT_TRUE(HumanPreferences(scripted).pairs().empty());
}

// `judge RUN --judge people=EXPORT.judge.json` finds the verdicts that the import put into the ledger.
TEST_F(HumanDatasheets, PeopleAsAJudgeStandInAReport) {
  const HumanKey key = exported(HumanTask::ratings, 20, 1, 1.0);
  import(key, 1, "ann", "human", careful);
  Installation here;
  here.root = UNDERTONE_SOURCE_DIR;
  here.programs = "/nonexistent";
  const AddedJudge people = added_judge(fmt::format("people={}/human/{}.judge.json", run(), key.id));
  ASSERT_EQ(rejudge(run(), here, folder_ / "store", people, 1, folder_ / "beside", true), ExitCode::done);
  const auto found = datasheets({folder_ / "beside", "", folder_ / "store"});
  const DatasheetRow& row = row_of(found.front(), "people");
  EXPECT_EQ(row.kind, RaterKind::human);
  EXPECT_EQ(row.scored, row.asked - row.failures.at("not_run"));
  std::int64_t rows = 0;
  for (const HumanKeyItem& item : key.items) rows += static_cast<std::int64_t>(item.rows[0].size());
  EXPECT_EQ(row.scored, rows);
  EXPECT_EQ(found.front().humans, 1);
}

// Two clips, one question, one answer in the same words: a rating of one is none of the other.
TEST_F(HumanDatasheets, AFileWithTheRunsIdsRatesNoOtherAnswerInTheSameWords) {
  const HumanKey key = exported(HumanTask::ratings, 10, 1, 1.0);
  import(key, 1, "ann", "human", careful);
  std::filesystem::rename(run() + "/human", folder_ / "elsewhere");
  const auto found =
      datasheets({run(), folder_ / ("elsewhere/" + key.id + ".ratings.jsonl"), folder_ / "store"});
  std::int64_t rows = 0;
  for (const HumanKeyItem& item : key.items) rows += static_cast<std::int64_t>(item.rows[0].size());
  EXPECT_EQ(row_of(found.front(), "ann").asked, rows);
}

TEST_F(HumanDatasheets, CheckedQuestionsHaveTablesOfTheirOwn) {
  const HumanKey key = exported(HumanTask::qa, 12, 1, 1.0);
  import(key, 1, "ann", "human",
         [](const auto&, const HumanCriterion& c) { return c.metric == "natural" ? 1 : 0; });
  const auto found = sheets();
  ASSERT_THAT(found, SizeIs(5));
  EXPECT_EQ(found[1].criterion, "answerable");
  EXPECT_EQ(row_of(found[1], "ann").mean, 1);
  EXPECT_EQ(row_of(found[4], "ann").mean, 0);
}

}  // namespace
}  // namespace undertone::test
