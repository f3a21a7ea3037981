#include "harness/run/encoder_proxy.h"

#include <memory>

#include "harness/core/error.h"
#include "harness/run/text_model_proxy.h"
#include "harness/weights/pins.h"

namespace undertone {
namespace {

constexpr std::string_view kEmbeddingVersion = "2";

// Tells its identity; asking it for an embedding is a fault of the plan.
class IdentityOnly : public TextEncoder {
 public:
  explicit IdentityOnly(std::string identity) : identity_(std::move(identity)) {}
  std::vector<std::vector<float>> embed(std::span<const std::string>) override {
    throw Error(ErrorKind::internal, "a judge asked for embeddings while the plan was being made");
  }
  std::string identity() const override { return identity_; }

 private:
  std::string identity_;
};

}  // namespace

std::string minilm_identity(const Installation& installation) {
  return kTextEncoderWeights + ":" + pinned_weights(installation.pins(), kTextEncoderWeights).sha256 + ":" +
         std::string(kEmbeddingVersion);
}

std::vector<std::vector<float>> WorkerTextEncoder::embed(std::span<const std::string> texts) {
  Json missing = Json::array();
  for (const std::string& t : texts)
    if (known_.emplace(t, std::vector<float>{}).second) missing.push_back(t);
  if (missing.size() > 0) {
    const PinnedWeights weights = pinned_weights(installation_.pins(), kTextEncoderWeights);
    verify_weights(weights);
    WorkerJob job;
    job.stage = "embed";
    job.settings = Json::object({{"encoder", Json::object({{"path", weights.folder}})}, {"texts", missing}});
    std::size_t next = 0;
    worker_.run(job, [&](const Json& event) {
      if (event.get("event", "") != "value") return;
      std::vector<float>& vector = known_[missing.elements().at(next++).as_string()];
      for (const Json& v : event.at("vector").elements()) vector.push_back(static_cast<float>(v.as_double()));
    });
    if (next != missing.size())
      throw Error(ErrorKind::model, "undertone-model returned fewer embeddings than were asked for", "embed");
  }
  std::vector<std::vector<float>> out;
  for (const std::string& t : texts) out.push_back(known_.at(t));
  return out;
}

JudgeContext identity_context(const Installation& installation) {
  JudgeContext context;
  auto encoder = std::make_shared<IdentityOnly>(minilm_identity(installation));
  context.text_encoder = [encoder]() -> TextEncoder& { return *encoder; };
  auto models = std::make_shared<TextModels>(installation);
  context.text_model = [models](const TextModelChoice& choice) -> TextModel& { return models->get(choice); };
  return context;
}

}  // namespace undertone
