#include "metrics/change_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

struct Split {
  std::size_t at = 0;  // values before it
  double statistic = 0;
};

Split best_split(std::span<const double> values, std::size_t shortest) {
  const double n = static_cast<double>(values.size()),
               total = std::accumulate(values.begin(), values.end(), 0.0);
  Split best;
  double left = 0;
  for (std::size_t k = 1; k < values.size(); ++k) {
    left += values[k - 1];
    if (k < shortest || values.size() - k < shortest) continue;
    const double l = static_cast<double>(k), r = n - l;
    const double t = std::sqrt(l * r / n) * std::fabs(left / l - (total - left) / r);
    if (t > best.statistic) best = {k, t};
  }
  return best;
}

class Segmentation {
 public:
  Segmentation(std::span<const double> values, const std::string& stream, const ChangePointSettings& settings)
      : values_(values), stream_(stream), settings_(settings) {}

  void split(std::size_t begin, std::size_t end) {
    const auto part = values_.subspan(begin, end - begin);
    if (part.size() < 2 * settings_.shortest) return;
    const auto [least, most] = std::minmax_element(part.begin(), part.end());
    const double scale = std::max(std::fabs(*least), std::fabs(*most));
    if (*most - *least <= 1e-12 * scale) return;
    const Split best = best_split(part, settings_.shortest);
    const double p = p_value(part, best.statistic, begin, end);
    if (p > settings_.alpha) return;
    split(begin, begin + best.at);
    found_.push_back({begin + best.at, 0, 0, p});
    split(begin + best.at, end);
  }

  std::vector<ChangePoint> found() {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const std::size_t begin = i ? found_[i - 1].first : 0,
                        end = i + 1 < found_.size() ? found_[i + 1].first : values_.size();
      found_[i].before = mean(begin, found_[i].first);
      found_[i].after = mean(found_[i].first, end);
    }
    return std::move(found_);
  }

 private:
  double p_value(std::span<const double> part, double statistic, std::size_t begin, std::size_t end) const {
    Stream random(fmt::format("{}/{}-{}", stream_, begin, end));
    std::vector<double> shuffled(part.begin(), part.end());
    const double reached = statistic * (1 - 1e-12);  // the same values, summed in another order
    int as_much = 0;
    for (int i = 0; i < settings_.permutations; ++i) {
      random.shuffle(shuffled);
      as_much += best_split(shuffled, settings_.shortest).statistic >= reached;
    }
    return (1.0 + as_much) / (1.0 + settings_.permutations);
  }
  double mean(std::size_t begin, std::size_t end) const {
    return std::accumulate(values_.begin() + static_cast<std::ptrdiff_t>(begin),
                           values_.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
           static_cast<double>(end - begin);
  }

  std::span<const double> values_;
  const std::string& stream_;
  const ChangePointSettings& settings_;
  std::vector<ChangePoint> found_;
};

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values, const std::string& stream,
                                       const ChangePointSettings& settings) {
  for (const double v : values)
    if (!std::isfinite(v)) throw Error(ErrorKind::internal, "change_points needs finite values");
  if (settings.shortest < 1 || settings.permutations < 1)
    throw Error(ErrorKind::internal, "change_points needs stretches of one value or more, and permutations");
  Segmentation all(values, stream, settings);
  all.split(0, values.size());
  return all.found();
}

}  // namespace undertone
