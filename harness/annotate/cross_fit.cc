#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <numeric>

#include "harness/annotate/recogniser.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace undertone {
namespace {

// Union-find over names.
class Groups {
 public:
  std::size_t find(const std::string& name) {
    const auto [it, fresh] = index_.emplace(name, parent_.size());
    if (fresh) parent_.push_back(parent_.size());
    return root(it->second);
  }
  void join(const std::string& a, const std::string& b) {
    const std::size_t x = find(a), y = find(b);
    parent_[std::max(x, y)] = std::min(x, y);
  }

 private:
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  std::map<std::string, std::size_t> index_;
  std::vector<std::size_t> parent_;
};

}  // namespace

std::vector<int> assign_folds(std::span<const RecogniserItem> items, int folds, const std::string& stream) {
  Groups groups;
  const auto names = [](const RecogniserItem& i) {  // where neither is known, a clip stands for itself
    return std::array<std::string, 3>{"clip " + i.clip,
                                      i.speaker.empty() ? "clip " + i.clip : "speaker " + i.speaker,
                                      i.unit.empty() ? "clip " + i.clip : "unit " + i.unit};
  };
  for (const RecogniserItem& item : items)
    if (item.split == "train") {
      const auto n = names(item);
      groups.join(n[0], n[1]);
      groups.join(n[0], n[2]);
    }
  std::map<std::size_t, std::size_t> sizes;
  for (const RecogniserItem& item : items)
    if (item.split == "train") ++sizes[groups.find("clip " + item.clip)];
  if (sizes.size() < 2)
    throw Error(
        ErrorKind::data,
        fmt::format(
            "the training clips have {} group(s) of speakers who share no clip; cross-fitting needs two",
            sizes.size()),
        "recogniser", "add training clips of other speakers, or drop the systems with predicted metadata");
  std::vector<std::pair<std::size_t, std::size_t>> order(sizes.begin(), sizes.end());  // group, items
  Stream random(stream + "/folds");
  random.shuffle(order);
  // Largest first into the smallest fold: balanced within the size of a group.
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::size_t> filled(
      std::min<std::size_t>(static_cast<std::size_t>(std::max(folds, 2)), order.size()), 0);
  std::map<std::size_t, int> fold_of;
  for (const auto& [group, size] : order) {
    const auto smallest = std::min_element(filled.begin(), filled.end());
    *smallest += size;
    fold_of[group] = static_cast<int>(smallest - filled.begin());
  }
  std::vector<int> out;
  for (const RecogniserItem& item : items)
    out.push_back(item.split == "train" ? fold_of.at(groups.find("clip " + item.clip)) : -1);
  return out;
}

CrossFitted cross_fit(std::span<const RecogniserItem> items, const RecogniserOptions& options,
                      const std::string& stream, const std::function<void(int done, int total)>& progress) {
  CrossFitted out;
  out.fold = assign_folds(items, options.folds, stream);
  out.folds = 1 + *std::max_element(out.fold.begin(), out.fold.end());
  out.predictions.resize(items.size());
  RecogniserOptions fixed = options;
  if (fixed.categories.empty()) {  // the same list in every fold, even where a fold's training lacks one
    for (const RecogniserItem& i : items)
      if (i.split == "train" && !i.category.empty()) fixed.categories.push_back(i.category);
    std::sort(fixed.categories.begin(), fixed.categories.end());
    fixed.categories.erase(std::unique(fixed.categories.begin(), fixed.categories.end()),
                           fixed.categories.end());
  }
  for (int fold = 0; fold <= out.folds; ++fold) {  // the last is the full fit
    const bool full = fold == out.folds;
    std::vector<std::size_t> learn, predict;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (out.fold[i] < 0 ? full : out.fold[i] == fold) predict.push_back(i);
      if (out.fold[i] >= 0 && out.fold[i] != fold) learn.push_back(i);
    }
    Recogniser fitted = Recogniser::fit(items, learn, fixed,
                                        full ? stream + "/full" : fmt::format("{}/fold={}", stream, fold));
    const auto predictions = fitted.predict(items, predict);
    for (std::size_t k = 0; k < predict.size(); ++k) out.predictions[predict[k]] = predictions[k];
    if (full) out.full = std::move(fitted);
    if (progress) progress(fold + 1, out.folds + 1);
  }
  return out;
}

}  // namespace undertone
