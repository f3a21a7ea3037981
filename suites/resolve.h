// From a suite file to whole suites: extends, merging, overrides, matrix. Knows nothing of what the keys
// mean.
#pragma once

#include <string>
#include <vector>

#include "suites/spec.h"

namespace undertone {

struct ResolvedSuites {
  std::vector<Json> suites;  // without "extends" and "matrix"; empty when the file could not be read
  std::vector<Problem> problems;
  bool whole = true;  // false: an extended suite was lost, so what is absent here may stand there
};

// Every value keeps the place of the file, or of the override, that it came from.
ResolvedSuites resolve_suite(const std::string& path, const std::vector<std::string>& overrides,
                             const SuiteLoader& load);

// `over` on top of `under`: objects member by member (null removes), everything else replaces. A dataset or
// judge of another kind (`pointer` tells) replaces too: fields of the old kind would mean nothing.
Json merge_suites(const Json& under, const Json& over, const std::string& pointer = {});

}  // namespace undertone
