// Which questions a judge that samples reads.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/core/random.h"
#include "judges/judge.h"

namespace undertone {

bool ItemSample::reads(const std::string& condition) const {
  return conditions.empty() || std::find(conditions.begin(), conditions.end(), condition) != conditions.end();
}

std::set<std::string> sampled_questions(const ItemSample& sample, std::span<const std::string> questions) {
  std::vector<std::pair<std::uint64_t, std::string>> drawn;
  for (const std::string& id : std::set<std::string>(questions.begin(), questions.end()))
    drawn.emplace_back(Stream(sample.stream + "/" + id).next_u64(), id);
  std::sort(drawn.begin(), drawn.end());
  std::set<std::string> chosen;
  for (std::size_t i = 0; i < drawn.size() && static_cast<std::int64_t>(i) < sample.items; ++i)
    chosen.insert(std::move(drawn[i].second));
  return chosen;
}

std::string not_sampled(const ItemSample& sample) {
  return fmt::format("not in the sample of {} questions a dataset that this judge reads", sample.items);
}

std::string not_read(const ItemSample& sample, const std::string& condition) {
  return fmt::format("the judge reads answers under {} only, not under {}",
                     fmt::join(sample.conditions, ", "), condition);
}

}  // namespace undertone
