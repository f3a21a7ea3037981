// The speech LM: adapter and decoder (the encoder is frozen; its features are computed once and stored).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "harness/core/json.h"
#include "harness/model/adapter.h"
#include "harness/model/decoder.h"
#include "harness/model/items.h"

namespace undertone {

struct SpeechLMConfig {
  AdapterConfig adapter;
  DecoderConfig decoder;
};
// `model` is {"adapter": {...}, "decoder": {"random": {...}}}; other members ("encoder") are not looked at.
SpeechLMConfig speech_lm_config_from_json(const Json& model, int feature_width, int vocabulary);
Json to_json(const SpeechLMConfig& config);

struct SpeechLM {
  Adapter adapter;
  Decoder decoder;
  SpeechLMConfig config() const { return {adapter.config, decoder.config}; }
  void for_each_parameter(const ParameterVisitor& visit);
};
SpeechLM random_speech_lm(const SpeechLMConfig& config, const std::string& stream);

// A checkpoint is a safetensors file whose metadata carries the configuration and the digest of the
// vocabulary.
void save_speech_lm(const std::string& path, SpeechLM& model, const std::string& vocabulary_digest);
// Throws Error{weights}: no checkpoint of this program, another vocabulary, missing or misshapen tensors.
SpeechLM load_speech_lm(const std::string& path, const std::string& vocabulary_digest);
// Throws Error{weights} naming the first setting in which the checkpoint differs from what the suite asks
// for.
void require_same_config(const SpeechLMConfig& found, const SpeechLMConfig& asked, const std::string& path);
std::string vocabulary_digest(const WordVocabulary& vocabulary);

// float16 or float32 features [frames, feature_width] of a clip; the memory must live as long as the source.
using FeatureSource = std::function<at::Tensor(const std::string& clip)>;

// Several items in the form the model computes: rows without padding, audio rows first inside each sequence.
struct TrainingBatch {
  at::Tensor stacked;     // [audio rows, stack * feature_width]; undefined without audio
  at::Tensor ids;         // [text rows] int64
  at::Tensor order;       // [N]: row of (audio rows then text rows) that stands at each place
  SequenceLayout layout;  // of N rows
  at::Tensor label_rows;  // [L] rows whose next token is learnt
  at::Tensor labels;      // [L]
  at::Tensor
      label_weights;  // [L] float: 1 / (tokens of the item's target * items that the loss is averaged over)
};
// `items_in_loss` is the number of items of the whole batch, of which `items` may be a part.
TrainingBatch make_training_batch(std::span<const EncodedItem* const> items, const FeatureSource& features,
                                  const AdapterConfig& adapter, std::int64_t items_in_loss);

// Cross entropy in nats: the mean over an item's target tokens, then over items. (A plain mean over tokens
// would drown one-word answers in transcripts.)
at::Tensor speech_lm_loss(const SpeechLM& model, const TrainingBatch& batch);

// The rows of a batch as embeddings [N, width].
at::Tensor embed_batch(const SpeechLM& model, const TrainingBatch& batch);

}  // namespace undertone
