// What a finished run left, opened again without running anything: for tapes, datasheets and judging its
// stored answers by other judges.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/run/pipeline.h"
#include "harness/run/run.h"

namespace undertone {

struct StoredRun {
  std::string folder;  // of its report
  Json manifest;
  std::unique_ptr<Pipeline> pipeline;
  Execution execution;  // as the manifest has it, where the store still holds what was made
};

// A judge to put beside a run's own.
struct AddedJudge {
  std::string name;
  Json spec = Json::object();  // {"kind": KIND, ...}
};
// NAME: a kind of judge ("rubric"), with its defaults; or a JSON file that holds {"kind": ..., ...}, named by
// its stem, whose paths are taken beside it; or "NAME=..." of either. Throws Error{usage} listing the kinds.
AddedJudge added_judge(const std::string& name_or_file);

// RUN is a folder, tag or hash prefix. The suite is the manifest's; with `added` it has that judge too, and
// the identity is another. Its judges are asked `replicates` times, or as often as the manifest says where
// that is more. Throws Error{usage} where there is no such run, Error{store} where its suite no longer means
// what the run was (data or weights changed).
StoredRun open_stored_run(const std::string& run, const Installation& installation, Store& store,
                          const std::optional<AddedJudge>& added = {}, int replicates = 1);

// The same where data, weights or this program's stages have changed since: the stages keep the keys, and the
// judges the identities, that the manifest gives them, so that what was made then is read, not what would be
// made now. Still throws where the suite cannot be read or its data are not there.
StoredRun open_recorded_run(const std::string& run, const Installation& installation, Store& store);

// Judges the run's stored answers, starting no stage but the judge's, and writes a report with all judges to
// `out`
// ("": RUN's folder/judge-NAME). Without `added` the run's own judges are asked, for as many replicates.
// Throws Error{store} listing the answers that the store no longer holds.
ExitCode rejudge(const std::string& run, const Installation& installation, const std::string& store_folder,
                 const std::optional<AddedJudge>& added, int replicates, const std::string& out, bool quiet);

}  // namespace undertone
