// The mean that reports give: over seeds, of each seed's mean of its scored items.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace undertone {

class SeedMeans {
 public:
  // One asked item; without a score it only says that its seed was asked.
  void add(std::int64_t seed, const std::optional<double>& score) {
    auto& [sum, n] = sums_[seed];
    if (score) sum += *score, n += 1;
  }
  // Nothing where nothing was asked, or a seed has no score.
  std::optional<double> mean() const {
    double total = 0;
    for (const auto& [seed, at] : sums_) {
      if (at.second == 0) return std::nullopt;
      total += at.first / at.second;
    }
    if (sums_.empty()) return std::nullopt;
    return total / static_cast<double>(sums_.size());
  }

 private:
  std::map<std::int64_t, std::pair<double, double>> sums_;  // seed -> sum, scored items
};

}  // namespace undertone
