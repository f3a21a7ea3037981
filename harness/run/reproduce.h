// A finished run beside a paper's tables: which values and claims hold.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "reports/paper_comparison.h"
#include "suites/paper.h"

namespace undertone {

// What a comparison reads of a run: its report.json and manifest.json, and nothing of the store.
struct RunFacts {
  struct System {
    std::string name, kind, train_metadata;
    std::vector<std::string> pools;
  };
  struct JudgeFact {
    std::string name, kind, model, scale;  // model: of an endpoint or local judge, "" of others
  };
  struct Dataset {
    std::string name, kind, written_by, digest;
  };
  std::string suite, identity, description, primary_judge;
  std::string encoder, decoder;  // weights by name, "a random start", or "" where the run trains nothing
  std::vector<Estimate> estimates;
  std::vector<System> systems;
  std::vector<JudgeFact> judges;
  std::vector<Dataset> datasets;  // those whose questions were asked
  std::string unit = "speaker";
  std::int64_t clips = 0, limit = 0;
  std::vector<std::string> notes;
  // What the caller asserts: the questions of a dataset are drawn as those of a set of the paper.
  std::map<std::string, std::string> set_of;

  const System* system(const std::string& name) const;
  const JudgeFact* judge(const std::string& name) const;
};
// Throws Error{data} where the two are not of one run, or a report of another form.
RunFacts run_facts(const Json& report, const Json& manifest);

// Contrasts that the paper's claims rest on and the report lacks, paired by question from the answers and
// verdicts that the store still holds. Where it does not, a note says why, and they are taken from two means.
void pair_from_store(RunFacts& run, const PaperSpec& paper, const std::string& folder,
                     const std::string& store);

// A pure function of both.
PaperComparison compare_with_paper(const PaperSpec& paper, const RunFacts& run);

}  // namespace undertone
