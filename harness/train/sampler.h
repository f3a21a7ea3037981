// Which items a batch holds: a mixture of pools, of types within a pool, and a shuffled pass over the items
// of each. Torch-free, and a function of the stream's name alone: a resumed training replays it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "harness/train/recipe.h"

namespace undertone {

struct SampledItem {  // what the sampler must know about an item
  std::string pool, type;
  bool text_only = false;
  std::int64_t target_tokens = 0;
};

class Sampler {
 public:
  // Throws Error{data} when the mixture names a pool that has no items, or a part of the batch could never be
  // filled.
  Sampler(const std::vector<SampledItem>& items, const Recipe& recipe, const std::string& stream);
  // Indices of the items of the next batch: audio items, then text-only items.
  std::vector<std::size_t> next();
  std::int64_t target_tokens() const { return drawn_tokens_; }  // drawn so far, of audio items

 private:
  struct Group {  // the items of one pool and type, in shuffled passes without replacement
    std::vector<std::size_t> items;
    std::size_t at = 0;
    std::uint64_t pass = 0;
    std::string name;
  };
  struct Side {  // audio or text-only
    std::vector<Group> groups;
    std::vector<double> shares;
  };
  std::size_t draw(Side& side);

  const std::vector<SampledItem>& items_;
  Recipe recipe_;
  std::string stream_;
  Stream choice_;
  Side audio_, text_;
  std::int64_t drawn_tokens_ = 0, wanted_tokens_ = 0;
};

}  // namespace undertone
