// Compliance rules as data: suites/rules/NAME.json.
#pragma once

#include <string>
#include <vector>

#include "harness/core/fields.h"

namespace undertone {

struct ComplianceRule {
  std::string id, what, why;
  double floor = 0.95;      // of coverage: a share
  double tolerance = 0.01;  // of target tokens: a share
};
struct RulesRead {
  std::vector<ComplianceRule> rules;  // in the order of the file
  std::string digest;                 // SHA-256 of the file
  std::vector<Problem> problems;      // when not empty, `rules` must not be used
};
// `known`: the ids that there are checks for. Throws Error{data} for a file that is no JSON, Error{io} for
// none.
RulesRead read_rules(const std::string& path, const std::vector<std::string>& known);

}  // namespace undertone
