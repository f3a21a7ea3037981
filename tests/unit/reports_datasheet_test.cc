#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "harness/core/json.h"
#include "harness/core/random.h"
#include "reports/datasheet.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::HasSubstr;
using ::testing::StartsWith;

Verdict rating(double v) { return Scored{v, "", {}}; }

// Items in clusters of two; `raters` give each item's rating.
RatingTable table_of(const std::vector<Rater>& raters, const std::vector<std::vector<double>>& items) {
  RatingTable t;
  t.name = "toy";
  t.raters = raters;
  for (std::size_t i = 0; i < items.size(); ++i) {
    RatedItem item;
    item.id = fmt::format("i{}", i);
    item.cluster = fmt::format("c{}", i / 2);
    item.answer = std::string(i % 7 + 1, 'w');
    for (std::size_t w = 0; w < i % 5; ++w) item.answer += " w";
    t.items.push_back(item);
    for (double v : items[i])
      t.cells.push_back(std::isnan(v) ? std::vector<Verdict>{} : std::vector{rating(v)});
  }
  return t;
}

Rater human(const char* name) { return {name, RaterKind::human, 0, 5, true, {}}; }
Rater judge(const char* name) { return {name, RaterKind::judge, 0, 5, false, {}}; }

const DatasheetRow& row(const Datasheet& s, const std::string& rater) {
  for (const DatasheetRow& r : s.rows)
    if (r.rater == rater) return r;
  throw std::runtime_error("no rater " + rater);
}

// Three humans who agree but for small noise, a judge that follows them and one that draws lots.
RatingTable good_humans() {
  Stream noise("datasheet-test");
  std::vector<std::vector<double>> items;
  for (int i = 0; i < 60; ++i) {
    const double truth = i % 6;
    const auto near = [&] { return std::clamp(truth + (noise.uniform() < 0.15 ? 1.0 : 0.0), 0.0, 5.0); };
    items.push_back({near(), near(), near(), near(), std::floor(noise.uniform(0, 6))});
  }
  return table_of({human("ann"), human("bob"), human("cat"), judge("good"), judge("lots")}, items);
}

TEST(Datasheet, AJudgeThatFollowsHumansIsToldFromOneThatDoesNot) {
  RatingTable t = good_humans();
  add_floors(t);
  const Datasheet s = make_datasheet(t);
  EXPECT_EQ(s.humans, 3);
  EXPECT_GT(s.human_alpha.value.value(), 0.9);
  EXPECT_EQ(s.humans_say, "");
  EXPECT_THAT(row(s, "good").conclusion, HasSubstr("follows humans better than the best floor"));
  EXPECT_THAT(row(s, "lots").conclusion, StartsWith("cannot"));
  EXPECT_EQ(row(s, "ann").conclusion, "a yardstick");
  EXPECT_EQ(row(s, "floor: longest").conclusion, "a floor");
  // Humans first, floors last.
  EXPECT_EQ(s.rows.front().kind, RaterKind::human);
  EXPECT_EQ(s.rows.back().kind, RaterKind::trivial);
  const HumanAgreement& h = row(s, "good").humans;
  EXPECT_LT(h.spearman.low.value(), h.spearman.value.value());
  EXPECT_GT(h.spearman.high.value(), h.spearman.value.value());
  EXPECT_EQ(h.spearman.clusters, 30);
  EXPECT_TRUE(h.alpha.value);
  ASSERT_EQ(s.pairs.size(), 1u);
  EXPECT_LT(s.pairs[0].p_both.value(), 0.05);
}

TEST(Datasheet, WhereHumansDisagreeOneCannotTell) {
  Stream noise("datasheet-noise");
  std::vector<std::vector<double>> items;
  for (int i = 0; i < 60; ++i) {
    const auto lot = [&] { return std::floor(noise.uniform(0, 6)); };
    const double a = lot(), b = lot(), c = lot();
    items.push_back({a, b, c, (a + b + c) / 3});  // the judge is the humans' very mean
  }
  const Datasheet s = make_datasheet(table_of({human("a"), human("b"), human("c"), judge("j")}, items));
  EXPECT_NEAR(row(s, "j").humans.spearman.value.value(), 1, 1e-9);
  EXPECT_THAT(row(s, "j").conclusion, StartsWith("cannot tell: humans agree too little"));
  EXPECT_THAT(row(s, "a").conclusion, StartsWith("cannot tell"));
}

