// The speech LM: adapter and decoder (the encoder is frozen; its features are computed once and stored).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
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
  std::string pretrained;  // identity of the decoder's weights where they are pretrained; "": a random start
};
// `model` is {"adapter": {...}, "decoder": {"random": {...}}}; other members ("encoder") are not looked at.
SpeechLMConfig speech_lm_config_from_json(const Json& model, int feature_width, int vocabulary);
// The same for a pretrained decoder: an adapter of these settings in front of it.
SpeechLMConfig speech_lm_config_for(const Json& model, int feature_width, const DecoderConfig& decoder,
                                    const std::string& identity);
Json to_json(const SpeechLMConfig& config);

struct SpeechLM {
  Adapter adapter;
  Decoder decoder;
  std::string pretrained;  // as in SpeechLMConfig: such a decoder is frozen and part of no checkpoint
  SpeechLMConfig config() const { return {adapter.config, decoder.config, pretrained}; }
  void for_each_parameter(const ParameterVisitor& visit);
};
// Standard deviation of the elements of the decoder's token embeddings, as decoder_forward reads them.
double embedding_spread(const Decoder& decoder);
SpeechLM random_speech_lm(const SpeechLMConfig& config, const std::string& stream);
// A random adapter in front of a pretrained decoder, whose parameters are shared, not copied.
SpeechLM speech_lm_with(Decoder decoder, const SpeechLMConfig& config, const std::string& stream);

// A checkpoint is a safetensors file whose metadata carries the configuration and the identity of the
// item encoder. Of a pretrained decoder it holds the identity alone.
void save_speech_lm(const std::string& path, SpeechLM& model, const std::string& encoder_identity);
// `pretrained` is the decoder that the checkpoint's adapter was trained in front of, with its identity; null
// where the checkpoint holds its own. Throws Error{weights}: no checkpoint of this program, another
// vocabulary or decoder, missing or misshapen tensors.
struct PretrainedDecoder {
  Decoder decoder;
  std::string identity;
};
SpeechLM load_speech_lm(const std::string& path, const std::string& encoder_identity,
                        const PretrainedDecoder* pretrained = nullptr);
// Throws Error{weights} naming the first setting in which the checkpoint differs from what the suite asks
// for.
void require_same_config(const SpeechLMConfig& found, const SpeechLMConfig& asked, const std::string& path);

// float16 or float32 features [frames, feature_width] of a clip; the memory must live as long as the source.
using FeatureSource = std::function<at::Tensor(const std::string& clip)>;

// Several items in the form the model computes: rows without padding, behind the opening of all of them.
struct TrainingBatch {
  at::Tensor stacked;     // [audio rows, stack * feature_width]; undefined without audio
  at::Tensor ids;         // [text rows] int64
  at::Tensor order;       // [N]: row of (audio rows then text rows) that stands at each place
  SequenceLayout layout;  // of N rows
  at::Tensor label_rows;  // [L] rows whose next token is learnt
  at::Tensor labels;      // [L]
  at::Tensor
      label_weights;  // [L] float: 1 / (tokens of the item's target * items that the loss is averaged over)
  std::shared_ptr<const DecoderPrefix> opening;  // null: none
};
// What stands in front of every item (ItemEncoder::opening), as the decoder reads it; null for no tokens. It
// holds as long as the decoder is not trained: no token of it depends on the adapter.
std::shared_ptr<const DecoderPrefix> opening_of(const Decoder& decoder, const std::vector<std::int64_t>& ids);
// `items_in_loss` is the number of items of the whole batch, of which `items` may be a part.
TrainingBatch make_training_batch(std::span<const EncodedItem* const> items,
                                  std::shared_ptr<const DecoderPrefix> opening, const FeatureSource& features,
                                  const AdapterConfig& adapter, std::int64_t items_in_loss);

// Cross entropy in nats: the mean over an item's target tokens, then over items. (A plain mean over tokens
// would drown one-word answers in transcripts.)
at::Tensor speech_lm_loss(const SpeechLM& model, const TrainingBatch& batch);

// The rows of a batch as embeddings [N, width].
at::Tensor embed_batch(const SpeechLM& model, const TrainingBatch& batch);

}  // namespace undertone
