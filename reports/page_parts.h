// Pieces that every page is put together from: assets, and data inside a script element. Internal to
// reports/.
#pragma once

#include <string>

#include "harness/core/json.h"

namespace undertone {

// A file of `folder`. Throws Error{io} naming it where it is missing.
std::string page_asset(const std::string& folder, const std::string& name);

// JSON for a script element: a "<" could end it or open a comment.
std::string script_json(const Json& json);

}  // namespace undertone
