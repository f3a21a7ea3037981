// The adapter between encoder and decoder: stacks k frames and maps them to the decoder's width by an MLP, as
// the public MERaLiON models do (PAPER.md); both published shapes are offered.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/model/parameters.h"

namespace undertone {

struct AdapterConfig {
  // "mlp": a linear layer for each hidden size, each followed by SiLU, and one to the width (two hidden sizes
  // in the published shape). "gated": Linear, SiLU, SiLU(gate) * pool, Linear.
  std::string kind = "mlp";
  int stack = 5;  // encoder frames (20 ms each) to one embedding
  std::vector<int> hidden{512, 512};
  bool norm_in = false;     // layer norm (no gain) over the stacked frames
  bool norm_out = false;    // layer norm (no gain) over the output
  double output_scale = 1;  // multiplies the output
  int feature_width = 512;  // of the encoder
  int width = 192;          // of the decoder
  // output_scale is the spread of the decoder's embeddings (embedding_spread): "embedding" in the file.
  // Together with norm_out, audio then enters the decoder at the size of text.
  bool scale_to_embedding = false;
};
// "hidden" is one number (all layers alike, two for "mlp") or a list of up to 4; "gated" has one. Throws
// Error{suite} for unknown keys
// and wrong ranges. feature_width and width are given by the neighbours, not by the file.
AdapterConfig adapter_config_from_json(const Json& json, int feature_width, int width);
Json to_json(const AdapterConfig& config);

struct Adapter {
  AdapterConfig config;
  std::vector<at::Tensor> weights;  // [out, in] each; "gated": in, gate, pool, out
  std::vector<at::Tensor> biases;   // [out]

  void for_each_parameter(const ParameterVisitor& visit);  // "adapter.0.weight", "adapter.0.bias", ...
};
Adapter random_adapter(const AdapterConfig& config, const std::string& stream);

// Frames of several clips, each clip's padded with zeros to a multiple of `stack`: [rows, stack *
// feature_width]. Features are float16 or float32 [frames, feature_width]; `counts` receives the rows of each
// clip.
at::Tensor stack_frames(const std::vector<at::Tensor>& features, int stack, int feature_width,
                        std::vector<std::int64_t>& counts);
std::int64_t stacked_rows(std::int64_t frames, int stack);

// [rows, stack * feature_width] -> [rows, width].
at::Tensor adapter_forward(const Adapter& adapter, const at::Tensor& stacked);

}  // namespace undertone
