// The files and folders that a resolved suite names: members called "root", "folder", "path", "rubric_path",
// "key_file" or "ca_file".
#pragma once

#include "harness/core/json.h"

namespace undertone {

// The suite with these made absolute, so that it means the same wherever it is written and read again.
Json with_absolute_paths(const Json& resolved);

// The suite without them, and without the servers' addresses ("url", "key_env"): what a run is identified by,
// beside the digests of what stands there.
Json without_paths(const Json& resolved);

}  // namespace undertone
