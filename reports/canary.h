// What a run's judge said of its frozen anchors (judges/anchors.h) before it judged, and whether it is still
// the judge that it was.
#pragma once

#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "metrics/judge_drift.h"

namespace undertone {

struct CanaryItem {
  std::string asked;  // hash of question, reference, gold labels, clip and answer: the same whoever judges
  std::string cluster, question, answer;  // question: its id
  std::vector<Verdict> first, now;        // replicate by replicate; `now` may be empty
};

struct ReportCanary {
  std::string judge, identity, anchors;  // anchors: SHA-256 of their file
  double alpha = 0.05;                   // with which a judge that did not move is called drifted
  std::vector<CanaryItem> items;
  DriftResult drift;  // by conclude()
  OwnNoise noise;
  bool drifted() const { return drift.state == DriftResult::State::drifted; }
};

// Each item's two readings, first replicates, with what both sides' replicates tell of the judge's own noise.
// `first` is given where it is another reading than the frozen one: by CanaryItem::asked.
std::vector<TwiceJudged> twice_judged(const ReportCanary& canary, OwnNoise& noise,
                                      const ReportCanary* first = nullptr);
void conclude(ReportCanary& canary, const std::string& stream);
// "Judge drift: ..."; "" where the judge did not drift.
std::string drift_note(const ReportCanary& canary);

Json to_json(const ReportCanary& canary);
ReportCanary canary_from_json(const Json& json);  // what to_json wrote, concluded by the same stream

}  // namespace undertone
