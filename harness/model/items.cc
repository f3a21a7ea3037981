#include "harness/model/items.h"

#include <unordered_set>

#include "harness/core/error.h"
#include "harness/core/json.h"

namespace undertone {

std::vector<Item> read_items(const std::string& path, bool need_target) {
  std::vector<Item> out;
  std::unordered_set<std::string> ids;
  for (const Json& line : read_jsonl_file(path)) {
    const auto refuse = [&](const std::string& what, const std::string& mend) {
      throw Error(ErrorKind::data, what, line.place().str(), mend);
    };
    Item item;
    item.id = line.at("id").as_string();
    item.clip = line.get("clip", "");
    item.prefix = line.get("prefix", "");
    item.prompt = line.get("prompt", "");
    item.pool = line.get("pool", "");
    item.type = line.get("type", "");
    if (const Json* target = line.find("target"); target != nullptr && !target->is_null())
      item.target = target->as_string();
    if (!ids.insert(item.id).second)
      refuse("the id '" + item.id + "' stands twice", "give every item its own id");
    if (item.prompt.empty()) refuse("the item '" + item.id + "' has no prompt", "give it one");
    if (need_target && (!item.target || item.target->empty()))
      refuse("the item '" + item.id + "' has no target to train on", "give it one, or leave the item out");
    out.push_back(std::move(item));
  }
  if (out.empty())
    throw Error(ErrorKind::data, "there are no items", path, "check the datasets and pools of the suite");
  return out;
}

EncodedItem encode_item(const Item& item, const WordVocabulary& vocabulary) {
  const auto encode = [&](const std::string& text) {
    const std::vector<std::int32_t> ids = vocabulary.encode(text);
    return std::vector<std::int64_t>(ids.begin(), ids.end());
  };
  EncodedItem out{item.clip, encode(item.prefix), encode(item.prompt), {}};
  if (item.target) {
    out.target = encode(*item.target);
    out.target.push_back(WordVocabulary::eos);
  }
  return out;
}

std::vector<EncodedItem> encode_items(const std::vector<Item>& items, const WordVocabulary& vocabulary) {
  std::vector<EncodedItem> out;
  out.reserve(items.size());
  for (const Item& item : items) out.push_back(encode_item(item, vocabulary));
  return out;
}

}  // namespace undertone
