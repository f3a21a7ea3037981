// Sentence embeddings from a BERT encoder such as all-MiniLM-L6-v2 (Wang et al. 2020; Reimers & Gurevych
// 2019): mean of the last layer over the tokens, scaled to unit length. Frozen, float32.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/core/text_model.h"

namespace undertone {

// `folder` holds model.safetensors, config.json and vocab.txt (the layout of Hugging Face). Texts of more
// than `max_tokens` tokens are cut, as sentence-transformers does for this model at 256. Each text runs
// alone, so an embedding depends on nothing but the text; equal texts are computed once a call. The kind of
// device is part of its identity where it is not the CPU. Throws Error{weights} naming file and tensor.
std::unique_ptr<TextEncoder> make_minilm(const std::string& folder, int max_tokens = 256,
                                         c10::Device device = c10::kCPU);

}  // namespace undertone
