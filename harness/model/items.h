// What the speech LM is trained on and asked: items.jsonl of run/PROTOCOL.md, rendered by the torch-free
// side. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace undertone {

struct Item {
  std::string id;
  std::string clip;    // "" for a text-only item
  std::string prefix;  // text in the place of the audio (text-only items)
  std::string prompt;
  std::optional<std::string> target;  // absent when answering
  std::string pool, type;
};

// Throws Error{data} with file and line for a missing or misshapen field, a duplicate id, an item with
// neither audio nor text, or, where `need_target`, one without a target.
std::vector<Item> read_items(const std::string& path, bool need_target);

// An item as token ids: prefix, audio embeddings where it has a clip, prompt, target with the end token.
struct EncodedItem {
  std::string clip;
  std::vector<std::int64_t> prefix, prompt;
  std::vector<std::int64_t> target;   // with the end token; empty when the item has no target
  std::int64_t text_tokens() const {  // that are read: the end token is only predicted
    return static_cast<std::int64_t>(prefix.size() + prompt.size() + target.size()) -
           (target.empty() ? 0 : 1);
  }
};

}  // namespace undertone
