#include "metrics/classification.h"

namespace undertone::metrics {

std::vector<ClassScores> class_scores(const Confusion& table) {
  const std::size_t k = table.classes;
  std::vector<ClassScores> out(k);
  std::vector<double> answered(k, 0.0);
  for (std::size_t g = 0; g < k; ++g)
    for (std::size_t a = 0; a < k; ++a) {
      out[g].support += table.at(g, a);
      answered[a] += table.at(g, a);
    }
  for (std::size_t c = 0; c < k; ++c) {
    const double hit = table.at(c, c);
    if (out[c].support > 0) out[c].recall = hit / out[c].support;
    if (answered[c] > 0) out[c].precision = hit / answered[c];
    if (out[c].support + answered[c] > 0) out[c].f1 = 2 * hit / (out[c].support + answered[c]);
  }
  return out;
}

std::optional<double> accuracy(const Confusion& table) {
  double hit = 0, all = 0;
  for (double v : table.counts) all += v;
  for (std::size_t c = 0; c < table.classes; ++c) hit += table.at(c, c);
  if (!(all > 0)) return std::nullopt;
  return hit / all;
}

ClassMargins margins(const Confusion& table) {
  ClassMargins out(table.classes);
  for (std::size_t g = 0; g < table.classes; ++g)
    for (std::size_t a = 0; a < table.classes; ++a) {
      out.support[g] += table.at(g, a);
      out.answered[a] += table.at(g, a);
      if (g == a) out.hits[g] += table.at(g, a);
    }
  return out;
}

AveragedScores averaged_scores(std::span<const double> support, std::span<const double> answered,
                               std::span<const double> hits) {
  double recall_sum = 0, f1_sum = 0, weighted = 0, all = 0;
  std::size_t with_recall = 0, with_f1 = 0;
  for (std::size_t c = 0; c < support.size(); ++c) {
    all += support[c];
    if (support[c] > 0) {
      recall_sum += hits[c] / support[c];
      ++with_recall;
    }
    if (support[c] + answered[c] > 0) {
      const double f1 = 2 * hits[c] / (support[c] + answered[c]);
      f1_sum += f1;
      weighted += support[c] * f1;
      ++with_f1;
    }
  }
  AveragedScores out;
  if (!(all > 0)) return out;
  out.unweighted_average_recall = recall_sum / static_cast<double>(with_recall);
  out.macro_f1 = f1_sum / static_cast<double>(with_f1);
  out.weighted_f1 = weighted / all;
  return out;
}

namespace {
AveragedScores averaged(const Confusion& table) {
  const ClassMargins m = margins(table);
  return averaged_scores(m.support, m.answered, m.hits);
}
}  // namespace

std::optional<double> unweighted_average_recall(const Confusion& table) {
  return averaged(table).unweighted_average_recall;
}
std::optional<double> macro_f1(const Confusion& table) { return averaged(table).macro_f1; }
std::optional<double> weighted_f1(const Confusion& table) { return averaged(table).weighted_f1; }

}  // namespace undertone::metrics
