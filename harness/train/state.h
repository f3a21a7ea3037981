// The resumable state of a training: parameters, moments and the log up to a step, in one safetensors file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/train/optimiser.h"

namespace undertone {

// Atomic; crash points of write_file_atomically.
void save_training_state(const std::string& folder, const std::string& identity, std::int64_t steps_taken,
                         const FlatParameters& parameters, const std::vector<std::string>& log);

struct RestoredState {
  std::int64_t steps_taken = 0;
  std::vector<std::string> log;
};
// Fills `parameters` when the folder holds a state of this identity; nothing when there is none, or it is
// another training's or damaged (training then starts anew).
std::optional<RestoredState> restore_training_state(const std::string& folder, const std::string& identity,
                                                    FlatParameters& parameters);

}  // namespace undertone
