// What the stages' estimates are computed from, each looked up once and only when a plan asks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/run/cost.h"
#include "harness/run/installation.h"

namespace undertone {

class Forecast {
 public:
  // `decoder`: the pretrained one, where the suite has it.
  Forecast(const SuiteSpec& suite, const Installation& installation, std::string encoder_path,
           std::optional<DecoderWeights> decoder);
  const Workload& workload(const std::string& dataset);
  const ModelSizes& model();
  double flops();                                                   // of one thread
  const std::optional<MachineRate>& rate() const { return rate_; }  // nothing where no stage needed it
  int workers() const;

 private:
  SuiteSpec suite_;
  Installation installation_;
  std::string encoder_path_;
  std::optional<DecoderWeights> decoder_;
  std::map<std::string, Workload> workloads_;
  std::optional<ModelSizes> model_;
  std::optional<MachineRate> rate_;
};

}  // namespace undertone
