// Metrics that a suite asks for by name: each brings its rows, nothing else changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "metrics/builtin.h"
#include "metrics/evaluate.h"
#include "metrics/rank_correlation.h"
#include "metrics/text_similarity.h"
#include "tests/support/evaluation_rows.h"

namespace undertone {
namespace {

using Rows = std::map<std::string, Estimate>;

Rows rows_of(const std::vector<Estimate>& estimates) {
  Rows out;
  for (const Estimate& e : estimates)
    out[e.system + "|" + e.test_condition + "|" + e.judge + "|" + e.tag + "|" + e.baseline] = e;
  return out;
}

std::set<std::string> leaves(const Rows& rows) {
  std::set<std::string> out;
  for (const auto& [key, e] : rows) out.insert(e.tag.substr(e.tag.rfind('/') + 1));
  return out;
}

class AskedMetrics : public testing::Test {
 protected:
  AskedMetrics() : made_(test::make_evaluation({12, 2, 3, 1, {1, 2}, 0.05})) {
    made_.settings.resamples = 100;
    made_.settings.contrasts.clear();
    int content = 0, happy = 0;
    for (Question& q : made_.questions) {  // some transcriptions, some excited speakers
      if (q.type == QuestionType::C && ++content % 3 == 0) q.type = QuestionType::ASR;
      if (q.type == QuestionType::DE && q.gold.at("emotion") == "happy" && ++happy > 1)
        q.gold["emotion"] = "excited";
    }
  }
  Rows with(std::vector<std::string> metrics) {
    made_.settings.metrics = std::move(metrics);
    return rows_of(evaluate(made_.rows, made_.settings));
  }
  test::MadeEvaluation made_;
};

TEST_F(AskedMetrics, EachBringsItsRows) {
  const Rows plain = with({});
  const std::map<std::string, std::vector<std::string>> brings = {
      {"unweighted_average_recall", {"uar_unmapped_wrong"}},
      {"f1", {"f1_macro_unmapped_wrong", "f1_weighted_unmapped_wrong"}},
      {"f1_micro", {"f1_micro", "f1_micro_unmapped_wrong"}},
      {"precision",
       {"precision_macro", "precision_weighted", "precision_micro", "precision_macro_unmapped_wrong"}},
      {"matthews", {"matthews", "matthews_unmapped_wrong"}},
      {"cohen_kappa", {"kappa", "kappa_unmapped_wrong"}},
      {"kendall", {"kendall_b", "kendall_c"}},
      {"goodman_kruskal_gamma", {"gamma"}},
      {"auroc", {"auroc"}},
      {"pairwise_accuracy", {"pairwise_accuracy", "pairwise_accuracy_calibrated"}},
      {"score_trend", {"trend_z"}},
      {"correlation_by_group",
       {"pearson_by_item", "pearson_by_system", "kendall_b_by_item", "spearman_by_system"}},
      {"character_error_rate", {"cer"}},
      {"token_f1", {"token_f1"}},
      {"rouge_l", {"rouge_l"}},
      {"chrf", {"chrf"}}};
  for (const std::string& name : builtin_metric_names()) {
    const Rows asked = with({name});
    const auto found = brings.find(name);
    if (found == brings.end()) {  // always there
      EXPECT_EQ(asked.size(), plain.size()) << name;
      continue;
    }
    EXPECT_GT(asked.size(), plain.size()) << name;
    const auto have = leaves(asked), before = leaves(plain);
    for (const std::string& leaf : found->second) {
      EXPECT_TRUE(have.contains(leaf)) << name << " should bring " << leaf;
      EXPECT_FALSE(before.contains(leaf)) << leaf;
    }
    // What was there stays, to the byte, but for p-values adjusted over more tests.
    for (const auto& [key, e] : plain) {
      ASSERT_TRUE(asked.contains(key)) << key;
      EXPECT_EQ(to_json(asked.at(key)).dump(), to_json(e).dump()) << key;
    }
  }
}

TEST_F(AskedMetrics, EveryRowHasAnIntervalOrSaysWhyNot) {
  int with_interval = 0;
  for (const auto& [key, e] : with(builtin_metric_names())) {
    if (e.value && e.low) {
      EXPECT_LE(*e.low, *e.high) << key;
      ++with_interval;
    } else {
      EXPECT_FALSE(e.reason.empty()) << key;
    }
  }
  EXPECT_GT(with_interval, 100);
}

TEST_F(AskedMetrics, ValuesAreThoseOfTheFormulas) {
  const Rows rows = with({"auroc", "token_f1"});
  std::vector<double> score;
  std::vector<std::uint8_t> right;
  double sum = 0, n = 0;
  for (const EvaluationRow& r : made_.rows) {
    if (r.system != "S0" || r.answer.status != AnswerStatus::answered || r.question->pool != "pqa") continue;
    sum += metrics::token_f1(r.question->reference, r.answer.text).value();
    n += 1;
    const auto* scored = std::get_if<Scored>(&r.verdicts.at("embedding"));
    if (!scored) continue;
    score.push_back(scored->value);
    right.push_back(r.answer.text.find("sounds " + r.question->gold.at("emotion")) != std::string::npos);
  }
  EXPECT_NEAR(rows.at("S0|absent|embedding|pqa/all/judge:embedding~accuracy/auroc|").value.value(),
              metrics::area_under_roc(score, right).value(), 1e-12);
  EXPECT_NEAR(rows.at("S0|absent||pqa/all/token_f1|").value.value(), sum / n, 1e-12);
}

TEST_F(AskedMetrics, MergedLabelsStandBesideTheStrictOnes) {
  const Rows rows = with({});
  const Estimate& strict = rows.at("S1|absent||pqa/all/emotion/accuracy|");
  const Estimate& merged = rows.at("S1|absent||pqa/all/emotion_merged/accuracy|");
  EXPECT_GT(merged.value.value(), strict.value.value());
  EXPECT_EQ(merged.n, strict.n);
  for (Question& q : made_.questions)
    if (q.gold.contains("emotion") && q.gold.at("emotion") == "excited") q.gold["emotion"] = "happy";
  EXPECT_FALSE(with({}).contains("S1|absent||pqa/all/emotion_merged/accuracy|"))
      << "the same as the strict set";
}

}  // namespace
}  // namespace undertone
