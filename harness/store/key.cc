#include "harness/store/key.h"

#include <fmt/format.h>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {

std::string make_key(std::string_view stage, int code_version, const Json& parts) {
  Json whole = Json::object();
  whole["stage"] = Json(stage);
  whole["code_version"] = Json(code_version);
  whole["parts"] = parts;
  return sha256_hex(whole.canonical());
}

StageKey& StageKey::put(std::string_view group, std::string_view name, Json value) {
  Json& members = parts[group];
  if (members.is_null()) members = Json::object();
  if (members.find(name))
    throw Error(ErrorKind::internal,
                fmt::format("stage '{}' names the {} '{}' twice in its key", stage, group, name));
  members[name] = std::move(value);
  return *this;
}

StageKey& StageKey::setting(std::string_view name, Json value) {
  return put("settings", name, std::move(value));
}
StageKey& StageKey::input(std::string_view name, std::string_view stage_key) {
  return put("inputs", name, Json(stage_key));
}
StageKey& StageKey::file(std::string_view name, std::string_view digest) {
  return put("files", name, Json(digest));
}
StageKey& StageKey::model(std::string_view name, std::string_view identity) {
  return put("models", name, Json(identity));
}
StageKey& StageKey::seed(std::int64_t value) { return put("draw", "seed", Json(value)); }
StageKey& StageKey::replicate(std::int64_t value) { return put("draw", "replicate", Json(value)); }

Json StageKey::about() const {
  Json out = Json::object();
  out["stage"] = Json(stage);
  out["code_version"] = Json(code_version);
  out["parts"] = parts;
  return out;
}

std::string item_key(std::string_view kind, const Json& content) {
  Json whole = Json::object();
  whole["content"] = content;
  whole["item"] = Json(kind);
  return sha256_hex(whole.canonical());
}

}  // namespace undertone
