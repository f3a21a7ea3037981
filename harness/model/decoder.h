// A decoder of the Llama family, driven by its configuration: blocks of causal attention (RMSNorm, rotary
// positions, grouped queries) and a gated feed-forward, on embeddings rather than token ids, so that audio
// embeddings can stand before the text. Llama (Touvron et al. 2023) is the plain form; Gemma 3 (2025) adds
// norms on queries and keys and behind every block's parts, local layers that see a window only, and a scale
// of the embeddings. Pretrained weights come from pretrained.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/model/blocks.h"
#include "harness/model/parameters.h"
#include "harness/weights/tensor_file.h"

namespace undertone {

enum class Activation { silu, gelu_tanh };

struct DecoderConfig {
  int vocabulary = 0;
  int layers = 3;
  int width = 192;
  int heads = 6;
  int kv_heads = 0;    // 0: as many as heads
  int head_width = 0;  // 0: width / heads
  int ff = 0;          // hidden width of SwiGLU; 0: 8/3 of width, rounded up to a multiple of 32
  double rope_base = 10000;
  double norm_eps = 1e-5;
  bool tied = true;  // the head is the embedding
  // What Gemma 3 adds; the defaults are Llama.
  Activation activation = Activation::silu;  // of the feed-forward's gate
  bool head_norms = false;                   // RMSNorm of every query and key head, before the rotation
  bool post_norms = false;     // RMSNorm of what attention and feed-forward give, before it is added
  double embedding_scale = 1;  // embed_tokens multiplies by it; the tied head does not
  double query_scale = 0;      // of the scores; 0: 1 / sqrt(head_width)
  int window = 0;        // positions that a local layer sees, its own included; 0: every layer is global
  int global_every = 1;  // with a window: layers n - 1, 2n - 1, ... are global, the others local
  double local_rope_base = 10000;  // of local layers
  int context = 0;                 // positions that the weights were trained for; 0: not stated
  bool local(int layer) const { return window > 0 && (layer + 1) % global_every != 0; }
};
// Reads {"random": {...}} members; zeros above are resolved. Throws Error{suite}. `vocabulary` comes from the
// tokenizer.
DecoderConfig decoder_config_from_json(const Json& json, int vocabulary);
// Reads the config.json of a checkpoint in the form of Hugging Face: model_type "llama" or "gemma3_text".
// Throws Error{weights} for another architecture, or for what this decoder lacks (biases, scaled rotary
// positions, soft caps, other patterns of local layers).
DecoderConfig decoder_config_from_huggingface(const Json& json);
// Sets what every Gemma 3 has besides sizes: activation, norms and the embedding's scale, sqrt(width).
void make_gemma3(DecoderConfig& config);
// Resolves zeros and checks that the sizes fit each other; throws Error{kind} with `place`.
void resolve(DecoderConfig& config, ErrorKind kind, const std::string& place);
Json to_json(const DecoderConfig& config);

struct DecoderLayer {
  at::Tensor attention_norm;        // [width]
  at::Tensor qkv;                   // [(heads + 2 kv_heads) * head_width, width]: queries, keys, values
  at::Tensor attention_out;         // [width, heads * head_width]
  at::Tensor ff_norm;               // [width]
  at::Tensor gate_up;               // [2 ff, width]
  at::Tensor down;                  // [width, ff]
  at::Tensor query_norm, key_norm;  // [head_width] each, with head_norms; else undefined
  at::Tensor attention_post_norm, ff_post_norm;  // [width] each, with post_norms; else undefined
};

struct Decoder {
  DecoderConfig config;
  at::Tensor embedding;  // [vocabulary, width]
  std::vector<DecoderLayer> layers;
  at::Tensor final_norm;  // [width]
  at::Tensor head;        // [vocabulary, width]; undefined when tied (but for a copy in another precision)

