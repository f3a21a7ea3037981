// People rate a run: what is drawn and dealt, what the page hides, what a saved file may hold, and that a
// script's ratings stay a script's.
#include "harness/run/human.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "harness/core/files.h"
#include "judges/human.h"
#include "tests/support/human_run.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

class HumanPages : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("UNDERTONE_ROOT", UNDERTONE_SOURCE_DIR, 1);
    run_two_systems(folder_.path());
    inputs_ = inputs_of(folder_.path());
  }
  void TearDown() override { ::unsetenv("UNDERTONE_ROOT"); }
  std::string run() const { return folder_ / "report"; }
  std::string store() const { return folder_ / "store"; }
  // Draws, and leaves the key where an export leaves it.
  HumanKey exported(const HumanExportOptions& options) const {
    HumanKey key = draw_human_items(*inputs_, options);
    write_text(fmt::format("{}/human/{}.key.json", run(), key.id), to_json(key).dump(1));
    return key;
  }
  ExitCode import(const Json& saved, bool script = false) const {
    write_text(folder_ / "saved.json", saved.dump(1));
    return import_human_page(folder_ / "saved.json", run(), store(), script);
  }
  std::string refused(const Json& saved) const {
    try {
      import(saved);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::data);
      EXPECT_FALSE(e.mend().empty()) << e.what();
      return e.what_happened();
    }
    return "(imported)";
  }
  std::int64_t verdicts() const { return Store::open(store(), Store::Mode::read).count_verdicts(); }
  TemporaryFolder folder_;
  std::unique_ptr<ReportInputs> inputs_;
};

HumanExportOptions options_of(HumanTask task, std::int64_t items = 20, int raters = 0,
                              std::int64_t seed = 1) {
  HumanExportOptions o;
  o.task = task;
  o.items = items;
  o.raters = raters;
  o.seed = seed;
  return o;
}

int five(const HumanKeyItem&, const HumanCriterion&) { return 5; }

TEST_F(HumanPages, TheSameSeedDrawsTheSame) {
  const HumanKey one = draw_human_items(*inputs_, options_of(HumanTask::ratings)),
                 again = draw_human_items(*inputs_, options_of(HumanTask::ratings)),
                 other = draw_human_items(*inputs_, options_of(HumanTask::ratings, 20, 0, 2));
  EXPECT_EQ(to_json(one).dump(), to_json(again).dump());
  EXPECT_NE(one.id, other.id);
  EXPECT_EQ(one.stream, "two/human/ratings/seed=1");
  const HumanKey read = human_key_from_json(parse_json(to_json(one).dump(1), "key"));
  EXPECT_EQ(to_json(read).dump(), to_json(one).dump());
  Json changed = to_json(one);
  changed["items"].elements()[0]["question"] = "q99";
  EXPECT_THROW(human_key_from_json(changed), Error);
}

// Questions 0 to 39; i % 6 of 0, 1, 5 get the same answer of both systems.
TEST_F(HumanPages, ADistinctAnswerIsOneItemWithItsChance) {
  const HumanKey key = draw_human_items(*inputs_, options_of(HumanTask::ratings));
  std::set<std::pair<std::string, std::string>> distinct;
  for (const EvaluationRow& r : inputs_->rows) distinct.insert({r.question->id, r.answer.text});
  EXPECT_EQ(key.population, static_cast<std::int64_t>(distinct.size()));
  EXPECT_LT(distinct.size(), inputs_->rows.size());
  ASSERT_EQ(key.items.size(), 20u);
  std::size_t twice = 0;
  for (const HumanKeyItem& item : key.items) {
    EXPECT_DOUBLE_EQ(item.inclusion.value(), 20.0 / static_cast<double>(distinct.size()));
    twice += item.rows.at(0).size() == 2;
    for (const std::string& row : item.rows[0]) EXPECT_THAT(row, HasSubstr(item.question + "/"));
  }
  EXPECT_GT(twice, 0u);
}

TEST_F(HumanPages, EveryRaterSharesAThirdAndEachItemIsDealt) {
  const HumanKey key = draw_human_items(*inputs_, options_of(HumanTask::pairs));
  ASSERT_EQ(key.raters.size(), 2u) << "pairs have two raters";
  std::set<std::int64_t> all;
  std::vector<std::set<std::int64_t>> dealt;
  for (const auto& turns : key.raters) {
    auto& mine = dealt.emplace_back();
    for (const HumanTurn& t : turns) mine.insert(t.item);
    EXPECT_EQ(mine.size(), turns.size());
    all.insert(mine.begin(), mine.end());
  }
  std::size_t shared = 0;
  for (const std::int64_t i : dealt[0]) shared += dealt[1].count(i);
  EXPECT_EQ(all.size(), key.items.size());
  EXPECT_EQ(shared, static_cast<std::size_t>(std::ceil(0.3 * static_cast<double>(key.items.size()))));
}

