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
  std::string kind =
      "mlp";  // "mlp": Linear, SiLU, Linear, SiLU, Linear. "gated": Linear, SiLU, SiLU(gate) * pool, Linear
  int stack = 5;  // encoder frames (20 ms each) to one embedding
  std::vector<int> hidden{512, 512};
  bool norm_in = false;     // layer norm (no gain) over the stacked frames
  bool norm_out = false;    // layer norm (no gain) over the output
  double output_scale = 1;  // multiplies the output
  int feature_width = 512;  // of the encoder
  int width = 192;          // of the decoder
};
// "hidden" is one number (all layers alike) or a list; "gated" has one. Throws Error{suite} for unknown keys
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
