#include "harness/run/worker/speech_lm_inputs.h"

#include <ATen/ops/from_blob.h>

namespace undertone::worker {

SpeechInputs read_speech_inputs(const Job& job, bool need_target) {
  SpeechInputs in{read_items(job.input("items"), need_target),
                  WordVocabulary::load(job.input("vocabulary")),
                  "",
                  nullptr,
                  nullptr,
                  static_cast<int>(job.settings.get("feature_width", 512))};
  in.vocabulary_digest = vocabulary_digest(in.vocabulary);
  if (job.has_input("features")) {
    in.store = std::make_shared<FeatureStore>(job.input("features"));
    if (in.store->width() > 0) in.feature_width = static_cast<int>(in.store->width());
  }
  const std::string place = job.has_input("features") ? job.input("features") : job.input("items");
  for (const Item& item : in.items)
    if (!item.clip.empty() && (!in.store || in.store->find(item.clip) == nullptr))
      throw Error(ErrorKind::data, "the clip '" + item.clip + "' of item '" + item.id + "' has no features",
                  place, "compute the features of every clip first");
  in.features = [store = in.store](const std::string& clip) {
    const auto rows = store->half_rows(clip);
    const std::int64_t width = store->width();
    // from_blob wants a pointer to mutable memory; features are only read.
    return at::from_blob(const_cast<std::uint16_t*>(rows.data()),
                         {static_cast<std::int64_t>(rows.size()) / width, width}, at::kHalf);
  };
  return in;
}

}  // namespace undertone::worker