TEST_F(HumanPages, PairsStandBesideEachOtherByLot) {
  HumanExportOptions o = options_of(HumanTask::pairs, 100);
  o.systems = {"walrus", "zebra"};
  const HumanKey key = draw_human_items(*inputs_, o);
  EXPECT_EQ(key.population + key.identical, kManyQuestions);
  EXPECT_GT(key.identical, 0);
  std::size_t turned = 0, swapped = 0;
  for (const HumanKeyItem& item : key.items) {
    EXPECT_NE(item.answers.at(0), item.answers.at(1));
    turned += item.first_is_b;
    EXPECT_THAT(item.rows.at(item.first_is_b ? 1 : 0).at(0), HasSubstr("/walrus/"));
    EXPECT_THAT(item.rows.at(item.first_is_b ? 0 : 1).at(0), HasSubstr("/zebra/"));
  }
  for (const HumanTurn& t : key.raters[0]) swapped += t.swapped;
  EXPECT_GT(turned, 3u);
  EXPECT_LT(turned, key.items.size() - 3);
  EXPECT_GT(swapped, 2u);
  EXPECT_LT(swapped, key.raters[0].size() - 2);
}

TEST_F(HumanPages, ThePageNamesNoSystem) {
  for (const HumanTask task : {HumanTask::ratings, HumanTask::pairs, HumanTask::qa}) {
    const HumanKey key = draw_human_items(*inputs_, options_of(task));
    const std::string html = human_page_html(human_page(key, *inputs_), source_path("reports/assets"));
    for (const char* hidden : {"walrus", "zebra", "q00", "q01"}) EXPECT_THAT(html, Not(HasSubstr(hidden)));
    if (task != HumanTask::qa) {
      EXPECT_THAT(to_json(key).dump(), HasSubstr("walrus")) << "the key knows";
    }
    EXPECT_THAT(html, HasSubstr(key.items[0].id));
  }
}

TEST_F(HumanPages, ChosenItemsKeepTheirChance) {
  HumanExportOptions o = options_of(HumanTask::ratings);
  o.items_file = folder_ / "chosen.jsonl";
  const std::string id = draw_human_items(*inputs_, options_of(HumanTask::ratings)).items[0].rows[0][0];
  write_text(o.items_file, R"({"item": ")" + id + R"(", "inclusion": 0.25})");
  HumanKey key = draw_human_items(*inputs_, o);
  ASSERT_EQ(key.items.size(), 1u);
  EXPECT_EQ(key.items[0].inclusion, 0.25);
  EXPECT_TRUE(key.chosen);
  write_text(o.items_file, R"({"item": ")" + id + R"(", "inclusion": null})");
  EXPECT_FALSE(draw_human_items(*inputs_, o).items[0].inclusion);
  for (const std::string& line :
       std::vector<std::string>{R"({"item": ")" + id + "\"}", R"({"item": ")" + id + R"(", "inclusion": 0})",
                                std::string(R"({"item": "q00/nobody//0", "inclusion": 1})"),
                                R"({"item": ")" + id + R"(", "inclusion": 1}
{"item": ")" + id + R"(", "inclusion": 1})"}) {
    write_text(o.items_file, line);
    EXPECT_THROW(draw_human_items(*inputs_, o), Error) << line;
  }
}

TEST_F(HumanPages, RatingsBecomeVerdictsOfTheJudgeHuman) {
  const HumanKey key = exported(options_of(HumanTask::ratings, 20, 2));
  const std::int64_t before = verdicts();
  ASSERT_EQ(import(saved_page(key, 1, "ann", "human", five)), ExitCode::done);
  EXPECT_EQ(verdicts() - before, static_cast<std::int64_t>(key.raters[0].size()));
  ASSERT_EQ(import(saved_page(key, 2, "bob", "human", [](const auto&, const auto&) { return 2; })),
            ExitCode::done);
  const std::string stem = fmt::format("{}/human/{}", run(), key.id);
  const auto tables = import_ratings(stem + ".ratings.jsonl");
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].raters.size(), 2u);
  EXPECT_TRUE(tables[0].raters[0].one_person);
  EXPECT_EQ(tables[0].raters[0].high, 5.0);
  EXPECT_EQ(tables[0].items[0].inclusion, key.items[0].inclusion);
  // An item that both rated: the mean, and who said what.
  const auto judge =
      make_human_judge(Json::object({{"path", stem + ".people.jsonl"}, {"scale", "discrete_0_5"}}));
  std::size_t both = 0;
  for (const HumanKeyItem& item : key.items) {
    Question q;
    q.id = item.question;
    const JudgeItem one{&q, nullptr, item.answers[0]};
    const Verdict verdict = judge->judge({&one, 1}).front();
    const Scored& scored = std::get<Scored>(verdict);
    if (scored.parts.size() == 2) {
      ++both;
      EXPECT_EQ(scored.value, 3.5);
    } else {
      EXPECT_EQ(scored.value, scored.parts.count("ann") ? 5 : 2);
    }
  }
  EXPECT_EQ(both, 6u);
  // The same person's file again takes the place of the first.
  ASSERT_EQ(import(saved_page(key, 1, "ann", "human", [](const auto&, const auto&) { return 1; })),
            ExitCode::done);
  EXPECT_EQ(read_human_records(run()).at(0).sessions.at(0).given.begin()->second.at(key.rubric), 1);
}

