// Finds the estimates that a page shows, by what they are and not by where they stand in the list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.h"

namespace undertone {

// "cpqa/CE/judge:rubric/mean" -> set "cpqa", slice "CE", rest "judge:rubric/mean".
struct TagParts {
  std::string set, slice, rest;
};
TagParts split_tag(std::string_view tag);

struct Wanted {
  std::string_view tag, system, condition, baseline;  // baseline: for differences and gains, else ""
  std::string_view kind = "value";
};
const Estimate* find_estimate(const ReportData& data, const Wanted& wanted);  // null when there is none

// A system's name with its test condition where the baseline of a difference needs it: "S32@absent".
std::string with_condition(std::string_view system, std::string_view condition);

// The set that the page is about: "cpqa" where the primary judge has a mean over it, else the first set that
// has one, else "".
std::string main_set(const ReportData& data);
// "cpqa/all/judge:rubric/mean" for main_set and the primary judge.
std::string mean_tag(const ReportData& data, std::string_view set, std::string_view slice);

// Paired differences that a page shows: every declared one, and of the exploratory ones those of the primary
// judge over the main set as a whole and over its binding questions. report.json has all.
std::vector<const Estimate*> shown_differences(const ReportData& data);

// "3 speakers", "1 clip", "24 speakers or pairs of speakers".
std::string counted(std::int64_t n, std::string_view noun);

// Test conditions in the order absent, predicted, degraded, gold, then others as they come; only those that
// occur in values.
std::vector<std::string> conditions_of(const ReportData& data);
const ReportSystem* find_system(const ReportData& data, std::string_view name);

// Total answers and verdicts inside `data.items`.
struct Counts {
  std::int64_t questions = 0, answers = 0, verdicts = 0, clips = 0, units = 0;
};
Counts count_items(const ReportData& data);

}  // namespace undertone
