// The parts of a block, between decoder.cc (whole sequences) and decoder_cache.cc (one token after the
// other). Not for other files.
#pragma once

#include <ATen/core/Tensor.h>

#include "harness/model/decoder.h"

namespace undertone {

// x [N, in] times a matrix [out, in]. Matrices may be kept in bfloat16 (precision.h): their product is taken
// in that type, all else in x's.
at::Tensor product(const at::Tensor& x, const at::Tensor& weight);

// Tables of global and of local layers.
struct Rotations {
  RotaryTables global, local;
  const RotaryTables& of(const DecoderConfig& config, std::size_t layer) const {
    return config.local(static_cast<int>(layer)) ? local : global;
  }
};
Rotations rotations(const DecoderConfig& config, const at::Tensor& positions, const at::Tensor& like);

// Rotated queries, keys and values of x, [N, heads + 2 kv_heads, head_width].
at::Tensor project(const DecoderConfig& config, const DecoderLayer& layer, const at::Tensor& x,
                   const RotaryTables& tables);

// Attention of whole sequences, [N, heads * head_width].
at::Tensor attend(const DecoderConfig& config, std::size_t layer, const at::Tensor& qkv,
                  const SequenceLayout& layout, const DecoderPrefix* prefix = nullptr);

// The block's output after attention; `rows`, where given, are those that are still needed.
at::Tensor after_attention(const DecoderConfig& config, const DecoderLayer& layer, at::Tensor x,
                           at::Tensor attended, const at::Tensor& rows = {});

}  // namespace undertone
