#include "harness/run/forecast.h"

#include <algorithm>
#include <set>
#include <utility>

#include "harness/core/error.h"
#include "harness/weights/pins.h"
#include "harness/weights/tensor_file.h"

namespace undertone {
namespace {

constexpr double kWordVocabulary = 800;  // of a corpus of templates

// Of a Whisper encoder: the elements of its matrices and kernels.
void read_encoder(const std::string& path, ModelSizes& sizes) {
  const TensorFile file = open_tensor_file(path);
  std::set<std::string> layers;
  double width = 0;
  for (const TensorView& t : file.tensors()) {
    const bool ours = t.name.starts_with("encoder/") || t.name.starts_with("model.encoder.") ||
                      t.name.starts_with("encoder.");
    if (!ours || t.shape.size() < 2 || t.name.find("position") != std::string::npos) continue;
    sizes.encoder_parameters += static_cast<double>(t.elements());
    for (const char* mark : {"layer_", "layers."})
      if (const auto at = t.name.find(mark); at != std::string::npos)
        layers.insert(t.name.substr(at, t.name.find_first_of("./", at + 7) - at));
    if (t.shape.size() == 2) width = static_cast<double>(std::min(t.shape[0], t.shape[1]));
  }
  if (!layers.empty()) sizes.encoder_layers = static_cast<double>(layers.size());
  if (width > 0) sizes.feature_width = width;
}

}  // namespace

Forecast::Forecast(const SuiteSpec& suite, const Installation& installation, std::string encoder_path,
                   std::optional<DecoderWeights> decoder)
    : suite_(suite),
      installation_(installation),
      encoder_path_(std::move(encoder_path)),
      decoder_(std::move(decoder)) {}

int Forecast::workers() const { return static_cast<int>(suite_.runtime.get("workers", 2)); }

const Workload& Forecast::workload(const std::string& dataset) {
  const auto found = workloads_.find(dataset);
  return found != workloads_.end() ? found->second : workloads_[dataset] = workload_of(suite_, dataset);
}

const ModelSizes& Forecast::model() {
  if (model_) return *model_;
  ModelSizes sizes;
  try {
    read_encoder(encoder_path_, sizes);
  } catch (const Error&) {
    sizes.encoder_parameters = 20e6;  // not here yet: as large as Whisper base
  }
  if (decoder_) {
    sizes.pretrained = true;
    sizes.decoder = decoder_->sizes;
    sizes.tokens_per_word = 1.3;
    sizes.frame_tokens = decoder_->form() == PromptForm::chat ? 6 : 2;
  } else if (const Json* random = suite_.model.decoder.find("random")) {
    sizes.decoder = random_decoder_sizes(*random, kWordVocabulary);
  }
  sizes.adapter = adapter_sizes(suite_.model.adapter, sizes.feature_width, sizes.decoder.width);
  model_ = sizes;
  return *model_;
}

double Forecast::flops() {
  if (!rate_) {
    std::string cache;
    try {
      cache = cache_folder() + "/machine.json";
    } catch (const Error&) {
      // No place for it: measured anew each time.
    }
    rate_ = machine_rate(installation_.model_program(), workers(), cache);
  }
  return rate_->flops;
}

}  // namespace undertone
