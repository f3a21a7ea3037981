#include "metrics/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/reference_json.h"

namespace undertone::metrics {
namespace {

const double kMissing = std::numeric_limits<double>::quiet_NaN();
const double kInfinite = std::numeric_limits<double>::infinity();

TEST(Agreement, KrippendorffsTextbookData) {
  // Krippendorff 2011, section C: 12 units, 4 observers, missing data. One row per observer there, per unit
  // here.
  const double rows[4][12] = {{1, 2, 3, 3, 2, 1, 4, 1, 2, kMissing, kMissing, kMissing},
                              {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, kMissing, 3},
                              {kMissing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, kMissing},
                              {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, kMissing}};
  std::vector<double> values;
  for (int unit = 0; unit < 12; ++unit)
    for (const auto& row : rows) values.push_back(row[unit]);
  const Ratings ratings{values, 4};
  EXPECT_NEAR(krippendorff_alpha(ratings, Level::nominal).value(), 0.743421052631579, 1e-14);
  EXPECT_NEAR(krippendorff_alpha(ratings, Level::ordinal).value(), 0.8153875037548814, 1e-14);
  EXPECT_NEAR(krippendorff_alpha(ratings, Level::interval).value(), 0.8491071428571428, 1e-14);
  EXPECT_NEAR(krippendorff_alpha(ratings, Level::ratio).value(), 0.797, 5e-4);  // printed so
}

TEST(Agreement, ShroutAndFleissTableTwo) {
  // Six targets, four judges (Shrout & Fleiss 1979): ICC(2,1) = .29, ICC(2,4) = .62.
  const std::vector<double> values = {9, 2, 5, 8, 6,  1, 3, 2, 8, 4, 6, 8,
                                      7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};
  const IntraclassCorrelation icc = intraclass_correlation({values, 4});
  EXPECT_NEAR(icc.single.value(), 0.29, 0.005);
  EXPECT_NEAR(icc.average.value(), 0.62, 0.005);
}

TEST(Agreement, NothingWithAReason) {
  const std::vector<double> alike = {3, 3, 3, 3}, single = {1, kMissing, kMissing, 2},
                            infinite = {1, kInfinite, 2, 2}, negative = {-1, 1, 2, 2}, none;
  EXPECT_STREQ(krippendorff_alpha({alike, 2}, Level::interval).reason(),
               "all ratings are alike: chance agreement is certain");
  EXPECT_STREQ(krippendorff_alpha({single, 2}, Level::nominal).reason(), "no item has two ratings");
  EXPECT_STREQ(krippendorff_alpha({none, 2}, Level::nominal).reason(), "no item has two ratings");
  EXPECT_STREQ(krippendorff_alpha({infinite, 2}, Level::nominal).reason(), "a rating is infinite");
  EXPECT_STREQ(krippendorff_alpha({negative, 2}, Level::ratio).reason(),
               "a rating is negative: no ratio scale");
  EXPECT_STREQ(krippendorff_alpha({alike, 3}, Level::nominal).reason(),
               "the number of ratings is no multiple of the number of raters");
  EXPECT_STREQ(krippendorff_alpha({alike, 0}, Level::nominal).reason(),
               "the number of ratings is no multiple of the number of raters");
  EXPECT_STREQ(fleiss_kappa({single, 2}).reason(), "no item has two ratings");
  const std::vector<double> uneven = {1, 2, 3, 1, 2, kMissing};
  EXPECT_STREQ(fleiss_kappa({uneven, 3}).reason(), "items differ in their number of ratings");
  EXPECT_STREQ(intraclass_correlation({uneven, 3}).single.reason(),
               "a rating is missing: every rater must have rated every item");
  EXPECT_STREQ(intraclass_correlation({alike, 2}).average.reason(), "all ratings are alike");
  EXPECT_STREQ(gwet_ac({alike, 2}, GwetWeights::none).reason(),
               "fewer than two categories: chance agreement is undefined");
  const std::vector<double> scale = {1, 2};
  EXPECT_STREQ(gwet_ac({alike, 2}, GwetWeights::none, scale).reason(), "a rating is none of the categories");
  Confusion one(3);
  one.at(1, 1) = 5;
  EXPECT_STREQ(cohen_kappa(one, Weights::linear).reason(),
               "all ratings are alike: chance agreement is certain");
  EXPECT_STREQ(cohen_kappa(Confusion(2), Weights::none).reason(), "no items");
}

// Where nearly all ratings are alike Gwet's coefficient stays high, unlike kappa: the reason to have both.
TEST(Agreement, GwetStaysSensibleWhereOneCategoryPrevails) {
  std::vector<double> values;
  for (int i = 0; i < 96; ++i) values.insert(values.end(), {1, 1});
  values.insert(values.end(), {1, 2, 1, 2, 2, 1, 2, 1});
  EXPECT_GT(gwet_ac({values, 2}, GwetWeights::none).value(), 0.95);
  EXPECT_LT(fleiss_kappa({values, 2}).value(), 0);
}

TEST(Agreement, AlphaOfNewsroomAsPublished) {
  const auto folder = test::real_data();
  UNDERTONE_NEED(folder, test::skip_reason());
  const Json published =
      read_json_file(*folder + "/statistics_reference_values.json").at("JUDGE-BENCH_alpha");
  const Json newsroom = read_json_file(*folder + "/judge_bench/newsroom.json");
  for (const Json& annotation : newsroom.at("annotations").elements()) {
    const std::string metric = annotation.at("metric").as_string();
    std::vector<double> values;
    std::size_t raters = 0;
    for (const Json& instance : newsroom.at("instances").elements())
      raters = std::max(raters, instance.at("annotations").at(metric).at("individual_human_scores").size());
    for (const Json& instance : newsroom.at("instances").elements()) {
      const auto& scores = instance.at("annotations").at(metric).at("individual_human_scores").elements();
      for (std::size_t k = 0; k < raters; ++k)
        values.push_back(k < scores.size() && scores[k].is_number() ? scores[k].as_double() : kMissing);
    }
    EXPECT_NEAR(krippendorff_alpha({values, raters}, Level::ordinal).value(),
                published.at("newsroom ordinal " + metric).as_double(), 1e-9)
        << metric;
  }
}

}  // namespace
}  // namespace undertone::metrics
