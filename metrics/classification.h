// Classification metrics from a confusion table. Undefined is nothing with a reason, never 0; the policy:
// - recall of a class without gold items and precision of a class never answered are undefined;
// - F1 = 2 TP / (2 TP + FP + FN) is undefined only for a class that is neither gold nor answered; it is 0 for
// one that
//   is answered but never gold (as scikit-learn's default label set has it);
// - a macro average is over the classes for which the score is defined, so an absent class neither helps nor
// harms;
// - a weighted average weighs by gold items; a class with gold items that is never answered has precision 0
// in it
//   (scikit-learn's zero_division = 0), because leaving it out would reward never naming a class;
// - Matthews' correlation and Cohen's kappa are undefined where gold or answers are all of one class (kappa:
// where both
//   are the same one): chance agreement is then certain. scikit-learn prints 0 for the former.
// Answers without a label: `Confusion::unmapped` counts them by gold class. Each score comes in two forms:
// over mapped items, and with every unmapped answer as wrong. In the latter a miss lowers recall and F1 of
// its gold class, is nobody's false positive, and is a class of its own (never gold) for Matthews and kappa.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/value.h"

namespace undertone::metrics {

// counts[gold * classes + answered]; weights may be whole or not.
struct Confusion {
  std::size_t classes = 0;
  std::vector<double> counts;
  std::vector<double> unmapped;  // by gold class: answered, but with no label of the set
  explicit Confusion(std::size_t k = 0) : classes(k), counts(k * k, 0.0), unmapped(k, 0.0) {}
  double& at(std::size_t gold, std::size_t answered) { return counts[gold * classes + answered]; }
  double at(std::size_t gold, std::size_t answered) const { return counts[gold * classes + answered]; }
};

// The table of paired labels. `gold` in [0, classes); an answer outside that range is unmapped. Spans of one
// length. Throws Error{internal} for a gold label out of range or spans that differ in length.
Confusion confusion_of(std::span<const std::int32_t> gold, std::span<const std::int32_t> answered,
                       std::size_t classes, int threads = 1);
// Classes joined: class c becomes group_of[c] in [0, groups). "happy + excited", as IEMOCAP's four classes
// have it (Busso et al. 2008).
Confusion merged(const Confusion& table, std::span<const std::size_t> group_of, std::size_t groups);

struct ClassScores {
  std::optional<double> precision, recall, f1;
  double support = 0;
};
// Over mapped items.
std::vector<ClassScores> class_scores(const Confusion& table);

// What every metric here but weighted kappa needs of a table: per class its gold items, its answers and its
// hits. Margins add over clusters, so a bootstrap draw is a weighted sum of per-cluster margins.
struct ClassMargins {
  std::vector<double> support, answered, hits;
  explicit ClassMargins(std::size_t classes) : support(classes), answered(classes), hits(classes) {}
};
enum class Unmapped { left_out, wrong };
ClassMargins margins(const Confusion& table, Unmapped unmapped = Unmapped::left_out);

// Accuracy is what the speech-emotion field calls "weighted accuracy" (one value, both names); unweighted
// average recall is balanced accuracy and macro recall; accuracy is weighted recall. Micro precision and
// micro recall differ from accuracy only where unmapped answers count as wrong.
struct ClassificationScores {
  Value accuracy, unweighted_average_recall;
  Value precision_micro, recall_micro, f1_micro;
  Value precision_macro, f1_macro;
  Value precision_weighted, f1_weighted;
  Value matthews;  // R_K for any number of classes (Gorodkin 2004); Matthews' phi for two
  Value kappa;     // Cohen 1960, unweighted
};
// Spans of one length, a value per class. Where fewer items are answered than asked (sum of `answered` below
// that of `support`), the difference is unmapped answers that count as wrong.
ClassificationScores classification_scores(std::span<const double> support, std::span<const double> answered,
                                           std::span<const double> hits);
ClassificationScores classification_scores(const Confusion& table, Unmapped unmapped = Unmapped::left_out);

// Single scores over mapped items.
Value accuracy(const Confusion& table);
Value unweighted_average_recall(const Confusion& table);
Value macro_f1(const Confusion& table);
Value weighted_f1(const Confusion& table);

// The three that the bootstrap of every report recomputes a draw; see classification_scores.
struct AveragedScores {
  std::optional<double> unweighted_average_recall, macro_f1, weighted_f1;
};
AveragedScores averaged_scores(std::span<const double> support, std::span<const double> answered,
                               std::span<const double> hits);

}  // namespace undertone::metrics
