// A run or tape in the forms of others (reports/exports.h, datasets/import_ratings.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/exports.h"

namespace undertone {

struct ExportRequest {
  std::string format;         // one of export_formats()
  std::string what;           // a run (folder, tag, hash prefix), a suite (its latest run), or a tape
  std::string store, humans;  // humans: ratings of people to put beside the verdicts; may be ""
  // Only these, where not empty: questions of a set ("cpqa"), verdicts of a judge.
  std::string set, judge;
};

// csv, parquet, latex, lm-eval, inspect, audiobench, judge-bench.
const std::vector<std::string>& export_formats();
// Whether the format is a folder of files; the others are one file.
bool is_folder_format(std::string_view format);

// One file, named "", or the files of a folder. The run's verdicts are read as they were made, with data,
// weights and code that have changed since. Throws Error{usage} for something that is neither run nor tape,
// an unknown set or judge (listing the known), and humans for a format that has no place for them;
// Error{io} for parquet where Arrow is not set up; Error{store} where the store no longer holds the answers.
ExportedFiles export_run(const ExportRequest& request);

}  // namespace undertone
