// The text encoder that judges see: a torch-free stand-in that asks undertone-model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/run/installation.h"
#include "harness/run/worker_process.h"
#include "judges/judge.h"

namespace undertone {

// Whose embeddings judges see, by its name in pins.json.
inline const std::string kTextEncoderWeights = "all-minilm-l6-v2";
// Digest of the pinned MiniLM weights with the version of the embedding stage: known without loading them.
std::string minilm_identity(const Installation& installation);

class WorkerTextEncoder : public TextEncoder {
 public:
  WorkerTextEncoder(WorkerProcess& worker, const Installation& installation)
      : worker_(worker), installation_(installation) {}
  std::vector<std::vector<float>> embed(std::span<const std::string> texts) override;
  std::string identity() const override { return minilm_identity(installation_); }

 private:
  WorkerProcess& worker_;
  const Installation& installation_;
  std::map<std::string, std::vector<float>> known_;  // a reference is embedded once
};

// A context that can tell identities and nothing else: planning loads no weights.
JudgeContext identity_context(const Installation& installation);

}  // namespace undertone
