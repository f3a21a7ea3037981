#include "metrics/judge_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/statistics/clustered.h"
#include "metrics/statistics/distributions.h"

namespace undertone {
namespace {

using State = DriftResult::State;

// With fewer items scored twice, a difference of nothing says nothing.
constexpr std::int64_t kFewest = 10;
constexpr int kPermutations = 9999;

void conclude(DriftResult& d, const OwnNoise& noise, double alpha) {
  const auto say = [&](State state, std::string verdict) {
    d.state = state;
    d.verdict = std::move(verdict);
  };
  if (d.common == 0) return say(State::unknown, "cannot tell: no item was judged in both");
  if (d.changed == 0 && d.lost == 0 && d.gained == 0) return say(State::same, "the same ratings");
  if (d.both_scored < kFewest)
    return say(State::unknown, fmt::format("cannot tell: {} items were scored in both", d.both_scored));
  if (d.test.p_value && *d.test.p_value < alpha)
    return say(State::drifted, "drifted: the ratings moved in one direction");
  const auto own = noise.share();
  if (!own)
    return say(State::unknown,
               "cannot tell: single ratings changed, and without replicates its own noise is unknown");
  const auto n = static_cast<double>(d.both_scored), k = static_cast<double>(noise.pairs);
  const double share = static_cast<double>(d.changed) / n;
  const double pooled = (share * n + *own * k) / (n + k);
  const double error = std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / k));
  // One-sided: fewer changes than its own noise makes are no drift.
  if (share > *own + (-statistics::normal_quantile(alpha / 2)) * error)
    return say(State::drifted, "drifted: more ratings changed than its own noise changes");
  say(State::within_noise, "within its own noise");
}

}  // namespace

void add_own_noise(const std::vector<Verdict>& replicates, OwnNoise& noise) {
  for (std::size_t i = 0; i < replicates.size(); ++i)
    for (std::size_t j = i + 1; j < replicates.size(); ++j) {
      const auto* a = std::get_if<Scored>(&replicates[i]);
      const auto* b = std::get_if<Scored>(&replicates[j]);
      if (!a || !b) continue;
      ++noise.pairs;
      noise.differ += a->value != b->value;
    }
}

Json to_json(const DriftResult& d) {
  Json out = Json::object({{"verdict", d.verdict}, {"drifted", d.state == State::drifted}});
  add_numbers(d, out);
  return out;
}

void add_numbers(const DriftResult& d, Json& object) {
  object["common"] = d.common;
  object["both_scored"] = d.both_scored;
  object["changed"] = d.changed;
  object["lost"] = d.lost;
  object["gained"] = d.gained;
  object["first_mean"] = optional_json(d.first_mean);
  object["second_mean"] = optional_json(d.second_mean);
  object["difference"] = optional_json(d.difference);
  object["low"] = optional_json(d.interval.low);
  object["high"] = optional_json(d.interval.high);
  object["p_value"] = optional_json(d.test.p_value);
}

DriftResult judge_drift(const std::vector<TwiceJudged>& items, const OwnNoise& noise,
                        const std::string& stream, double alpha, double level) {
  DriftResult d;
  std::vector<statistics::Observation> differences;
  std::vector<double> by_cluster;
  std::map<std::uint32_t, std::uint32_t> dense;  // clusters without an item scored twice do not count
  double first = 0, second = 0;
  for (const TwiceJudged& item : items) {
    ++d.common;
    d.lost += item.first && !item.second;
    d.gained += item.second && !item.first;
    if (!item.first || !item.second) continue;
    ++d.both_scored;
    const auto next = static_cast<std::uint32_t>(dense.size());
    const std::uint32_t cluster = dense.try_emplace(item.cluster, next).first->second;
    if (cluster == next) by_cluster.push_back(0);
    differences.push_back({0, 0, cluster, 0, *item.second - *item.first, 1});
    by_cluster[cluster] += *item.second - *item.first;
    first += *item.first;
    second += *item.second;
    d.changed += *item.first != *item.second;
  }
  if (d.both_scored > 0) {
    const auto n = static_cast<double>(d.both_scored);
    d.first_mean = first / n;
    d.second_mean = second / n;
    const auto estimate =
        statistics::ratio_estimate(differences, {1, 1, static_cast<std::uint32_t>(by_cluster.size())}, level);
    d.difference = estimate.value;
    d.interval = estimate.these_seeds;
    // As many patterns as it takes for a p-value below alpha to be possible.
    const int patterns = std::clamp(static_cast<int>(std::min(1e6, 100 / alpha)), kPermutations, 999999);
    if (d.changed > 0) d.test = statistics::sign_flip_test(by_cluster, stream, patterns);
  }
  conclude(d, noise, alpha);
  return d;
}

}  // namespace undertone
