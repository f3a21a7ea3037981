#include "metrics/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/core/error.h"
#include "metrics/seed_means.h"

namespace undertone {
namespace {

using Coalition = std::uint32_t;
using Blocks = std::vector<Coalition>;  // stages that are taken together, as bits; a partition of all of them

// Every partition of `n` stages, those with the most blocks first and, among these, in a fixed order.
std::vector<Blocks> partitions(std::size_t n) {
  std::vector<Blocks> all{{}};
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<Blocks> next;
    for (const Blocks& p : all) {
      next.push_back(p);
      next.back().push_back(Coalition{1} << i);
      for (std::size_t b = 0; b < p.size(); ++b) {
        next.push_back(p);
        next.back()[b] |= Coalition{1} << i;
      }
    }
    all = std::move(next);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Blocks& a, const Blocks& b) { return a.size() > b.size(); });
  return all;
}

// Orders of the blocks all of whose coalitions are there; `total` counts every order.
std::vector<Blocks> orders_there(Blocks blocks, const std::vector<bool>& there, int& total) {
  std::vector<Blocks> out;
  total = 0;
  std::sort(blocks.begin(), blocks.end());
  do {
    ++total;
    Coalition taken = 0;
    bool all = true;
    for (const Coalition b : blocks) all = all && there[taken |= b];
    if (all) out.push_back(blocks);
  } while (std::next_permutation(blocks.begin(), blocks.end()));
  return out;
}

std::string name_of(Coalition block, const std::vector<std::string>& stages) {
  std::string out;
  for (std::size_t i = 0; i < stages.size(); ++i)
    if (block >> i & 1) out += (out.empty() ? "" : " + ") + stages[i];
  return out;
}

// Mean over seeds of each seed's mean of the chosen items' scores; nothing where a seed has none.
std::optional<double> mean_of(const Swaps& s, const std::vector<std::size_t>& chosen, Coalition coalition) {
  SeedMeans means;
  for (const std::size_t i : chosen) means.add(s.seed[i], s.items[i][coalition].score);
  return means.mean();
}

std::string share_missing(const std::vector<double>& coverage, const std::vector<std::string>& stages,
                          std::size_t items) {
  // The swap that lacks the fewest verdicts, in words.
  Coalition nearest = 0;
  const Coalition all = static_cast<Coalition>(coverage.size()) - 1;
  for (Coalition c = 1; c < all; ++c)
    if (nearest == 0 || coverage[c] > coverage[nearest]) nearest = c;
  if (nearest == 0) return "";
  return fmt::format(" (with the second run's {} and the first one's {}, {} of {} verdicts are stored)",
                     name_of(nearest, stages), name_of(all & ~nearest, stages),
                     static_cast<std::int64_t>(coverage[nearest] * static_cast<double>(items) + 0.5), items);
}

}  // namespace

Attribution attribute_change(const Swaps& s, double wanted) {
  Attribution out;
  if (s.stages.size() > 5 || s.seed.size() != s.items.size())
    throw Error(ErrorKind::internal, "attribute_change needs at most five stages and a seed for each item");
  const Coalition all = (Coalition{1} << s.stages.size()) - 1;
  if (s.items.empty()) {
    out.reason = "cannot be attributed: no item is in both runs";
    return out;
  }
  std::vector<double> coverage(all + 1, 0);
  for (const auto& item : s.items)
    for (Coalition c = 0; c <= all; ++c)
      coverage[c] += item.at(c).stored ? 1.0 / static_cast<double>(s.items.size()) : 0;
  std::vector<bool> there(all + 1);
  for (Coalition c = 0; c <= all; ++c) there[c] = coverage[c] >= wanted;
  if (!there[0] || !there[all]) {
    out.reason = "cannot be attributed: the runs' own verdicts are not stored";
    return out;
  }

  std::vector<Blocks> orders;
  Blocks blocks;
  std::vector<std::optional<double>> means;
  // A mixture in which nothing is scored has no mean: it counts as not there, and the stages are tried anew.
  for (bool settled = false; !settled;) {
    settled = true;
    for (const Blocks& partition : partitions(s.stages.size())) {
      orders = orders_there(partition, there, out.orders);
      blocks = partition;
      if (!orders.empty()) break;
    }
    // The items whose verdicts every order that is taken has.
    std::vector<bool> used(all + 1, false);
    used[0] = used[all] = true;
    for (const Blocks& order : orders) {
      Coalition taken = 0;
      for (const Coalition b : order) used[taken |= b] = true;
    }
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < s.items.size(); ++i) {
      bool known = true;
      for (Coalition c = 0; c <= all; ++c) known = known && (!used[c] || s.items[i][c].stored);
      if (known) chosen.push_back(i);
    }
    out.items = static_cast<std::int64_t>(chosen.size());
    out.left_out = static_cast<std::int64_t>(s.items.size() - chosen.size());
    means.assign(all + 1, std::nullopt);
    for (Coalition c = 0; c <= all; ++c) {
      if (used[c]) means[c] = mean_of(s, chosen, c);
      if (!used[c] || means[c] || c == 0 || c == all) continue;
      there[c] = false;
      coverage[c] = 0;
      settled = false;
    }
  }
  if (!means[0] || !means[all]) {
    out.reason = "cannot be attributed: a run has no score of these items";
    return out;
  }
  out.orders_there = static_cast<int>(orders.size());
  out.first_mean = means[0];
  out.second_mean = means[all];

  std::map<Coalition, double> share;
  for (const Blocks& order : orders) {
    Coalition taken = 0;
    for (const Coalition b : order) {
      const double before = *means[taken];
      share[b] += (*means[taken |= b] - before) / static_cast<double>(orders.size());
    }
  }
  for (const Coalition b : blocks) out.shares.push_back({name_of(b, s.stages), share[b]});
  if (blocks.size() < s.stages.size())
    out.reason = fmt::format("cannot be attributed further: no verdict of a mixture is stored{}",
                             share_missing(coverage, s.stages, s.items.size()));
  else if (out.orders_there < out.orders)
    out.reason =
        fmt::format("{} of {} orders of exchanging have all their verdicts", out.orders_there, out.orders);
  return out;
}

}  // namespace undertone