TEST(Datasheet, WithoutHumansOrWithOneTheConclusionSaysSo) {
  std::vector<std::vector<double>> items;
  for (int i = 0; i < 20; ++i) items.push_back({double(i % 6), double(i % 6)});
  EXPECT_THAT(row(make_datasheet(table_of({judge("a"), judge("b")}, items)), "a").conclusion,
              StartsWith("cannot tell: no human"));
  const Datasheet one = make_datasheet(table_of({human("a"), judge("b")}, items));
  EXPECT_THAT(row(one, "b").conclusion, HasSubstr("how close to humans cannot be told"));
  RatingTable scripted = table_of({human("a"), judge("b")}, items);
  scripted.raters[0].kind = RaterKind::script;
  const Datasheet s = make_datasheet(scripted);
  EXPECT_EQ(s.humans, 0) << "a script is no human";
  EXPECT_THAT(row(s, "a").conclusion, HasSubstr("no evidence"));
}

TEST(Datasheet, CountsFailuresByKindAndReplicatesByHand) {
  RatingTable t = table_of({judge("j")}, {{1}, {2}, {3}, {4}});
  t.at(0, 0) = {rating(1), rating(1), rating(2)};  // pairs: equal, 1, 1
  t.at(1, 0) = {rating(4), rating(2)};             // one pair, 2 apart
  t.at(2, 0) = {ParseFailure{"?"}, rating(5)};     // a failure, then one rating: no pair
  t.at(3, 0) = {TransportError{}};
  const Datasheet sheet = make_datasheet(t);
  const DatasheetRow& r = row(sheet, "j");
  EXPECT_EQ(r.asked, 4);
  EXPECT_EQ(r.scored, 2);
  EXPECT_EQ(r.failures.at("parse_failure"), 1);
  EXPECT_EQ(r.failures.at("transport_error"), 1);
  EXPECT_EQ(r.retest_pairs, 4);
  EXPECT_EQ(r.retest_items, 2);
  EXPECT_EQ(r.retest_equal, 0.25);
  // Within items: squares 2/3 and 2, freedom 2 + 1.
  EXPECT_DOUBLE_EQ(r.retest_sd.value(), std::sqrt((2.0 / 3 + 2) / 3));
  EXPECT_EQ(r.mean, 2.5);
}

TEST(Datasheet, SystemsAreOrderedAndComparedByQuestion) {
  RatingTable t;
  t.name = "toy";
  t.raters = {judge("j")};
  Stream noise("datasheet-systems");
  for (int q = 0; q < 12; ++q)
    for (const auto& [system, level] :
         std::vector<std::pair<std::string, double>>{{"a", 4}, {"b", 4}, {"c", 1}}) {
      const double bump = noise.uniform() < 0.5 ? 0 : 1;
      t.items.push_back(
          {fmt::format("{}-{}", system, q), fmt::format("q{}", q), system, "?", "r", "x y", {}});
      t.cells.push_back({rating(level + bump)});
    }
  add_floors(t);
  const Datasheet s = make_datasheet(t);
  const auto& m = s.systems.front();
  EXPECT_EQ(m.rater, "j");
  EXPECT_EQ(m.systems.back().system, "c");
  EXPECT_EQ(m.pairs, 3);
  EXPECT_EQ(m.decided, 2);  // c against both
}

// An item that names no cluster is its own, whatever other items' clusters are called.
TEST(Datasheet, AnItemsIdIsNoClustersName) {
  std::vector<std::vector<double>> ratings;
  for (int i = 0; i < 18; ++i) ratings.push_back({i < 6 ? 0.0 : i % 2 ? 4.0 : 5.0});
  RatingTable t = table_of({judge("j")}, ratings);
  for (std::size_t i = 0; i < t.items.size(); ++i) {
    const std::string name = fmt::format("g{}", i % 6);
    t.items[i].system = std::string(1, static_cast<char>('A' + i / 6));
    t.items[i].cluster = i < 6 ? "" : name;
    if (i < 6) t.items[i].id = name;
  }
  const Datasheet s = make_datasheet(t);
  EXPECT_EQ(s.clusters, 12);
  ASSERT_EQ(s.systems.size(), 1u);
  EXPECT_EQ(s.systems[0].pairs, 3);
  EXPECT_EQ(s.systems[0].decided, 0) << "A shares no cluster with B or C";
  for (std::size_t i = 0; i < 6; ++i) t.items[i].cluster = fmt::format("g{}", i);
  EXPECT_EQ(make_datasheet(t).systems[0].decided, 2);
}

