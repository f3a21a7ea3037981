// Versions of the code that computes with pretrained weights. They stand here, free of torch, because the
// keys of stages and the identities of models are known before undertone-model runs.
#pragma once

namespace undertone {

inline constexpr int kPretrainedVersion = 1;     // raised when the same files give other numbers
inline constexpr int kLanguageModelVersion = 2;  // raised when the same prompt gives another reply or score

}  // namespace undertone
