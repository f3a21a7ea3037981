// The checks behind check.h's rules, and how they report. Internal to harness/run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/run/check.h"

namespace undertone::checks {

using Facts = ComplianceFacts;

// Breaches first; without one, what could not be looked at; else what was.
class Result {
 public:
  void breach(std::string text) { breaches_.push_back(std::move(text)); }
  void unknown(std::string text) { unknown_.push_back(std::move(text)); }
  void seen(std::string text) { seen_.push_back(std::move(text)); }
  RuleFound found(const ComplianceRule& rule) const;

 private:
  std::vector<std::string> breaches_, unknown_, seen_;
};

// "" or ": why the store was not read".
inline std::string because(const Facts& f) { return f.unread.empty() ? "" : ": " + f.unread; }
inline bool trains_variants(const Facts& f) {
  for (const auto& s : f.systems)
    if (s.kind == "variant") return true;
  return false;
}

void seeds_distinct(const ComplianceRule& rule, const Facts& facts, Result& result);
void clips_apart(const ComplianceRule& rule, const Facts& facts, Result& result);
void speakers_apart(const ComplianceRule& rule, const Facts& facts, Result& result);
void wordings_apart(const ComplianceRule& rule, const Facts& facts, Result& result);
void prompts_equal(const ComplianceRule& rule, const Facts& facts, Result& result);
void steps_equal(const ComplianceRule& rule, const Facts& facts, Result& result);
void tokens_equal(const ComplianceRule& rule, const Facts& facts, Result& result);
void judge_apart(const ComplianceRule& rule, const Facts& facts, Result& result);
void items_equal(const ComplianceRule& rule, const Facts& facts, Result& result);
void coverage(const ComplianceRule& rule, const Facts& facts, Result& result);
void digests_known(const ComplianceRule& rule, const Facts& facts, Result& result);
void licences_known(const ComplianceRule& rule, const Facts& facts, Result& result);
void controls_present(const ComplianceRule& rule, const Facts& facts, Result& result);

}  // namespace undertone::checks
