// What the train, answer and score jobs read alike.
#pragma once

#include <memory>

#include "harness/model/features.h"
#include "harness/model/speech_lm.h"
#include "harness/run/worker/jobs.h"

namespace undertone::worker {

struct SpeechInputs {
  std::vector<Item> items;
  WordVocabulary vocabulary;
  std::string vocabulary_digest;
  std::shared_ptr<FeatureStore> store;  // null where the job has no features
  FeatureSource features;               // throws Error{data} for a clip without features
  int feature_width = 512;              // of the store, else what the settings' "feature_width" says
};
SpeechInputs read_speech_inputs(const Job& job, bool need_target);

}  // namespace undertone::worker
