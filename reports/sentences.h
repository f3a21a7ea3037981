// The question that a suite asks and its answer in a few sentences, made from the estimates and from nothing
// else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace undertone {

struct Summary {
  std::string question;
  std::string compared;  // which systems, on how many questions of how many clips and units
  std::vector<std::string>
      sentences;  // the answer: implicit effect; explicit effect; both. Or the generic one.
  std::vector<std::string> cautions;  // straw baseline, few systems, missing parts; said beside the answer
};

// The paper's question where the suite holds S30 and the placebo, or S30 and S32; else a generic account of
// the systems. An interval that covers zero is said to cover it, whatever the sign of the value; an
// effect is only claimed where the interval leaves zero out and the adjusted p is below 1 - level.
Summary summarise(const ReportData& data);

}  // namespace undertone
