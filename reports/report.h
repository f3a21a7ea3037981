// The result struct that every writer writes: JSON, Markdown, HTML.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "reports/canary.h"

namespace undertone {

struct ReportSystem {
  std::string name, kind, summary;
  std::string trains;          // what of the model its own training moves: "adapter", "decoder", "all",
                               // "nothing"; "" where that is unknown (recorded answers)
  std::string train_metadata;  // in its training prompts: "absent", "gold", "predicted"; "" without training
  std::vector<std::string> pools;
  std::vector<int> seeds;
  std::string state = "done";  // or "failed"
  std::string failure;         // the error, when failed
  bool control = false;
};

struct ReportAnswer {
  std::string system, condition;
  int seed = 0;
  std::string question;
  Answer answer;
  std::map<std::string, Verdict> verdicts;
};

struct ReportItem {  // a question with what was heard, and every system's answer to it
  Question question;
  Clip clip;                 // id may be "" for recorded answers
  std::string audio_path;    // absolute; "" when there is no audio
  std::string audio_sha256;  // of that file, where a judge hears it
  std::string metadata_gold, metadata_predicted;
  std::vector<ReportAnswer> answers;
};

struct ReportData {
  std::string suite, description, identity;
  std::string primary_judge;
  std::vector<std::string> notes;  // caveats: straw baseline, conditional on these speakers, missing parts
  std::vector<ReportSystem> systems;
  std::map<std::string, std::string> judges;  // name -> identity and kind, in words
  std::vector<Estimate> estimates;
  std::vector<ReportCanary> canaries;  // of judges that have anchors
  Json recogniser;  // by dataset: classes, folds, confusion and recalls of each set; its figures with
                    // intervals are estimates, tagged recogniser/...
  Json questions;   // counts: pools, types, dropped by the post-filter and why
  Json mapping;     // coverage and confusion per system and attribute
  std::vector<ReportItem> items;
  // Of this run, as the store counts them. An answer has one verdict a judge: a row of the ledger, or the
  // reason why none is due. Fewer than the page holds: rows were lost.
  std::int64_t ledger_answers = 0, ledger_verdicts = 0;
};

// report.json: versioned, strict, stable order, results only (no times, no hosts).
std::string report_json(const ReportData&);
std::string report_markdown(const ReportData&);
// One self-contained page that works from disk: assets and audio (of up to `max_audio_clips` clips) are
// inside. `assets_folder` holds reports/assets and Vega. Throws Error{io} when an asset is missing, naming
// the package that has it.
struct HtmlOptions {
  std::string assets_folder;
  int max_audio_clips = 40;
  std::int64_t max_bytes = 25'000'000;
};
std::string report_html(const ReportData&, const HtmlOptions&);

}  // namespace undertone
