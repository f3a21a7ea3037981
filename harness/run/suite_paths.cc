#include "harness/run/suite_paths.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include "suites/spec.h"

namespace undertone {
namespace {

bool one_of(std::string_view key, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

bool names_path(const std::string& key, const Json& value) {
  return value.is_string() && one_of(key, {"root", "folder", "path", "rubric_path", "key_file", "ca_file"});
}

// Where a server is and which variable holds its key: like a path, nothing that an answer depends on.
bool names_server(const std::string& key, const Json& value) {
  return value.is_string() && one_of(key, {"url", "key_env"});
}

}  // namespace

Json with_absolute_paths(const Json& resolved) {
  if (!resolved.is_object()) return resolved;
  Json out = Json::object();
  for (const auto& [key, value] : resolved.members())
    out[key] = names_path(key, value)
                   ? Json(std::filesystem::absolute(suite_path(value)).lexically_normal().string())
                   : with_absolute_paths(value);
  return out;
}

Json without_paths(const Json& resolved) {
  if (!resolved.is_object()) return resolved;
  Json out = Json::object();
  for (const auto& [key, value] : resolved.members())
    if (!names_path(key, value) && !names_server(key, value)) out[key] = without_paths(value);
  return out;
}

}  // namespace undertone