TEST_F(HumanPages, AScriptsRatingsAreNoPersons) {
  const HumanKey key = exported(options_of(HumanTask::ratings, 20, 2));
  const std::int64_t before = verdicts();
  const Json saved = saved_page(key, 1, "robot", "script", five);
  ASSERT_EQ(import(saved), ExitCode::done);
  const std::string people = fmt::format("{}/human/{}.people.jsonl", run(), key.id);
  EXPECT_EQ(verdicts(), before);
  EXPECT_THROW(read_people(read_file(people), people, key.scale), Error) << "no person rated";
  EXPECT_EQ(human_rating_table(read_human_records(run()).at(0)).raters.at(0).kind, RaterKind::script);
  // Not by the other importer either.
  Json whole = saved;
  whole["annotations"] =
      parse_json(R"([{"metric": "audiobench_style", "category": "graded", "worst": 0, "best": 5}])", "x");
  EXPECT_EQ(parse_judge_bench(whole.dump(), "saved.json").at(0).raters.at(0).kind, RaterKind::script);
  // A person beside it: the script's fives do not move the mean.
  ASSERT_EQ(import(saved_page(key, 2, "ann", "human", [](const auto&, const auto&) { return 0; })),
            ExitCode::done);
  EXPECT_GT(verdicts(), before);
  for (const PersonRating& r : read_people(read_file(people), people, key.scale)) {
    EXPECT_EQ(r.rater(), "ann");
    EXPECT_EQ(r.rating(), 0);
  }
  // And what somebody says to be a script's is one.
  ASSERT_EQ(import(saved_page(key, 2, "ann", "human", five), true), ExitCode::done);
  EXPECT_THROW(read_people(read_file(people), people, key.scale), Error);
}
static_assert(!std::is_default_constructible_v<PersonRating> && !std::is_aggregate_v<PersonRating>,
              "only read_people() makes a person's rating");

TEST_F(HumanPages, WhatNoPageSavedIsRefused) {
  const HumanKey key = exported(options_of(HumanTask::ratings, 20, 2));
  const Json good = saved_page(key, 1, "ann", "human", five);
  const auto changed = [&](const std::function<void(Json&)>& change) {
    Json out = good;
    change(out);
    return refused(out);
  };
  const auto first = [](Json& j) -> Json& { return j["instances"].elements()[0]; };
  const auto scores = [&](Json& j) -> Json& {
    return first(j)["annotations"]["audiobench_style"]["individual_human_scores"];
  };
  EXPECT_THAT(changed([](Json& j) { j.erase("undertone"); }), HasSubstr("no page"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["export"] = "abcdef"; }), HasSubstr("no export 'abcdef'"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["export"] = "../../etc"; }), HasSubstr("no page"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["rater"]["kind"] = "judge"; }),
              HasSubstr("rates on no page"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["rater"]["name"] = ""; }), HasSubstr("no name"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["rater"]["number"] = 3; }), HasSubstr("no rater 3"));
  EXPECT_THAT(changed([](Json& j) { j["undertone"]["rater"]["number"] = 2; }), HasSubstr("not dealt"));
  EXPECT_THAT(changed([&](Json& j) { first(j)["id"] = "00000000"; }), HasSubstr("not dealt"));
  EXPECT_THAT(changed([&](Json& j) { first(j)["instance"]["answer"] = "else"; }), HasSubstr("texts"));
  EXPECT_THAT(changed([&](Json& j) { scores(j) = Json::Array{Json(6)}; }), HasSubstr("outside 0..5"));
  EXPECT_THAT(changed([&](Json& j) { scores(j) = Json::Array{Json(1), Json(2)}; }), HasSubstr("2 ratings"));
  EXPECT_THAT(changed([&](Json& j) { j["instances"].push_back(Json(first(j))); }), HasSubstr("stands twice"));
  EXPECT_EQ(refused(good), "(imported)");
  EXPECT_THAT(refused(saved_page(key, 1, "bob", "human", five)), HasSubstr("imported as 1 ('ann')"));
  EXPECT_THAT(refused(saved_page(key, 2, "ann", "human", five)), HasSubstr("imported as 1 ('ann')"));
}

TEST_F(HumanPages, QuestionsAreCheckedOneCriterionATable) {
  const HumanKey key = exported(options_of(HumanTask::qa, 10));
  ASSERT_EQ(
      import(saved_page(key, 1, "ann", "human",
                        [](const auto&, const HumanCriterion& c) { return c.metric == "natural" ? 1 : 0; })),
      ExitCode::done);
  const auto tables = import_ratings(fmt::format("{}/human/{}.ratings.jsonl", run(), key.id));
  ASSERT_EQ(tables.size(), 4u);
  for (const RatingTable& t : tables)
    EXPECT_EQ(std::get<Scored>(t.at(0, 0).at(0)).value, t.criterion == "natural" ? 0 : 1) << t.criterion;
}

}  // namespace
}  // namespace undertone::test
