// Which models may stand in one order.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "judges/audit/audiobench_audit.h"

namespace undertone::audit {
namespace {

// Files whose fractions need so many times more items together than the largest needs alone hold different
// items.
constexpr std::int64_t kFar = 10;

std::string scale_of(const FileAudit& file) {
  return file.scale ? std::string(file.scale->name()) : "unknown";
}

void order(std::vector<RankedModel>& models) {
  std::sort(models.begin(), models.end(), [](const RankedModel& a, const RankedModel& b) {
    return a.score != b.score ? a.score > b.score : a.model < b.model;
  });
  for (std::size_t i = 0; i + 1 < models.size(); ++i) {
    const RankedModel &above = models[i], &below = models[i + 1];
    models[i].certain = above.worst && below.best && *above.worst > *below.best;
  }
}

void note_items(std::span<const FileAudit* const> files, Ranking& ranking) {
  std::int64_t largest = 1;
  std::optional<std::int64_t> all = 1;
  for (const FileAudit* f : files) {
    if (!f->published.multiple_of) continue;
    largest = std::max(largest, *f->published.items);
    if (all) all = common_multiple(*all, *f->published.multiple_of);
  }
  ranking.common_items = all ? std::optional(std::max(*all, largest)) : std::nullopt;
  if (!all || *all >= kFar * largest)
    ranking.items_note = fmt::format(
        "one number of items for all files would be {}, {} needs at most {}: the models were not asked the "
        "same",
        all ? fmt::format("{}", *all) : "over 10^12", "each file alone", largest);
}

}  // namespace

std::vector<Ranking> rank_models(std::span<const FileAudit> files) {
  std::map<std::pair<std::string, std::string>, std::vector<const FileAudit*>> groups;
  for (const FileAudit& f : files) groups[{f.set, f.judge}].push_back(&f);
  std::vector<Ranking> out;
  for (const auto& [of, members] : groups) {
    if (members.size() < 2) continue;
    Ranking ranking;
    ranking.set = of.first;
    ranking.judge = of.second;
    std::map<std::string, std::int64_t> scales;
    for (const FileAudit* f : members) {
      ++scales[scale_of(*f)];
      if (f->scale && f->published.score)
        ranking.by_scale[scale_of(*f)].push_back(
            {f->model, *f->published.score, f->published.worst, f->published.best, true});
    }
    for (auto& [scale, models] : ranking.by_scale) order(models);
    if (scales.size() > 1) {
      ranking.refused = true;
      for (const auto& [scale, n] : scales)
        ranking.reason += fmt::format("{}{} of {} files are on scale {}", ranking.reason.empty() ? "" : ", ",
                                      n, members.size(), scale);
    }
    note_items(members, ranking);
    out.push_back(std::move(ranking));
  }
  return out;
}

}  // namespace undertone::audit
