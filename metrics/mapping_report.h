// What the label mapping did: confusion tables, coverage and the rules that fired, for people who check it.
#pragma once

#include <vector>

#include "harness/core/json.h"
#include "metrics/evaluate.h"

namespace undertone {

// {"POOL ATTRIBUTE": {"SYSTEM, CONDITION": {labels, confusion, asked, answers, coverage, rules}}} for the
// paralinguistic attributes. confusion[gold][answered] counts answers, all seeds together; its last column
// counts the unmapped ones. "rules" gives how often each kind of rule ("word", "several", ...) decided.
Json mapping_report(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings);

}  // namespace undertone
