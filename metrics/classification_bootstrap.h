// Averaged classification scores of every bootstrap draw, from the margins that draws add up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/classification.h"
#include "metrics/statistics/bootstrap.h"

namespace undertone::metrics {

// One entry per draw; nothing where a score is undefined in it (no items).
struct AveragedDraws {
  std::vector<std::optional<double>> unweighted_average_recall, macro_f1, weighted_f1;
};

// Whole clusters are drawn. Labels and unmapped answers as in confusion_of; `cluster` of each item, below
// draws.clusters(). Throws Error{internal} for labels, clusters or lengths that do not fit.
AveragedDraws clustered_averaged_draws(std::span<const std::int32_t> gold,
                                       std::span<const std::int32_t> answered,
                                       std::span<const std::uint32_t> cluster, std::size_t classes,
                                       Unmapped unmapped, const statistics::Draws& draws, int threads = 1);

// Items are independent: the cells of the confusion table of as many draws as there are items are
// multinomial, so a draw costs what the table costs, whatever the number of items. Replicate r reads
// substream r of `stream` alone.
AveragedDraws independent_averaged_draws(const Confusion& table, Unmapped unmapped, const std::string& stream,
                                         int resamples, int threads = 1);

}  // namespace undertone::metrics
