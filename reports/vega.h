// Finds the plotting library's modules as Debian's libjs-vega lays them out, and joins them for a page.
#pragma once

#include <string>

namespace undertone {

// Looks in `assets_folder`/vega, then in javascript/vega of $XDG_DATA_DIRS. Debian has no single-file bundle:
// the modules that dot plots need are wrapped as CommonJS functions for assets/modules.js. Throws Error{io}
// naming the package when one is missing.
std::string vega_script(const std::string& assets_folder);

}  // namespace undertone
