// What the exports of a run have in common. Internal to reports/export_*.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/exports.h"

namespace undertone::exports {

// A system under one test condition: what others call a model.
std::string model_name(const std::string& system, const std::string& condition);

// Answers that share a file: of one system, condition and set, and of one seed where `by_seed`.
struct Group {
  std::string system, condition, set;
  int seed = 0;                            // the first, where seeds share the file
  std::vector<const EvaluationRow*> rows;  // in the run's order
};
std::vector<Group> groups(const ExportedRun& run, bool by_seed);

// Whether the judge was to read this answer. Of others it has no verdict to export.
bool is_asked(const JudgeInfo& judge, const EvaluationRow& row);

// The verdict of a judge on an answer. An answer without one says so.
Verdict verdict_of(const JudgeInfo& judge, const EvaluationRow& row);

// What the judge replied, as far as the verdict keeps it.
std::string reply_of(const Verdict& verdict);

// The mean of the scores and how many of the asked have one.
struct Mean {
  std::int64_t asked = 0, scored = 0;
  double sum = 0;
  void add(const Verdict& verdict);
  std::optional<double> value() const;  // none without a score
};

// A name as part of a path: letters, digits, '.', '-' and '_' as they stand, anything else a '_'.
std::string path_part(std::string_view name);
// Throws Error{data} where two systems' or judges' names make one path.
void add_file(ExportedFiles& files, const std::string& path, std::string bytes);

// "2026-12-01T03:03:28Z" -> "2026-12-01T03-03-28", as file names have it.
std::string date_in_names(const std::string& created);

}  // namespace undertone::exports
