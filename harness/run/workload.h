// How much there is to do, told from a suite alone: what `plan` estimates time and memory from.
#pragma once

#include <map>
#include <string>

#include "harness/core/json.h"
#include "suites/spec.h"

namespace undertone {

// Means and counts of one dataset. Where the kind can say them without making the corpus (synthetic), they
// are exact but for the length of speech, and so they are of a manifest; for other folders they come from the
// audio files' sizes; else they are assumed.
struct Workload {
  double clips = 0, train_clips = 0;
  double seconds = 3;                   // of speech, a clip
  std::map<std::string, double> train;  // pool -> training questions
  double asked = 0;                     // questions of the evaluation's split and pools
  double prompt_words = 10, target_words = 5, transcript_words = 9;
  double speech_seconds() const { return clips * seconds; }
};
Workload workload_of(const SuiteSpec& suite, const std::string& dataset);

}  // namespace undertone
