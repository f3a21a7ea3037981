#include "harness/run/suite_paths.h"

#include <filesystem>

#include "suites/spec.h"

namespace undertone {
namespace {

bool names_path(const std::string& key, const Json& value) {
  return value.is_string() && (key == "root" || key == "folder" || key == "path" || key == "rubric_path");
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
    if (!names_path(key, value)) out[key] = without_paths(value);
  return out;
}

}  // namespace undertone
