// Variance components of each system's scores.
#include <algorithm>

#include "metrics/analysis/samples.h"
#include "metrics/statistics/parallel.h"

namespace undertone::analysis {
namespace {

std::size_t levels_in(const statistics::Factor& f) {
  std::vector<std::uint32_t> v = f.level;
  std::sort(v.begin(), v.end());
  return static_cast<std::size_t>(std::unique(v.begin(), v.end()) - v.begin());
}

// The highest unit, the clip and the item nest, so two of them with equally many levels are one and the same:
// the higher name stays. A factor with a level per score is what the residual is.
std::vector<statistics::Factor> factors_of(const Scores& scores, std::span<const ScoreRow> rows,
                                           std::vector<double>& values) {
  statistics::Factor unit{scores.unit, {}}, clip{"clip", {}}, item{"item", {}}, seed{"seed", {}};
  for (const ScoreRow& r : rows) {
    if (!r.score) continue;
    values.push_back(*r.score);
    unit.level.push_back(scores.item_unit[r.item]);
    clip.level.push_back(scores.item_clip[r.item]);
    item.level.push_back(r.item);
    seed.level.push_back(r.seed);
  }
  std::vector<statistics::Factor> out;
  std::size_t before = 1;
  for (auto* f : {&unit, &clip, &item}) {
    if (f != &unit && f->name == unit.name) continue;
    const std::size_t levels = levels_in(*f);
    if (levels > before && levels < values.size()) out.push_back(std::move(*f)), before = levels;
  }
  if (levels_in(seed) > 1) out.push_back(std::move(seed));
  return out;
}

}  // namespace

void add_noise(const Scores& scores, const AnalysisSettings& settings, std::size_t judge,
               std::span<const Estimated> means, JudgeAnalysis& out) {
  std::vector<std::size_t> systems;
  for (std::size_t k = 0; k < scores.systems.size(); ++k)
    if (!scores.of(judge, k).empty()) systems.push_back(k);
  out.noise.resize(systems.size());
  statistics::parallel_for(systems.size(), settings.threads, [&](std::size_t i) {
    Noise& n = out.noise[i];
    n.system = scores.systems[systems[i]];
    const auto rows = scores.of(judge, systems[i]);
    std::vector<double> values;
    const auto factors = factors_of(scores, rows, values);
    auto found = statistics::variance_components(values, factors);
    n.components = std::move(found.components);
    n.reason = found.reason;
    n.seeds = means[i].estimates.front().seeds;
    n.seed_share = means[i].seed_share;
    if (n.seeds < 2 && n.reason.empty()) n.reason = "one seed: nothing is known of others";
  });
}

}  // namespace undertone::analysis
