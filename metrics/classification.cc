#include "metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "harness/core/error.h"
#include "metrics/statistics/parallel.h"

namespace undertone::metrics {
namespace {

constexpr std::size_t kItemsPerJob = std::size_t{1} << 17;
constexpr const char* kNoAnswers = "no answer has a label";

Value ratio(double over, double under, const char* reason) {
  return under > 0 ? Value(over / under) : Value::none(reason);
}

// Sums over classes from which every score follows.
struct Sums {
  double all = 0, named = 0, hit = 0;        // items, answers with a label, hits
  double recall = 0, precision = 0, f1 = 0;  // of the classes that have them
  std::size_t with_recall = 0, with_precision = 0, with_f1 = 0;
  double weighted_precision = 0, weighted_f1 = 0;         // times gold items
  double gold_squares = 0, named_squares = 0, cross = 0;  // of the margins
};

Sums sums_of(std::span<const double> support, std::span<const double> answered,
             std::span<const double> hits) {
  Sums s;
  for (std::size_t c = 0; c < support.size(); ++c) {
    const double gold = support[c], named = answered[c], hit = hits[c];
    s.all += gold, s.named += named, s.hit += hit;
    s.gold_squares += gold * gold, s.named_squares += named * named, s.cross += gold * named;
    if (gold > 0) s.recall += hit / gold, ++s.with_recall;
    if (named > 0) s.precision += hit / named, s.weighted_precision += gold * hit / named, ++s.with_precision;
    if (gold + named > 0) {
      const double f1 = 2 * hit / (gold + named);
      s.f1 += f1, s.weighted_f1 += gold * f1, ++s.with_f1;
    }
  }
  return s;
}

AveragedScores averaged(const Sums& s) {
  AveragedScores out;
  if (!(s.all > 0)) return out;
  out.unweighted_average_recall = s.recall / static_cast<double>(s.with_recall);
  out.macro_f1 = s.f1 / static_cast<double>(s.with_f1);
  out.weighted_f1 = s.weighted_f1 / s.all;
  return out;
}

}  // namespace

Confusion confusion_of(std::span<const std::int32_t> gold, std::span<const std::int32_t> answered,
                       std::size_t classes, int threads) {
  if (gold.size() != answered.size())
    throw Error(ErrorKind::internal, "as many answers as gold labels are needed", "confusion_of");
  if (classes >= (std::size_t{1} << 15))
    throw Error(ErrorKind::internal, "a table of more than 2^15 classes", "confusion_of");
  // Column `classes` counts unmapped answers, row `classes` gold labels out of range. Whole numbers: the
  // order of items and threads changes nothing.
  const std::size_t width = classes + 1, cells = width * width;
  std::vector<std::uint64_t> counts(cells);
  std::mutex mutex;
  statistics::parallel_ranges(gold.size(), kItemsPerJob, threads, [&](std::size_t begin, std::size_t end) {
    // Four tables in turn, since the same cell twice in a row would wait for itself.
    std::vector<std::uint32_t> mine(4 * cells);
    std::uint32_t* const table[4] = {mine.data(), mine.data() + cells, mine.data() + 2 * cells,
                                     mine.data() + 3 * cells};
    const auto last = static_cast<std::uint32_t>(classes), stride = static_cast<std::uint32_t>(width);
    const auto cell = [&](std::size_t i) {
      return std::min(static_cast<std::uint32_t>(gold[i]), last) * stride +
             std::min(static_cast<std::uint32_t>(answered[i]), last);
    };
    std::size_t i = begin;
    for (; i + 4 <= end; i += 4)
      ++table[0][cell(i)], ++table[1][cell(i + 1)], ++table[2][cell(i + 2)], ++table[3][cell(i + 3)];
    for (; i < end; ++i) ++table[0][cell(i)];
    const std::lock_guard lock(mutex);
    for (std::size_t c = 0; c < cells; ++c)
      counts[c] += std::uint64_t{table[0][c]} + table[1][c] + table[2][c] + table[3][c];
  });
  Confusion out(classes);
  for (std::size_t g = 0; g < classes; ++g) {
    for (std::size_t a = 0; a < classes; ++a) out.at(g, a) = static_cast<double>(counts[g * width + a]);
    out.unmapped[g] = static_cast<double>(counts[g * width + classes]);
  }
  for (std::size_t a = 0; a < width; ++a)
    if (counts[classes * width + a] > 0)
      throw Error(ErrorKind::internal, "a gold label is outside the label set", "confusion_of");
  return out;
}

Confusion merged(const Confusion& table, std::span<const std::size_t> group_of, std::size_t groups) {
  if (group_of.size() != table.classes)
    throw Error(ErrorKind::internal, "a group is needed for each class", "merged");
  Confusion out(groups);
  for (std::size_t g = 0; g < table.classes; ++g) {
    for (std::size_t a = 0; a < table.classes; ++a) out.at(group_of[g], group_of[a]) += table.at(g, a);
    out.unmapped[group_of[g]] += table.unmapped[g];
  }
  return out;
}

std::vector<ClassScores> class_scores(const Confusion& table) {
  const ClassMargins m = margins(table);
  std::vector<ClassScores> out(table.classes);
  for (std::size_t c = 0; c < table.classes; ++c) {
    out[c].support = m.support[c];
    if (m.support[c] > 0) out[c].recall = m.hits[c] / m.support[c];
    if (m.answered[c] > 0) out[c].precision = m.hits[c] / m.answered[c];
    if (m.support[c] + m.answered[c] > 0) out[c].f1 = 2 * m.hits[c] / (m.support[c] + m.answered[c]);
  }
  return out;
}

ClassMargins margins(const Confusion& table, Unmapped unmapped) {
  ClassMargins out(table.classes);
  for (std::size_t g = 0; g < table.classes; ++g) {
    for (std::size_t a = 0; a < table.classes; ++a) {
      out.support[g] += table.at(g, a);
      out.answered[a] += table.at(g, a);
    }
    out.hits[g] = table.at(g, g);
    if (unmapped == Unmapped::wrong) out.support[g] += table.unmapped[g];
  }
  return out;
}

ClassificationScores classification_scores(std::span<const double> support, std::span<const double> answered,
                                           std::span<const double> hits) {
  const Sums s = sums_of(support, answered, hits);
  ClassificationScores out;
  if (!(s.all > 0)) return out;
  const AveragedScores three = averaged(s);
  out.accuracy = out.recall_micro = s.hit / s.all;
  out.unweighted_average_recall = *three.unweighted_average_recall;
  out.precision_micro = ratio(s.hit, s.named, kNoAnswers);
  out.f1_micro = 2 * s.hit / (s.all + s.named);
  out.precision_macro = ratio(s.precision, static_cast<double>(s.with_precision), kNoAnswers);
  out.f1_macro = *three.macro_f1;
  out.precision_weighted = s.named > 0 ? Value(s.weighted_precision / s.all) : Value::none(kNoAnswers);
  out.f1_weighted = *three.weighted_f1;

  // Unmapped answers are one more class, never gold. Margins are divided by n first, so that products of them
  // stay exact enough for 2^31 items.
  const double n = s.all, lost = n - s.named;
  const double chance = s.cross / n / n;
  const double gold_spread = 1 - s.gold_squares / n / n,
               named_spread = 1 - (s.named_squares + lost * lost) / n / n;
  const double agreed = s.hit / n;
  constexpr double kRounding = 1e-14;
  out.kappa = 1 - chance > kRounding
                  ? Value((agreed - chance) / (1 - chance))
                  : Value::none("gold and answers are all of one class: chance agreement is certain");
  if (!(gold_spread > kRounding))
    out.matthews = Value::none("all gold labels are of one class");
  else if (!(named_spread > kRounding))
    out.matthews = Value::none("all answers are of one class");
  else
    out.matthews = (agreed - chance) / std::sqrt(gold_spread) / std::sqrt(named_spread);
  return out;
}

ClassificationScores classification_scores(const Confusion& table, Unmapped unmapped) {
  const ClassMargins m = margins(table, unmapped);
  return classification_scores(m.support, m.answered, m.hits);
}

AveragedScores averaged_scores(std::span<const double> support, std::span<const double> answered,
                               std::span<const double> hits) {
  return averaged(sums_of(support, answered, hits));
}

Value accuracy(const Confusion& table) { return classification_scores(table).accuracy; }
Value unweighted_average_recall(const Confusion& table) {
  return classification_scores(table).unweighted_average_recall;
}
Value macro_f1(const Confusion& table) { return classification_scores(table).f1_macro; }
Value weighted_f1(const Confusion& table) { return classification_scores(table).f1_weighted; }

}  // namespace undertone::metrics
