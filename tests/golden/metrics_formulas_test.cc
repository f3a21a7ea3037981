// Every formula against an independent program on 1,000 random cases (make_metrics_formulas.py). Both sides
// draw the inputs from the same named streams; only the outputs are committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/core/random.h"
#include "metrics/agreement.h"
#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/dimensional.h"
#include "metrics/judge_quality.h"
#include "metrics/rank_correlation.h"
#include "metrics/text_match.h"
#include "metrics/text_similarity.h"
#include "tests/support/reference_json.h"

namespace undertone::metrics {
namespace {

constexpr std::size_t kCases = 1000;

class Expected {
 public:
  Expected() : file_(read_json_file(test::source_path("tests/golden/metrics/formulas.json"))) {}
  // The case's reference; the value and, where there is none, a reason.
  void check(const std::string& name, std::size_t index, const Value& ours) {
    const auto& all = file_.at(name).elements();
    ASSERT_LT(index, all.size()) << name;
    const Json& reference = all[index];
    if (reference.is_string()) return;  // the other program refuses so few items
    const std::string what = name + ", case " + std::to_string(index);
    if (reference.is_null()) {
      EXPECT_FALSE(ours.has_value()) << what << ": " << ours.value();
      EXPECT_STRNE(ours.reason(), "") << what;
    } else if (!ours.has_value()) {
      ADD_FAILURE() << what << ": nothing (" << ours.reason() << ") against " << reference.as_double();
    } else {
      test::expect_close(ours.value(), reference.as_double(), what);
    }
  }

