// Classification metrics from a confusion table. Zero divisions are nothing, never 0; the policy per metric:
// - recall of a class without gold items, precision of a class never answered: undefined;
// - F1 = 2 TP / (2 TP + FP + FN): undefined only for a class that is neither gold nor answered; 0 for one
// that is answered
//   but never gold (as scikit-learn's default label set has it);
// - unweighted average recall (= balanced accuracy) averages the classes that have gold items; macro F1 those
// whose F1 is
//   defined; weighted F1 weighs by gold items. With no items at all each is undefined.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace undertone::metrics {

// counts[gold * classes + answered]; weights may be whole or not.
struct Confusion {
  std::size_t classes = 0;
  std::vector<double> counts;
  explicit Confusion(std::size_t k = 0) : classes(k), counts(k * k, 0.0) {}
  double& at(std::size_t gold, std::size_t answered) { return counts[gold * classes + answered]; }
  double at(std::size_t gold, std::size_t answered) const { return counts[gold * classes + answered]; }
};

struct ClassScores {
  std::optional<double> precision, recall, f1;
  double support = 0;
};
std::vector<ClassScores> class_scores(const Confusion& table);

// Share of items on the diagonal. The speech-emotion field calls this "weighted accuracy".
std::optional<double> accuracy(const Confusion& table);
std::optional<double> unweighted_average_recall(const Confusion& table);
std::optional<double> macro_f1(const Confusion& table);
std::optional<double> weighted_f1(const Confusion& table);

// What the averaged metrics need of a table: per class its gold items, its answers and its hits. Margins add
// over clusters, so a bootstrap draw is a weighted sum of per-cluster margins.
struct ClassMargins {
  std::vector<double> support, answered, hits;
  explicit ClassMargins(std::size_t classes) : support(classes), answered(classes), hits(classes) {}
};
ClassMargins margins(const Confusion& table);
struct AveragedScores {
  std::optional<double> unweighted_average_recall, macro_f1, weighted_f1;
};
// Spans of one length, a value per class.
AveragedScores averaged_scores(std::span<const double> support, std::span<const double> answered,
                               std::span<const double> hits);

}  // namespace undertone::metrics
