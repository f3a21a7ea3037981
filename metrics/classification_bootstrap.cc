#include "metrics/classification_bootstrap.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "metrics/statistics/fast_binomial.h"
#include "metrics/statistics/fast_sums.h"
#include "metrics/statistics/parallel.h"

namespace undertone::metrics {
namespace {

constexpr std::size_t kReplicatesPerJob = 64;

void need(bool holds, const char* what) {
  if (!holds) throw Error(ErrorKind::internal, what, "bootstrap of classification scores");
}

AveragedDraws empty_draws(std::size_t replicates) {
  AveragedDraws out;
  for (auto* list : {&out.unweighted_average_recall, &out.macro_f1, &out.weighted_f1})
    list->resize(replicates);
  return out;
}

// `margins`: gold items, answers and hits by class, one after the other.
void put(AveragedDraws& out, std::size_t r, std::span<const double> margins) {
  const std::size_t classes = margins.size() / 3;
  const AveragedScores now =
      averaged_scores(margins.first(classes), margins.subspan(classes, classes), margins.last(classes));
  out.unweighted_average_recall[r] = now.unweighted_average_recall;
  out.macro_f1[r] = now.macro_f1;
  out.weighted_f1[r] = now.weighted_f1;
}

}  // namespace

AveragedDraws clustered_averaged_draws(std::span<const std::int32_t> gold,
                                       std::span<const std::int32_t> answered,
                                       std::span<const std::uint32_t> cluster, std::size_t classes,
                                       Unmapped unmapped, const statistics::Draws& draws, int threads) {
  need(gold.size() == answered.size() && gold.size() == cluster.size(), "sides differ in length");
  AveragedDraws out = empty_draws(static_cast<std::size_t>(draws.resamples()));
  if (draws.clusters() == 0 || classes == 0) return out;
  std::vector<double> margins(draws.clusters() * 3 * classes);
  for (std::size_t i = 0; i < gold.size(); ++i) {
    need(gold[i] >= 0 && static_cast<std::size_t>(gold[i]) < classes,
         "a gold label is outside the label set");
    need(cluster[i] < draws.clusters(), "a cluster is not among those drawn");
    double* row = margins.data() + cluster[i] * 3 * classes;
    const bool mapped = answered[i] >= 0 && static_cast<std::size_t>(answered[i]) < classes;
    if (!mapped && unmapped == Unmapped::left_out) continue;
    row[gold[i]] += 1;
    if (!mapped) continue;
    row[classes + static_cast<std::size_t>(answered[i])] += 1;
    if (gold[i] == answered[i]) row[2 * classes + static_cast<std::size_t>(gold[i])] += 1;
  }
  const std::vector<double> sums =
      statistics::drawn_sums(draws, statistics::ClusterMatrix(margins, 3 * classes), threads);
  statistics::parallel_ranges(out.macro_f1.size(), kReplicatesPerJob, threads,
                              [&](std::size_t begin, std::size_t end) {
                                for (std::size_t r = begin; r < end; ++r)
                                  put(out, r, std::span(sums).subspan(r * 3 * classes, 3 * classes));
                              });
  return out;
}

AveragedDraws independent_averaged_draws(const Confusion& table, Unmapped unmapped, const std::string& stream,
                                         int resamples, int threads) {
  const std::size_t classes = table.classes;
  AveragedDraws out = empty_draws(static_cast<std::size_t>(std::max(0, resamples)));
  // The table with a column of unmapped answers: they are drawn like the rest, even where they then count for
  // nothing.
  std::vector<std::uint64_t> observed;
  double items = 0;
  const auto add = [&](double count) {
    need(count >= 0 && count == std::floor(count) && count < 0x1p52, "a count is not whole");
    observed.push_back(static_cast<std::uint64_t>(count));
    items += count;
  };
  for (std::size_t g = 0; g < classes; ++g) {
    for (std::size_t a = 0; a < classes; ++a) add(table.at(g, a));
    add(table.unmapped[g]);
  }
  if (!(items > 0)) return out;
  const statistics::Multinomial cells(observed);
  const PhiloxKey key = philox_key(stream + "/cells=" + std::to_string(observed.size()));
  statistics::parallel_ranges(out.macro_f1.size(), kReplicatesPerJob, threads,
                              [&](std::size_t begin, std::size_t end) {
                                std::vector<double> margins(3 * classes);
                                cells.draw(key, begin, end, static_cast<std::uint64_t>(items),
                                           [&](std::uint64_t r, std::span<const std::uint64_t> counts) {
                                             std::fill(margins.begin(), margins.end(), 0.0);
                                             for (std::size_t g = 0; g < classes; ++g) {
                                               const std::uint64_t* row = counts.data() + g * (classes + 1);
                                               for (std::size_t a = 0; a < classes; ++a) {
                                                 const auto n = static_cast<double>(row[a]);
                                                 margins[g] += n;
                                                 margins[classes + a] += n;
                                               }
                                               margins[2 * classes + g] = static_cast<double>(row[g]);
                                               if (unmapped == Unmapped::wrong)
                                                 margins[g] += static_cast<double>(row[classes]);
                                             }
                                             put(out, r, margins);
                                           });
                              });
  return out;
}

}  // namespace undertone::metrics
