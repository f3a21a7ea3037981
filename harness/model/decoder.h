// A decoder of the Llama architecture: pre-norm blocks of causal attention (RMSNorm, rotary positions,
// grouped queries) and SwiGLU, on embeddings rather than token ids, so that audio embeddings can stand before
// the text.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/model/blocks.h"
#include "harness/model/parameters.h"
#include "harness/weights/tensor_file.h"

namespace undertone {

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
};
// Reads {"random": {...}} members; zeros above are resolved. Throws Error{suite}. `vocabulary` comes from the
// tokenizer.
DecoderConfig decoder_config_from_json(const Json& json, int vocabulary);
// Reads the config.json of a Llama checkpoint in the form of Hugging Face. Throws Error{weights} for another
// architecture, or for what this decoder lacks (biases, scaled rotary positions).
DecoderConfig decoder_config_from_llama(const Json& json);
Json to_json(const DecoderConfig& config);

struct DecoderLayer {
  at::Tensor attention_norm;  // [width]
  at::Tensor qkv;             // [(heads + 2 kv_heads) * head_width, width]: queries, keys, values
  at::Tensor attention_out;   // [width, heads * head_width]
  at::Tensor ff_norm;         // [width]
  at::Tensor gate_up;         // [2 ff, width]
  at::Tensor down;            // [width, ff]
};

struct Decoder {
  DecoderConfig config;
  at::Tensor embedding;  // [vocabulary, width]
  std::vector<DecoderLayer> layers;
  at::Tensor final_norm;  // [width]
  at::Tensor head;        // [vocabulary, width]; undefined when tied

  void for_each_parameter(const ParameterVisitor& visit);  // "decoder.embedding", "decoder.layers.0.qkv", ...
  const at::Tensor& head_weight() const { return config.tied ? embedding : head; }
};

// Embeddings of unit variance / sqrt(width)-scaled projections; the projections that write into the residual
// stream are scaled down by sqrt(2 layers) (Radford et al. 2019).
Decoder random_decoder(const DecoderConfig& config, const std::string& stream);
// Weights in the names of Hugging Face's LlamaForCausalLM ("model.layers.0.self_attn.q_proj.weight", ...).
// Throws Error{weights} naming what is missing or misshapen.
Decoder load_llama(const TensorFile& file, const DecoderConfig& config);

at::Tensor embed_tokens(const Decoder& decoder, const at::Tensor& ids);  // [N] int64 -> [N, width]

// x [N, width], the sequences of `layout` -> hidden states after the final norm [N, width]. With `rows` ([R]
// int64, all different) only those rows are returned, and the last block's feed-forward computes no others:
// its output is read nowhere else.
at::Tensor decoder_forward(const Decoder& decoder, const at::Tensor& x, const SequenceLayout& layout,
                           const at::Tensor& rows = {});
at::Tensor decoder_logits(const Decoder& decoder, const at::Tensor& hidden);  // [N, width] -> [N, vocabulary]

// Keys and values of a batch of fixed shape: slots [0, prompt_slots) hold the prompts, padded on the right;
// from there every row writes its generated tokens into the same slots.
struct KeyValueCache {
  std::int64_t batch = 0, prompt_slots = 0, slots = 0;
  std::int64_t generated = 0;            // steps taken
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

}  // namespace undertone
