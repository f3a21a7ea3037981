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

#include "datasets/human_ratings.h"
#include "datasets/import_ratings.h"
#include "harness/core/nouns.h"
#include "metrics/alternative_annotator.h"
#include "metrics/statistics/paired_tests.h"
#include "metrics/value.h"
#include "reports/datasheet_probes.h"
#include "reports/table.h"

namespace undertone {

// Against the humans: for a judge the mean of all humans of an item; for a human the mean of the others.
struct HumanAgreement {
  Measured spearman, kendall;
  Measured pairwise;             // pairs of items ordered as humans do (ties count; Deutsch et al. 2023)
  Measured pairwise_calibrated;  // with the tie threshold that suits the rater best
  Measured alpha;  // Krippendorff's with that mean, interval level; only where both scales are one
  std::optional<double> p_against_floor;  // PERM-BOTH by cluster: this rater against the best floor
  std::string best_floor;
  // May it stand in a human's place? (metrics/alternative_annotator.h.) Equal answers to a question count
  // once.
  metrics::AlternativeAnnotatorTest alternative;
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

// A system's mean on the humans' scale, from few human ratings and a rater's verdict on every answer (PPI++:
// metrics/statistics/prediction_powered.h).
struct CorrectedMean {
  std::string rater, system;
  std::int64_t items = 0, rated = 0;  // answers that the rater scored; of them rated by a human
  std::optional<double> judge_mean, tuning;
  Measured human_only, corrected;
};

// Two variants, as people put them side by side.
struct JudgePreference {
  std::string judge;
  RaterKind kind = RaterKind::judge;
  std::int64_t ties = 0;  // pairs on which people decide and it does not
  Measured agreement;     // share with the people's sign, of the pairs on which both decide
  Measured difference;    // its mean of first - second on the rated pairs
  std::string says;       // whether its sign is the people's
};
struct Preferences {
  std::string source;  // the rating page
  HumanVariant first, second;
  std::int64_t pairs = 0, population = 0, identical = 0, raters = 0;
  Measured preference;                                   // mean of 1 first, 0 tie, -1 second
  double first_better = 0, ties = 0, second_better = 0;  // shares of the judgements
  std::optional<double> alpha;  // Krippendorff's, ordinal, of pairs that several rated
  std::vector<JudgePreference> judges;
  std::string says;
};

struct Datasheet {
  std::string name, criterion, source;
  std::int64_t items = 0, clusters = 0, humans = 0;
  Measured human_mean;             // over items, drawn ones weighted by their chance; clustered t
  Measured human_alpha;            // all humans, ordinal
  Measured human_ceiling;          // mean Spearman of each human with the mean of the others
  std::string humans_say;          // whether humans are a yardstick at all
  std::vector<DatasheetRow> rows;  // humans, judges, metrics, floors
  std::vector<RaterPair> pairs;
  std::vector<SystemMeans> systems;
  std::vector<CorrectedMean> corrected;  // where some of the answers have a human rating
  std::string corrected_reason;          // why there is none
  std::vector<Preferences> preferences;
  std::vector<ProbeRow> probes;  // where it was asked for them
  std::string probes_drawn;      // how many answers a probe, and how they were drawn
  std::vector<std::string> notes;
};

// Adds the floors as raters of their own: always, longest, random; overlap and exact where there are
// references. Nothing where no item has an answer.
void add_floors(RatingTable& table);

struct DatasheetOptions {
  double level = 0.95;
  double epsilon = 0.2;  // of the alternative annotator test
  std::string stream = "datasheet";
};
Datasheet make_datasheet(const RatingTable& table, const DatasheetOptions& options = {});
// What people preferred on a page of pairs, beside what the judges of `table` (a run's answers, named as
// rating_table() does) say of the same answers. Nothing where only scripts rated.
std::optional<Preferences> preferences_of(const HumanRecord& record, const RatingTable& table,
                                          const DatasheetOptions& options = {});

// Below this alpha humans support not even tentative conclusions (Krippendorff 2004, chapter 11.4).
inline constexpr double kTentativeAlpha = 0.667;

std::string datasheet_text(const std::vector<Datasheet>& sheets);  // for a terminal
Json datasheet_json(const std::vector<Datasheet>& sheets);
std::string datasheet_html(const std::vector<Datasheet>& sheets, const std::string& assets_folder);
std::vector<Table> datasheet_tables(const Datasheet& sheet);

// The judges and metrics that have a correlation with the humans, best first. `groups`: letters; two raters
// that share one are not told apart by PERM-BOTH at the familywise level `alpha` (Holm over all pairs; a pair
// without a test is not told apart). `better`: how many are significantly above.
struct BoardRow {
  const DatasheetRow* row = nullptr;  // of the sheet
  std::string groups;
  int better = 0;
};
std::vector<BoardRow> judge_board(const Datasheet& sheet, double alpha);
Table board_table(const Datasheet& sheet);  // empty without humans

// Internal to datasheet_*.cc
std::string title_of(const Datasheet& sheet);
std::string cluster_of(const RatedItem& item);  // its own where it names none; tells the two apart
struct Rated {  // one rater's replicate 0 beside another side, on the items that have both
  std::vector<double> x, y;
  std::vector<std::uint32_t> cluster;  // dense
  std::uint32_t clusters = 0;
};
Rated paired(const RatingTable& table, const ItemValues& x, const ItemValues& y);
double words_of(const RatedItem& item);
void describe_rows(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
void compare_raters(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
bool on_humans_scale(const RatingTable& table, std::size_t rater);
void add_human_evidence(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
void order_systems(const RatingTable& table, const DatasheetOptions& options, Datasheet& sheet);
// Spearman, Kendall and others with the jackknife over clusters, on Fisher's scale for correlations.
enum class Statistic { spearman, kendall, pairwise, pairwise_calibrated, alpha, difference, auroc };
metrics::Value statistic_of(Statistic statistic, std::span<const double> x, std::span<const double> y);
Measured measure(Statistic statistic, const Rated& rated, double level);
Measured measured(const std::optional<double>& value, const statistics::Interval& interval, std::size_t n,
                  std::size_t clusters);
// Whether two raters follow the humans alike, on what both scored and humans rated: PERM-BOTH on ranks, whole
// clusters exchanged. Nothing below three items or clusters.
std::optional<statistics::TestResult> both_test(const RatingTable& table, const ItemValues& x,
                                                const ItemValues& y, const ItemValues& humans,
                                                const std::string& stream);

}  // namespace undertone
