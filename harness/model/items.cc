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

}  // namespace undertone