  void for_each_parameter(const ParameterVisitor& visit);  // "decoder.embedding", "decoder.layers.0.qkv", ...
  const at::Tensor& head_weight() const { return head.defined() ? head : embedding; }
};

// Embeddings of unit variance / sqrt(width)-scaled projections; the projections that write into the residual
// stream are scaled down by sqrt(2 layers) (Radford et al. 2019).
Decoder random_decoder(const DecoderConfig& config, const std::string& stream);
// The weights of a checkpoint in Hugging Face's names ("model.layers.0.self_attn.q_proj.weight", ...); `read`
// gives a tensor of this name and shape as float32, or throws. With `offset_norms` the file keeps w of gains
// (1 + w), as Gemma does.
using TensorReader =
    std::function<at::Tensor(const std::string& name, const std::vector<std::int64_t>& shape)>;
Decoder decoder_from_huggingface(const TensorReader& read, const DecoderConfig& config,
                                 bool offset_norms = false);
// The same from one file. Throws Error{weights} naming what is missing or misshapen.
Decoder load_llama(const TensorFile& file, const DecoderConfig& config);

// [N] int64 -> [N, width], scaled by embedding_scale: what decoder_forward expects of text. (Rows copied from
// Decoder::embedding lack the scale.)
at::Tensor embed_tokens(const Decoder& decoder, const at::Tensor& ids);

// Rows that stand before every sequence, as what later rows see of them: computed once, for as many batches
// as come, and without a gradient.
struct DecoderPrefix {
  std::int64_t rows = 0;
  std::vector<at::Tensor> keys, values;  // per layer [kv_heads, rows, head_width]
};
DecoderPrefix decoder_prefix(const Decoder& decoder, const at::Tensor& x);  // x [rows, width]

// x [N, width], the sequences of `layout` -> hidden states after the final norm [N, width]. With `rows` ([R]
// int64, all different) only those rows are returned, and the last block's feed-forward computes no others:
// its output is read nowhere else. `states`, where given, receives the residual stream behind every block
// ([N, width]; the last block's has R rows when `rows` are given). `prefix` has layout.shared rows (null:
// none). Frozen weights (requires_grad false) cost no gradient: nothing of their size is allocated backward.
at::Tensor decoder_forward(const Decoder& decoder, const at::Tensor& x, const SequenceLayout& layout,
                           const at::Tensor& rows = {}, std::vector<at::Tensor>* states = nullptr,
                           const DecoderPrefix* prefix = nullptr);
at::Tensor decoder_logits(const Decoder& decoder, const at::Tensor& hidden);  // [N, width] -> [N, vocabulary]

// Keys and values of a batch of fixed shape: slots [0, prompt_slots) hold the prompts, padded on the right;
// from there every row writes its further tokens into the same slots.
struct KeyValueCache {
  std::int64_t batch = 0, prompt_slots = 0, slots = 0;
  std::int64_t generated = 0;            // slots behind the prompts that are filled
  std::vector<std::int64_t> lengths;     // real prompt length of each row, 1..prompt_slots
  std::vector<at::Tensor> keys, values;  // per layer [batch, kv_heads, slots, head_width]
  at::Tensor mask;                       // [batch, 1, 1, slots]: 0 where there is something, else -infinity
};

// Fills the cache; x [batch * prompt_slots, width], rows padded on the right (what stands there does not
// matter but must be finite). Returns the final-normed hidden state of each row's last real position [batch,
// width].
at::Tensor decoder_prefill(const Decoder& decoder, const at::Tensor& x, std::vector<std::int64_t> lengths,
                           std::int64_t prompt_slots, std::int64_t new_slots, KeyValueCache& cache);
// One more token for each row, x [batch, width] -> hidden [batch, width]. At most new_slots times.
at::Tensor decoder_step(const Decoder& decoder, const at::Tensor& x, KeyValueCache& cache);
// `count` more tokens for each row at once, x [batch * count, width] -> hidden [batch * count, width]; token
// t of a row sees the row's prompt and its own tokens up to t, so rows may be padded on the right. Equals
// `count` steps up to rounding. With `rows` ([R] int64, all different) only those rows are returned, as in
// decoder_forward().
at::Tensor decoder_extend(const Decoder& decoder, const at::Tensor& x, std::int64_t count,
                          KeyValueCache& cache, const at::Tensor& rows = {});

// A cache of one row whose prompt is `prefix` and nothing else, with room for further `new_slots` tokens.
KeyValueCache cache_behind(const DecoderPrefix& prefix, std::int64_t new_slots);

// A cache whose rows are those of `caches` (each of one row, of equal slots, nothing generated), in order;
// what lacks up to `batch` rows repeats the first. With one cache it is that prompt's, shared by `batch`
// continuations.
KeyValueCache join_caches(const std::vector<const KeyValueCache*>& caches, std::int64_t batch);

}  // namespace undertone