TEST(Datasheet, ItsWritersSayTheSame) {
  RatingTable t = good_humans();
  add_floors(t);
  const std::vector<Datasheet> sheets = {make_datasheet(t)};
  const Json json = datasheet_json(sheets);
  EXPECT_EQ(parse_json(json.dump(1), "j"), json);
  EXPECT_EQ(json.at("tables").elements()[0].at("raters").size(), t.raters.size());
  const std::string text = datasheet_text(sheets),
                    page = datasheet_html(sheets, source_path("reports/assets"));
  for (const char* said : {"good", "floor: longest", "follows humans better than the best floor"}) {
    EXPECT_THAT(text, HasSubstr(said));
    EXPECT_THAT(page, HasSubstr(said));
  }
  EXPECT_EQ(datasheet_json({make_datasheet(t)}).dump(), json.dump()) << "the same bytes again";
}

// Each table of judges that humans rated has its plot's place above it, and no other table has one.
TEST(Datasheet, ThePageHasAPlaceForEveryPlot) {
  RatingTable rated = good_humans(), unrated = table_of({judge("a"), judge("b")}, {{1, 2}, {2, 2}, {3, 1}});
  unrated.name = "unrated";
  const std::string page =
      datasheet_html({make_datasheet(rated), make_datasheet(unrated)}, source_path("reports/assets"));
  const std::string place = "<figure class=\"plot\" id=\"plot-";
  EXPECT_THAT(page, HasSubstr(place + "judges-toy-\""));
  EXPECT_THAT(page, HasSubstr("{\"table\":\"judges-toy-\""));
  EXPECT_EQ(page.find(place), page.rfind(place)) << "one figure, for one plot";
}

// Published alphas and correlations: newsroom's three raters hardly agree.
TEST(DatasheetReal, NewsroomsHumansAreNoYardstick) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  const Json reference = read_json_file(*data + "/statistics_reference_values.json").at("JUDGE-BENCH_alpha");
  for (RatingTable& t : import_judge_bench(*data + "/judge_bench/newsroom.json")) {
    add_floors(t);
    const Datasheet s = make_datasheet(t);
    EXPECT_NEAR(s.human_alpha.value.value(), reference.at("newsroom ordinal " + t.criterion).as_double(),
                1e-9);
    EXPECT_EQ(s.clusters, 60);
    for (const DatasheetRow& r : s.rows)
      EXPECT_THAT(r.conclusion, StartsWith("cannot tell: humans")) << t.criterion << " " << r.rater;
  }
}

TEST(DatasheetReal, UniEvalsCorrelationsAreThePublishedOnes) {
  const auto data = real_data();
  UNDERTONE_NEED(data, skip_reason());
  const Json reference = read_json_file(*data + "/statistics_reference_values.json").at("UniEval");
  for (const char* file : {"dialogue/topical_chat_result.json", "fact/qags_xsum_result.json"})
    for (const RatingTable& t : import_unieval(*data + "/unieval/" + file)) {
      const Json* wanted = reference.find(std::string(file) + "|" + t.criterion);
      ASSERT_TRUE(wanted) << file << " " << t.criterion;
      const Datasheet sheet = make_datasheet(t);
      const HumanAgreement& h = row(sheet, "unieval").humans;
      EXPECT_NEAR(h.spearman.value.value(), wanted->at("spearman").as_double(), 1e-9) << t.criterion;
      EXPECT_NEAR(h.kendall.value.value(), wanted->at("kendall_b").as_double(), 1e-9) << t.criterion;
    }
}

}  // namespace
}  // namespace undertone::test
