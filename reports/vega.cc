#include "reports/vega.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/files.h"

namespace undertone {
namespace {

namespace fs = std::filesystem;

// Module as other modules require it, and its file.
constexpr std::array<std::pair<const char*, const char*>, 20> kModules{{
    {"vega-util", "vega-util"},
    {"vega-time", "vega-time"},
    {"vega-format", "vega-format"},
    {"vega-loader", "vega-loader"},
    {"vega-dataflow", "vega-dataflow"},
    {"vega-canvas", "vega-canvas"},
    {"vega-statistics", "vega-statistics"},
    {"vega-scale", "vega-scale"},
    {"vega-scenegraph", "vega-scenegraph"},
    {"vega-expression", "vega-expression"},
    {"vega-event-selector", "vega-event-selector"},
    {"vega-selections", "vega-selection"},
    {"vega-functions", "vega-functions"},
    {"vega-runtime", "vega-runtime"},
    {"vega-view", "vega-view"},
    {"vega-parser", "vega-parser"},
    {"vega-transforms", "vega-transforms"},
    {"vega-view-transforms", "vega-view-transforms"},
    {"vega-encode", "vega-encode"},
    {"vega-interpreter", "vega-interpreter"},
}};

std::vector<fs::path> folders(const std::string& assets_folder) {
  std::vector<fs::path> list{fs::path(assets_folder) / "vega"};
  const char* given = std::getenv("XDG_DATA_DIRS");
  std::string dirs = given && *given ? given : "";
  dirs += ":/usr/local/share:/usr/share";  // the defaults of the XDG base directory specification
  for (std::size_t at = 0; at <= dirs.size();) {
    const std::size_t end = std::min(dirs.find(':', at), dirs.size());
    if (end > at) list.push_back(fs::path(dirs.substr(at, end - at)) / "javascript" / "vega");
    at = end + 1;
  }
  return list;
}

}  // namespace

std::string vega_script(const std::string& assets_folder) {
  for (const fs::path& folder : folders(assets_folder)) {
    if (!fs::exists(folder / "vega-parser.min.js")) continue;
    std::string script;
    for (const auto& [name, file] : kModules) {
      const fs::path path = folder / (std::string(file) + ".min.js");
      if (!fs::exists(path))
        throw Error(ErrorKind::io, "a part of Vega is missing", path.string(),
                    "reinstall the package libjs-vega");
      std::string text = read_file(path.string());
      for (std::size_t at = 0; (at = text.find("</script", at)) != std::string::npos;)
        text.replace(at, 2, "<\\/");
      // The source maps lie beside the files, not beside the page.
      if (const std::size_t map = text.find("//# sourceMappingURL"); map != std::string::npos)
        text.erase(map);
      script += "define('" + std::string(name) + "',function(exports,module,require){" + text + "\n});\n";
    }
    return script;
  }
  throw Error(ErrorKind::io, "the plotting library Vega is not installed", assets_folder,
              "install the Debian package libjs-vega");
}

}  // namespace undertone
