// Gold label against what the answer was mapped to, per attribute, system and test condition.
#pragma once

#include "reports/report.h"

namespace undertone {

// ReportData::mapping where the pipeline gave one, else made from the answers: {attribute: {"SYSTEM,
// CONDITION": {labels, confusion (rows gold, columns answered, last column unmapped), answers, coverage}}},
// over all seeds and over answered questions that have the attribute as gold. An attribute with one gold
// label only is left out.
Json label_mapping_of(const ReportData& data);

}  // namespace undertone
