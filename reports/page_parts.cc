#include "reports/page_parts.h"

#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {

std::string page_asset(const std::string& folder, const std::string& name) {
  const std::string path = (std::filesystem::path(folder) / name).string();
  if (!std::filesystem::exists(path))
    throw Error(ErrorKind::io, "an asset of the report page is missing", path,
                "restore reports/assets from the repository");
  return read_file(path);
}

std::string script_json(const Json& json) {
  const std::string text = json.dump();
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace undertone
