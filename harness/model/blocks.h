// The differentiable blocks of a decoder, each gradient-checked in tests/numerics. Any floating type; on CPU
// the fused forms below, on other devices the plain compositions that they equal.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace undertone {

// Root-mean-square normalisation (Zhang & Sennrich 2019): x / sqrt(mean(x^2) + eps) * weight over the last
// dimension. x [N, D], weight [D].
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps);

// SiLU(gate) * up (Shazeer 2020), with gate the first and up the second half of the last dimension. [N, 2F]
// -> [N, F].
at::Tensor swiglu(const at::Tensor& gate_up);

// GELU(gate) * up with GELU's tanh form (Hendrycks & Gimpel 2016), halves as in swiglu. [N, 2F] -> [N, F].
at::Tensor geglu(const at::Tensor& gate_up);

// RMSNorm of every query and key head (Henry et al. 2020), values unchanged: qkv [N, heads + 2 kv_heads,
// width]; query_norm, key_norm [width].
at::Tensor norm_heads(const at::Tensor& qkv, const at::Tensor& query_norm, const at::Tensor& key_norm,
                      std::int64_t heads, std::int64_t kv_heads, double eps);

// Sequences of several lengths, one after the other in the rows of a matrix [N, ...] without padding;
// attention alone pads them, on the right, to [sequences, longest].
struct SequenceLayout {
  std::vector<std::int64_t> lengths;  // each >= 1
  std::int64_t shared = 0;            // positions in front of every sequence; their rows are not among the N
  std::int64_t rows = 0;              // N, the sum of lengths
  std::int64_t longest = 0;
  at::Tensor positions;  // [N] int64: place in its own sequence, the shared positions included, from 0
  at::Tensor padded;     // [N] int64: row in the padded form, sequence * longest + place behind the shared
  std::int64_t sequences() const { return static_cast<std::int64_t>(lengths.size()); }
};
SequenceLayout sequence_layout(std::vector<std::int64_t> lengths, std::int64_t shared = 0);

// Tables of rotary embeddings (Su et al. 2021), [positions, width / 2] each, in the type of `like`.
struct RotaryTables {
  at::Tensor cosine, sine;
};
RotaryTables rotary_tables(const at::Tensor& positions, std::int64_t head_width, double base,
                           const at::Tensor& like);

// Rotates the first `rotated` heads of x [N, heads, width] (pairs are (i, i + width / 2), as in Llama's
// released code); the others pass unchanged.
at::Tensor rotate(const at::Tensor& x, const RotaryTables& tables, std::int64_t rotated);

// [N, ...] -> [sequences * longest, ...]: zero where no row is; and back. With one length both are free.
at::Tensor pad_rows(const at::Tensor& x, const SequenceLayout& layout);
at::Tensor unpad_rows(const at::Tensor& x, const SequenceLayout& layout);

// x.index_select(0, order) for an order in which every row stands exactly once, whose gradient is again a
// selection (index_add, torch's own gradient, is slow).
at::Tensor permute_rows(const at::Tensor& x, const at::Tensor& order);

// x.index_select(0, rows) for rows that are all different.
at::Tensor select_rows(const at::Tensor& x, const at::Tensor& rows);

// Causal self-attention with grouped queries: qkv [N, heads + 2 kv_heads, width], already rotated -> [N,
// heads * width]. Scores are multiplied by `scale` (0: 1 / sqrt(width)). With a `window`, a query sees itself
// and the window - 1 positions before it (0: all). `front_keys`, `front_values` [kv_heads, layout.shared,
// width] stand before every sequence (undefined: nothing does).
at::Tensor causal_attention(const at::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                            std::int64_t kv_heads, double scale = 0, std::int64_t window = 0,
                            const at::Tensor& front_keys = {}, const at::Tensor& front_values = {});

}  // namespace undertone
