// Metric formulas against SciPy, scikit-learn, jiwer and UniEval's published correlations.
#include <gtest/gtest.h>

#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/rank_correlation.h"
#include "metrics/text_match.h"
#include "tests/support/reference_json.h"

namespace undertone::metrics {
namespace {
using test::expect_close;
using test::metrics_reference;
using test::numbers;

TEST(MetricsReference, Correlations) {
  for (const Json& c : metrics_reference().at("correlation").elements()) {
    const auto x = numbers(c.at("x")), y = numbers(c.at("y"));
    expect_close(pearson(x, y).value(), c.at("pearson").as_double(), "Pearson");
    expect_close(spearman(x, y).value(), c.at("spearman").as_double(), "Spearman");
    expect_close(concordance(x, y).value(), c.at("concordance").as_double(), "concordance");
    EXPECT_EQ(midranks(x), numbers(c.at("ranks")));
  }
}

TEST(MetricsReference, Classification) {
  for (const Json& c : metrics_reference().at("classification").elements()) {
    const auto gold = test::whole_numbers<std::size_t>(c.at("gold")),
               answered = test::whole_numbers<std::size_t>(c.at("answered"));
    Confusion table(static_cast<std::size_t>(c.at("classes").as_int()));
    for (std::size_t i = 0; i < gold.size(); ++i) table.at(gold[i], answered[i]) += 1;
    for (std::size_t g = 0; g < table.classes; ++g)
      for (std::size_t a = 0; a < table.classes; ++a)
        EXPECT_EQ(table.at(g, a), c.at("confusion").elements()[g].elements()[a].as_double());
    expect_close(accuracy(table).value(), c.at("accuracy").as_double(), "accuracy");
    expect_close(unweighted_average_recall(table).value(), c.at("uar").as_double(), "UAR");
    expect_close(macro_f1(table).value(), c.at("f1_macro").as_double(), "macro F1");
    expect_close(weighted_f1(table).value(), c.at("f1_weighted").as_double(), "weighted F1");
    const auto scores = class_scores(table);
    auto same = [](const std::optional<double>& ours, const Json& reference, const char* what) {
      ASSERT_EQ(ours.has_value(), !reference.is_null()) << what;
      if (ours) expect_close(*ours, reference.as_double(), what);
    };
    for (std::size_t k = 0; k < table.classes; ++k) {
      same(scores[k].recall, c.at("recall").elements()[k], "recall");
      same(scores[k].precision, c.at("precision").elements()[k], "precision");
    }
  }
}

TEST(MetricsReference, WordErrors) {
  for (const Json& c : metrics_reference().at("word_errors").elements()) {
    const auto reference = normalised_words(c.at("reference").as_string());
    const WordErrors e = align_words(reference, normalised_words(c.at("answer").as_string()));
    EXPECT_EQ(e.errors(), c.at("errors").as_int()) << c.at("reference").as_string();
    EXPECT_EQ(e.reference_words(), static_cast<std::int64_t>(reference.size()));
    expect_close(word_error_rate(e).value(), c.at("wer").as_double(), "word error rate");
  }
}

TEST(MetricsReference, CorrelationsPublishedByUniEval) {
  const auto folder = test::real_data();
  UNDERTONE_NEED(folder, test::skip_reason());
  const Json all = read_json_file(*folder + "/statistics_reference_values.json").at("UniEval");
  std::size_t compared = 0;
  for (const auto& [name, expected] : all.members()) {
    const std::size_t bar = name.find('|');
    const std::string dimension = name.substr(bar + 1);
    std::vector<double> human, metric;
    const Json items = read_json_file(*folder + "/unieval/" + name.substr(0, bar));
    for (const Json& item : items.elements()) {
      human.push_back(item.at("scores").at(dimension).as_double());
      metric.push_back(item.at("predict_scores").at(dimension).as_double());
    }
    EXPECT_EQ(human.size(), static_cast<std::size_t>(expected.at("n").as_int()));
    expect_close(pearson(metric, human).value(), expected.at("pearson").as_double(), name);
    expect_close(spearman(metric, human).value(), expected.at("spearman").as_double(), name);
    expect_close(kendall_tau_b(metric, human).value(), expected.at("kendall_b").as_double(), name);
    ++compared;
  }
  EXPECT_EQ(compared, 14u);
}

}  // namespace
}  // namespace undertone::metrics