 private:
  Json file_;
};

Expected& expected() {
  static Expected read;
  return read;
}

void check_scores(const std::string& prefix, std::size_t i, const ClassificationScores& s) {
  Expected& e = expected();
  e.check(prefix + "accuracy", i, s.accuracy);
  e.check(prefix + "uar", i, s.unweighted_average_recall);
  const bool wrong = prefix == "wrong/";  // over mapped items all micro scores are the accuracy
  e.check(wrong ? "wrong/precision_micro" : "mapped/accuracy", i, s.precision_micro);
  e.check(wrong ? "wrong/f1_micro" : "mapped/accuracy", i, s.f1_micro);
  e.check(prefix + "accuracy", i, s.recall_micro);
  e.check(prefix + "precision_macro", i, s.precision_macro);
  e.check(prefix + "f1_macro", i, s.f1_macro);
  e.check(prefix + "precision_weighted", i, s.precision_weighted);
  e.check(prefix + "f1_weighted", i, s.f1_weighted);
  e.check(prefix + "matthews", i, s.matthews);
  e.check(prefix + "kappa", i, s.kappa);
}

TEST(MetricsFormulas, Classification) {
  for (std::size_t i = 0; i < kCases; ++i) {
    Stream s("tests/metrics/labels", i);
    const std::size_t k = 2 + s.below(6), n = 1 + s.below(60);
    std::vector<std::int32_t> gold, answered;
    for (std::size_t r = 0; r < n; ++r) {
      auto g = static_cast<std::int32_t>(s.below(k));
      const double u = s.uniform();
      const auto a = static_cast<std::int32_t>(s.below(k));
      if (i % 3 == 1) g %= static_cast<std::int32_t>(k) - 1;
      gold.push_back(g);
      answered.push_back(u < 0.5 ? g : u < 0.9 ? a : -1);
    }
    const Confusion table = confusion_of(gold, answered, k);
    check_scores("mapped/", i, classification_scores(table));
    check_scores("wrong/", i, classification_scores(table, Unmapped::wrong));
    expected().check("mapped/kappa", i, cohen_kappa(table, Weights::none));
    expected().check("kappa_linear", i, cohen_kappa(table, Weights::linear));
    expected().check("kappa_quadratic", i, cohen_kappa(table, Weights::quadratic));
  }
}

struct Pairs {
  std::vector<double> x, y;
  std::vector<std::uint32_t> group;
};

Pairs pairs_case(std::size_t i) {
  Stream s("tests/metrics/pairs", i);
  Pairs p;
  const std::size_t n = 2 + s.below(30);
  for (std::size_t r = 0; r < n; ++r) {
    double a = s.uniform(), b = s.uniform();
    if (s.uniform() < 0.4) b = a;
    switch (i % 5) {
      case 1:
        a = std::floor(6 * a), b = std::floor(6 * b);
        break;
      case 2:
        b = std::floor(6 * b);
        break;
      case 3:
        a = std::floor(11 * a) / 2, b = std::floor(3 * b);
        break;
      case 4:
        a = a < 0.1, b = b < 0.1;
        break;
    }
    p.x.push_back(a);
    p.y.push_back(b);
    p.group.push_back(static_cast<std::uint32_t>(r % 3));
  }
  return p;
}

TEST(MetricsFormulas, CorrelationAndJudgeQuality) {
  Expected& e = expected();
  for (std::size_t i = 0; i < kCases; ++i) {
    const auto [x, y, group] = pairs_case(i);
    e.check("pearson", i, pearson(x, y));
    e.check("spearman", i, spearman(x, y));
    e.check("concordance", i, concordance(x, y));
    e.check("kendall_b", i, kendall_tau_b(x, y));
    e.check("kendall_c", i, kendall_tau_c(x, y));
    e.check("gamma", i, goodman_kruskal_gamma(x, y));
    e.check("rmse", i, root_mean_squared_error(x, y));
    e.check("mae", i, mean_absolute_error(x, y));

    std::vector<double> sorted = y;
    std::sort(sorted.begin(), sorted.end());
    const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
    std::vector<std::uint8_t> right;
    for (double v : y) right.push_back(i % 2 ? v >= median : v > median);
    e.check("auroc", i, area_under_roc(x, right));
    e.check("point_biserial", i, point_biserial(x, right));
    const TrendTest trend = cochran_armitage(share_correct_by_level(x, right));
    e.check("trend_z", i, trend.z);
    e.check("trend_p", i, trend.p_value);

    const PairwiseAccuracy all = pairwise_accuracy(x, y), within = pairwise_accuracy(x, y, group);
    e.check("pairwise", i, all.accuracy);
    e.check("pairwise_calibrated", i, all.calibrated);
    e.check("epsilon", i, all.epsilon);
    e.check("pairwise_grouped", i, within.calibrated);
    if (within.groups) {
      e.check("epsilon_grouped", i, within.epsilon);
      const Value at = pairwise_accuracy_at(x, y, group, within.epsilon);
      test::expect_close(at.value(), within.calibrated.value(), "accuracy at its own epsilon");
    }
    e.check("pearson_grouped", i, grouped(x, y, group, [](auto a, auto b) { return pearson(a, b); }).value);
  }
}

TEST(MetricsFormulas, Agreement) {
  Expected& e = expected();
  const std::vector<double> scale = {1, 2, 3, 4, 5};
  for (std::size_t i = 0; i < kCases; ++i) {
    Stream s("tests/metrics/ratings", i);
    const std::size_t items = 2 + s.below(12), raters = 2 + s.below(4);
    std::vector<double> values;
    for (std::size_t r = 0; r < items; ++r) {
      const auto truth = s.below(5);
      for (std::size_t c = 0; c < raters; ++c) {
        const double u = s.uniform();
        const auto other = s.below(5);
        const bool lost = s.uniform() < 0.25 && i % 2;
        values.push_back(lost ? std::numeric_limits<double>::quiet_NaN()
                              : 1.0 + static_cast<double>(u < 0.6 ? truth : other));
      }
    }
    const Ratings ratings{values, raters};
    e.check("alpha_nominal", i, krippendorff_alpha(ratings, Level::nominal));
    e.check("alpha_ordinal", i, krippendorff_alpha(ratings, Level::ordinal));
    e.check("alpha_interval", i, krippendorff_alpha(ratings, Level::interval));
    e.check("alpha_ratio", i, krippendorff_alpha(ratings, Level::ratio));
    e.check("fleiss", i, fleiss_kappa(ratings));
    e.check("gwet_none", i, gwet_ac(ratings, GwetWeights::none, scale));
    e.check("gwet_ordinal", i, gwet_ac(ratings, GwetWeights::ordinal, scale));
    e.check("gwet_linear", i, gwet_ac(ratings, GwetWeights::linear, scale));
    e.check("gwet_quadratic", i, gwet_ac(ratings, GwetWeights::quadratic, scale));
    const IntraclassCorrelation icc = intraclass_correlation(ratings);
    e.check("icc_single", i, icc.single);
    e.check("icc_average", i, icc.average);
  }
}

TEST(MetricsFormulas, Texts) {
  Expected& e = expected();
  const std::vector<std::string> ascii = {"the", "a",   "cat",  "cats",  "speaker", "sounds", "Happy",
                                          "sad", "not", "very", "angry", "2",       "voices"};
  const std::vector<std::string> other = {"m\u00fcde", "Stra\u00dfe", "\u65e5\u672c", "na\u00efve",
                                          "\U0001F642"};
  for (std::size_t i = 0; i < kCases; ++i) {
    Stream s("tests/metrics/texts", i);
    std::vector<std::string> words = ascii;
    if (i % 2) words.insert(words.end(), other.begin(), other.end());
    auto draw = [&](std::size_t least) {
      std::vector<std::string> out(least + s.below(10));
      for (std::string& w : out) w = words[s.below(words.size())];
      return out;
    };
    const std::vector<std::string> r = draw(1);
    std::vector<std::string> a = draw(0);
    if (i % 4 < 2) {
      std::vector<std::string> close;
      for (const std::string& w : r)
        if (s.uniform() < 0.7) close.push_back(w);
      close.insert(close.end(), a.begin(), a.begin() + std::min<std::ptrdiff_t>(2, std::ssize(a)));
      a = close;
    }
    std::string reference, answer;
    for (const std::string& w : r) reference += (reference.empty() ? "" : " ") + w;
    for (const std::string& w : a) answer += (answer.empty() ? "" : ", ") + w;
    if (!a.empty()) answer += ".";

    e.check("token_f1", i, token_f1(reference, answer));
    if (i % 2 == 0) e.check("rouge_l", i / 2, rouge_l(reference, answer));
    e.check("chrf", i, chrf(reference, answer));
    const auto wanted = normalised_words(reference), said = normalised_words(answer);
    const AlignmentCounts w = align_words(wanted, said), c = align_characters(wanted, said);
    e.check("wer", i, error_rate(w));
    e.check("cer", i, error_rate(c));
    EXPECT_EQ(w.hits + w.substitutions + w.insertions, std::ssize(said));
    EXPECT_EQ(w.reference_tokens(), std::ssize(wanted));
  }
}

}  // namespace
}  // namespace undertone::metrics
