#include "harness/train/sampler.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/core/error.h"

namespace undertone {

Sampler::Sampler(const std::vector<SampledItem>& items, const Recipe& recipe, const std::string& stream)
    : items_(items), recipe_(recipe), stream_(stream), choice_(stream + "/choice") {
  std::map<std::string, std::size_t> pool_sizes;
  for (const SampledItem& item : items) ++pool_sizes[item.pool];
  for (const auto& [pool, share] : recipe.mixture)
    if (share > 0 && pool_sizes.count(pool) == 0)
      throw Error(ErrorKind::data, fmt::format("the mixture names the pool '{}', which has no items", pool),
                  "/recipe/mixture/" + pool, "take the pool out of the mixture, or add items to it");
  for (const bool text_only : {false, true}) {
    std::map<std::pair<std::string, std::string>, Group> groups;  // sorted: independent of the order of items
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i].text_only == text_only) groups[{items[i].pool, items[i].type}].items.push_back(i);
    // A group's part of its pool: size times the type's weight.
    std::map<std::string, double> pool_weight;
    const auto weight = [&](const std::pair<std::string, std::string>& key, const Group& group) {
      const auto found = recipe.type_weights.find(key.second);
      return static_cast<double>(group.items.size()) *
             (found == recipe.type_weights.end() ? 1.0 : found->second);
    };
    for (const auto& [key, group] : groups) pool_weight[key.first] += weight(key, group);
    Side& side = text_only ? text_ : audio_;
    // The base stage's text-only items stand in a pool of their own, which a mixture of audio pools does not
    // name.
    const bool named = std::any_of(pool_weight.begin(), pool_weight.end(),
                                   [&](const auto& pool) { return recipe.mixture.count(pool.first) > 0; });
    for (auto& [key, group] : groups) {
      const double total = pool_weight[key.first];
      double share = recipe.mixture.empty() || (text_only && !named) ? total : 0;
      if (const auto found = recipe.mixture.find(key.first); found != recipe.mixture.end())
        share = found->second;
      if (share <= 0 || total <= 0) continue;
      const double part = share * weight(key, group) / total;
      if (part <= 0) continue;
      group.name = fmt::format("{}/{}/{}/{}", stream, text_only ? "text" : "audio", key.first, key.second);
      side.groups.push_back(std::move(group));
      side.shares.push_back(part);
    }
  }
  const bool wants_audio = recipe.target_tokens > 0 || recipe.batch_items > 0;
  if (wants_audio && audio_.groups.empty())
    throw Error(ErrorKind::data, "the recipe asks for audio items, but the mixture leaves none", "/recipe",
                "set batch_items to 0, or add pools with audio to the mixture");
  if (recipe.text_items > 0 && text_.groups.empty())
    throw Error(ErrorKind::data, "the recipe asks for text-only items, but the mixture leaves none",
                "/recipe", "set text_items to 0, or add text-only items");
  if (!wants_audio && recipe.text_items == 0)
    throw Error(ErrorKind::suite, "the recipe's batches are empty", "/recipe",
                "set batch_items, target_tokens or text_items");
}

std::size_t Sampler::draw(Side& side) {
  Group& group = side.groups[choice_.weighted(side.shares)];
  if (group.at == group.items.size() || (group.at == 0 && group.pass == 0)) {
    Stream order(group.name, group.pass++);
    order.shuffle(group.items);
    group.at = 0;
  }
  return group.items[group.at++];
}

std::vector<std::size_t> Sampler::next() {
  std::vector<std::size_t> batch;
  if (recipe_.target_tokens > 0) {
    // Filled against the running total: one long target more or less in a step evens out over the steps, so
    // that arms differ by at most one item's tokens in all.
    wanted_tokens_ += recipe_.target_tokens;
    while (drawn_tokens_ < wanted_tokens_ || batch.empty()) {
      batch.push_back(draw(audio_));
      drawn_tokens_ += items_[batch.back()].target_tokens;
    }
  } else {
    for (int i = 0; i < recipe_.batch_items; ++i) {
      batch.push_back(draw(audio_));
      drawn_tokens_ += items_[batch.back()].target_tokens;
    }
  }
  for (int i = 0; i < recipe_.text_items; ++i) batch.push_back(draw(text_));
  return batch;
}

}  // namespace undertone
