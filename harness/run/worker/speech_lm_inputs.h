// What the train, answer and score jobs read alike.
#pragma once

#include <memory>
#include <optional>

#include "harness/model/features.h"
#include "harness/model/item_encoder.h"
#include "harness/model/speech_lm.h"
#include "harness/run/worker/jobs.h"

namespace undertone::worker {

struct SpeechInputs {
  std::vector<Item> items;
  std::shared_ptr<const ItemEncoder> encoder;
  std::optional<PretrainedDecoder> pretrained;  // where the job has the input "decoder"
  Json decoder_facts = Json::object();          // for the job's facts: what was loaded, in which precision
  std::shared_ptr<FeatureStore> store;          // null where the job has no features
  FeatureSource features;                       // throws Error{data} for a clip without features
  int feature_width = 512;                      // of the store, else what the settings' "feature_width" says
};
// The input "decoder" (a file or folder of pretrained weights) goes with the settings'
// model.decoder.pretrained
// {"chat_template", "precision", "sha256"}; without it the input "vocabulary" is the miniature's.
SpeechInputs read_speech_inputs(const Job& job, bool need_target);
// The configuration that the settings' "model" asks for.
SpeechLMConfig asked_config(const Job& job, const SpeechInputs& in);

}  // namespace undertone::worker
