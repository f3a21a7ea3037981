#include "metrics/builtin.h"

namespace undertone {

std::span<const MetricInfo> builtin_metrics() {
  static constexpr MetricInfo all[] = {
      {"accuracy",
       "share of right labels (the speech-emotion field's weighted accuracy), over mapped answers and over "
       "all"},
      {"unweighted_average_recall", "mean of the classes' recalls (balanced accuracy)"},
      {"f1", "macro and weighted F1 over labels"},
      {"f1_micro", "micro F1 over labels; differs from accuracy only where unmapped answers count as wrong"},
      {"precision", "macro, weighted and micro precision over labels"},
      {"matthews", "Matthews' correlation of gold and answered labels, R_K for several classes"},
      {"cohen_kappa", "Cohen's kappa of gold and answered labels"},
      {"correlation", "Pearson and Spearman of judges' scores with the share of gold labels hit"},
      {"kendall", "Kendall's tau-b and tau-c of judges' scores with the share of gold labels hit"},
      {"goodman_kruskal_gamma", "gamma of judges' scores with the share of gold labels hit"},
      {"auroc", "area under the ROC curve of judges' scores for answers with every gold label hit"},
      {"pairwise_accuracy", "pairs of answers that a judge orders as the labels hit do, ties calibrated"},
      {"score_trend", "trend of the share of wholly right answers over a judge's score levels, clustered"},
      {"correlation_by_group",
       "Pearson, Spearman and Kendall's tau-b within items and within systems, averaged"},
      {"word_error_rate", "word errors over reference words of transcriptions"},
      {"character_error_rate", "character errors over reference characters of transcriptions"},
      {"token_f1", "F1 of the bags of words of answer and reference"},
      {"rouge_l", "F1 of the longest common subsequence of words"},
      {"chrf", "character n-gram F-score, chrF2"},
  };
  return all;
}

std::vector<std::string> builtin_metric_names() {
  std::vector<std::string> out;
  for (const MetricInfo& m : builtin_metrics()) out.emplace_back(m.name);
  return out;
}

}  // namespace undertone
