// A judge's datasheet: what can be said for and against each rater of a table of ratings, humans and floors
// as rows beside the judges. Nothing here makes a judge look better than it was measured: where humans hardly
// agree, or there are none, the conclusion is that one cannot tell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/import_ratings.h"
#include "harness/core/nouns.h"
#include "metrics/statistics/paired_tests.h"
#include "metrics/value.h"
#include "reports/table.h"

namespace undertone {

// A statistic with its interval by leaving out clusters, or why there is none.
struct Measured {
  std::optional<double> value, low, high;
  std::string reason;
  std::int64_t n = 0;  // items
  std::int64_t clusters = 0;
};

// Against the humans: for a judge the mean of all humans of an item; for a human the mean of the others.
struct HumanAgreement {
  Measured spearman, kendall;
  Measured pairwise;             // pairs of items ordered as humans do (ties count; Deutsch et al. 2023)
  Measured pairwise_calibrated;  // with the tie threshold that suits the rater best
  Measured alpha;  // Krippendorff's with that mean, interval level; only where both scales are one
  std::optional<double> p_against_floor;  // PERM-BOTH by cluster: this rater against the best floor
  std::string best_floor;
};

struct DatasheetRow {
  std::string rater;
  RaterKind kind = RaterKind::judge;
  std::int64_t asked = 0, scored = 0;
  std::map<std::string, std::int64_t> failures;  // by kind of verdict; replicate 0
  // Pairs of the rater's verdicts on one item: of replicates, or of the same text asked twice.
  std::int64_t retest_pairs = 0, retest_items = 0;
  std::optional<double> retest_equal, retest_kappa, retest_sd;  // kappa: quadratic, on whole ratings
  std::optional<double> mean;
  HumanAgreement humans;
  // Ratings against the answer's length in words, and the humans' ratings against it.
  Measured length, human_length;
  // With correctness of the labels: items' own, and a run's estimates ("... ~accuracy/...").
  Measured auroc, accuracy_spearman;
  bool circular = false;  // shares a resource with the label mapping: supports no claim
  std::vector<Estimate> estimates;
  std::string conclusion;
  std::vector<std::string> caveats;
};

// Two raters that are no humans, on the items that both scored.
struct RaterPair {
  std::string first, second;
  std::int64_t n = 0, equal = 0;
  Measured difference;  // first - second
  std::optional<double> quadratic_kappa, alpha;
  Measured spearman;
  std::optional<double> p_both;  // PERM-BOTH by cluster, where humans rated
};

struct SystemMeans {
  std::string rater;
  struct One {
    std::string system;
    Measured mean;
  };
  std::vector<One> systems;  // best first
  std::int64_t pairs = 0,
               decided = 0;  // of systems; decided: the clustered interval of the difference is clear of 0
  std::map<std::string, double> tau;  // Kendall's with other raters' orders, by name
};

struct Datasheet {
  std::string name, criterion, source;
  std::int64_t items = 0, clusters = 0, humans = 0;
  Measured human_alpha;            // all humans, ordinal
  Measured human_ceiling;          // mean Spearman of each human with the mean of the others
  std::string humans_say;          // whether humans are a yardstick at all
  std::vector<DatasheetRow> rows;  // humans, judges, metrics, floors
  std::vector<RaterPair> pairs;
  std::vector<SystemMeans> systems;
  std::vector<std::string> notes;
};

// Adds the floors as raters of their own: always, longest, random; overlap and exact where there are
// references. Nothing where no item has an answer.
void add_floors(RatingTable& table);

struct DatasheetOptions {
  double level = 0.95;
  std::string stream = "datasheet";
};
Datasheet make_datasheet(const RatingTable& table, const DatasheetOptions& options = {});

// Below this alpha humans support not even tentative conclusions (Krippendorff 2004, chapter 11.4).
inline constexpr double kTentativeAlpha = 0.667;

std::string datasheet_text(const std::vector<Datasheet>& sheets);  // for a terminal
Json datasheet_json(const std::vector<Datasheet>& sheets);
std::string datasheet_html(const std::vector<Datasheet>& sheets, const std::string& assets_folder);
std::vector<Table> datasheet_tables(const Datasheet& sheet);

// Internal to datasheet_*.cc
std::string title_of(const Datasheet& sheet);
std::string cluster_of(const RatedItem& item);  // its own where it names none; tells the two apart
struct Rated {  // one rater's replicate 0 beside another side, on the items that have both
  std::vector<double> x, y;
  std::vector<std::uint32_t> cluster;  // dense
  std::uint32_t clusters = 0;
};
using ItemValues = std::vector<std::optional<double>>;
ItemValues values_of(const RatingTable& table, std::size_t rater);  // replicate 0, NaN never
// Mean over the humans that rated an item, one left out where wanted (its index), else -1.
ItemValues human_means(const RatingTable& table, int without);
Rated paired(const RatingTable& table, const ItemValues& x, const ItemValues& y);
double words_of(const RatedItem& item);
void describe_rows(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
void compare_raters(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
void order_systems(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
// Spearman, Kendall and others with the jackknife over clusters, on Fisher's scale for correlations.
enum class Statistic { spearman, kendall, pairwise, pairwise_calibrated, alpha, difference, auroc };
metrics::Value statistic_of(Statistic statistic, std::span<const double> x, std::span<const double> y);
Measured measure(Statistic statistic, const Rated& rated, double level);
// Whether two raters follow the humans alike, on what both scored and humans rated: PERM-BOTH on ranks, whole
// clusters exchanged. Nothing below three items or clusters.
std::optional<statistics::TestResult> both_test(const RatingTable& table, const ItemValues& x,
                                                const ItemValues& y, const ItemValues& humans,
                                                const std::string& stream);

}  // namespace undertone
