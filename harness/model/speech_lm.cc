#include "harness/model/speech_lm.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/model/tensors.h"

namespace undertone {
namespace {

constexpr const char* kFormat = "undertone-speech-lm-1";

at::Tensor long_tensor(const std::vector<std::int64_t>& values) {
  at::Tensor out = at::empty({static_cast<std::int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.data_ptr<std::int64_t>());
  return out;
}

}  // namespace

SpeechLMConfig speech_lm_config_from_json(const Json& model, int feature_width, int vocabulary) {
  const Json& decoder = model.at("decoder");
  const Json* random = decoder.find("random");
  if (random == nullptr)
    throw Error(ErrorKind::suite, "the decoder has no random start", decoder.place().str(),
                R"(write "decoder": {"random": {"layers": 3, "width": 192, ...}})");
  SpeechLMConfig config;
  config.decoder = decoder_config_from_json(*random, vocabulary);
  const Json* adapter = model.find("adapter");
  config.adapter = adapter_config_from_json(adapter != nullptr ? *adapter : Json::object(), feature_width,
                                            config.decoder.width);
  return config;
}

SpeechLMConfig speech_lm_config_for(const Json& model, int feature_width, const DecoderConfig& decoder,
                                    const std::string& identity) {
  SpeechLMConfig config;
  config.decoder = decoder;
  config.pretrained = identity;
  const Json* adapter = model.find("adapter");
  config.adapter =
      adapter_config_from_json(adapter != nullptr ? *adapter : Json::object(), feature_width, decoder.width);
  return config;
}

Json to_json(const SpeechLMConfig& config) {
  Json out = Json::object();
  out["adapter"] = to_json(config.adapter);
  out["adapter"]["feature_width"] = config.adapter.feature_width;
  out["decoder"] = Json::object();
  if (config.pretrained.empty())
    out["decoder"]["random"] = to_json(config.decoder);
  else
    out["decoder"]["pretrained"] = config.pretrained;
  return out;
}

void SpeechLM::for_each_parameter(const ParameterVisitor& visit) {
  adapter.for_each_parameter(visit);
  decoder.for_each_parameter(visit);
}

SpeechLM random_speech_lm(const SpeechLMConfig& config, const std::string& stream) {
  return {random_adapter(config.adapter, stream), random_decoder(config.decoder, stream), ""};
}

double embedding_spread(const Decoder& decoder) {
  const at::Tensor table = decoder.embedding.to(at::kFloat).contiguous().cpu();
  const float* values = table.const_data_ptr<float>();
  const std::int64_t n = table.numel();
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    sum += values[i];
    squares += static_cast<double>(values[i]) * values[i];
  }
  const double mean = sum / static_cast<double>(n);
  return std::sqrt(squares / static_cast<double>(n) - mean * mean) * decoder.config.embedding_scale;
}

SpeechLM speech_lm_with(Decoder decoder, const SpeechLMConfig& config, const std::string& stream) {
  SpeechLM out{random_adapter(config.adapter, stream), std::move(decoder), config.pretrained};
  if (config.adapter.scale_to_embedding) out.adapter.config.output_scale = embedding_spread(out.decoder);
  return out;
}

void save_speech_lm(const std::string& path, SpeechLM& model, const std::string& digest) {
  std::vector<TensorView> tensors;
  std::vector<at::Tensor> alive;
  const auto add = [&](const std::string& name, at::Tensor& value) {
    alive.push_back(value.detach().contiguous());
    tensors.push_back(view_of(name, alive.back()));
  };
  if (model.pretrained.empty())
    model.for_each_parameter(add);
  else
    model.adapter.for_each_parameter(add);
  write_safetensors(path, std::move(tensors),
                    {{"format", kFormat}, {"model", to_json(model.config()).dump()}, {"vocabulary", digest}});
}

namespace {

SpeechLMConfig config_in(const Json& model, const PretrainedDecoder* pretrained, const std::string& path) {
  // The metadata repeats what the readers give from outside: they refuse it as unknown.
  Json adapter = model.at("adapter");
  const int feature_width = static_cast<int>(adapter.at("feature_width").as_int());
  adapter.erase("feature_width");
  Json own = Json::object();
  own["adapter"] = adapter;
  own["decoder"] = model.at("decoder");
  const Json* identity = own.at("decoder").find("pretrained");
  if ((identity != nullptr) != (pretrained != nullptr))
    throw Error(ErrorKind::weights,
                identity != nullptr
                    ? "the checkpoint holds an adapter for a pretrained decoder, and none is given"
                    : "the checkpoint holds a decoder of its own, but a pretrained one is given",
                path, "use the checkpoint with the suite that trained it");
  if (identity == nullptr) {
    const int vocabulary = static_cast<int>(own.at("decoder").at("random").at("vocabulary").as_int());
    own["decoder"]["random"].erase("vocabulary");
    return speech_lm_config_from_json(own, feature_width, vocabulary);
  }
  if (identity->as_string() != pretrained->identity)
    throw Error(ErrorKind::weights,
                fmt::format("the adapter was trained in front of the decoder {:.12}, asked with {:.12}",
                            identity->as_string(), pretrained->identity),
                path,
                "use the decoder, precision and chat template that it was trained with, or train it again");
  return speech_lm_config_for(own, feature_width, pretrained->decoder.config, pretrained->identity);
}

}  // namespace

SpeechLM load_speech_lm(const std::string& path, const std::string& digest,
                        const PretrainedDecoder* pretrained) {
  const TensorFile file = open_safetensors(path);
  const auto& metadata = file.metadata();
  const auto get = [&](const std::string& key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (get("format") != kFormat)
    throw Error(ErrorKind::weights, fmt::format("format '{}' where '{}' is expected", get("format"), kFormat),
                path, "use a checkpoint that undertone has trained");
  const SpeechLMConfig config = config_in(parse_json(get("model"), path), pretrained, path);
  if (get("vocabulary") != digest)
    throw Error(ErrorKind::weights,
                fmt::format("the checkpoint was trained with the vocabulary {:.12}, asked with {:.12}",
                            get("vocabulary"), digest),
                path, "use the vocabulary of the base stage, or train the base stage again");
  // Shapes come from a model of this configuration; its random numbers are not drawn for nothing: they are a
  // few milliseconds, and one place knows the shapes.
  SpeechLM out = pretrained != nullptr ? speech_lm_with(pretrained->decoder, config, "shapes")
                                       : random_speech_lm(config, "shapes");
  std::size_t used = 0;
  const auto read = [&](const std::string& name, at::Tensor& value) {
    value = tensor_from(file.at(name, value.sizes().vec()));
    ++used;
  };
  if (pretrained != nullptr)
    out.adapter.for_each_parameter(read);
  else
    out.for_each_parameter(read);
  if (used != file.tensors().size())
    throw Error(ErrorKind::weights,
                fmt::format("{} tensors where the configuration has {}", file.tensors().size(), used), path,
                "use a checkpoint that this version has trained");
  return out;
}

void require_same_config(const SpeechLMConfig& found, const SpeechLMConfig& asked, const std::string& path) {
  const Json have = to_json(found), want = to_json(asked);
  const auto compare = [&](const std::string& part, const Json& a, const Json& b) {
    for (const auto& [key, value] : b.members())
      if (const Json* other = a.find(key); other == nullptr || !(*other == value))
        throw Error(ErrorKind::weights,
                    fmt::format("the checkpoint has {}.{} = {}, asked for is {}", part, key,
                                other == nullptr ? "none" : other->dump(), value.dump()),
                    path, "train the base stage again with these model settings");
  };
  compare("adapter", have.at("adapter"), want.at("adapter"));
  const Json *random = have.at("decoder").find("random"), *wanted = want.at("decoder").find("random");
  if (random != nullptr && wanted != nullptr)
    compare("decoder", *random, *wanted);
  else
    compare("decoder", have.at("decoder"), want.at("decoder"));
}

std::shared_ptr<const DecoderPrefix> opening_of(const Decoder& decoder,
                                                const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return nullptr;
  const at::Tensor rows = embed_tokens(decoder, long_tensor(ids).to(decoder.embedding.device()));
  return std::make_shared<const DecoderPrefix>(decoder_prefix(decoder, rows));
}

TrainingBatch make_training_batch(std::span<const EncodedItem* const> items,
                                  std::shared_ptr<const DecoderPrefix> opening, const FeatureSource& features,
                                  const AdapterConfig& adapter, std::int64_t items_in_loss) {
  TrainingBatch out;
  std::vector<at::Tensor> clips;
  for (const EncodedItem* item : items)
    if (!item->clip.empty()) clips.push_back(features(item->clip));
  std::vector<std::int64_t> counts;
  if (!clips.empty()) out.stacked = stack_frames(clips, adapter.stack, adapter.feature_width, counts);
  std::int64_t audio_rows = 0, audio_at = 0;
  for (const std::int64_t c : counts) audio_rows += c;

  std::vector<std::int64_t> ids, order, lengths, label_rows, labels;
  std::vector<float> weights;
  const auto read = [&](const std::vector<std::int64_t>& tokens, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      order.push_back(audio_rows + static_cast<std::int64_t>(ids.size()));
      ids.push_back(tokens[i]);
    }
  };
  std::size_t clip = 0;
  for (const EncodedItem* item : items) {
    const std::int64_t start = static_cast<std::int64_t>(order.size());
    read(item->prefix, item->prefix.size());
    if (!item->clip.empty()) {
      for (std::int64_t i = 0; i < counts[clip]; ++i) order.push_back(audio_at++);
      ++clip;
    }
    read(item->prompt, item->prompt.size());
    const std::int64_t first_label = static_cast<std::int64_t>(order.size()) - 1;
    if (!item->target.empty()) read(item->target, item->target.size() - 1);  // the end token is never read
    for (std::size_t i = 0; i < item->target.size(); ++i) {
      label_rows.push_back(first_label + static_cast<std::int64_t>(i));
      labels.push_back(item->target[i]);
      weights.push_back(static_cast<float>(
          1.0 / (static_cast<double>(item->target.size()) * static_cast<double>(items_in_loss))));
    }
    lengths.push_back(static_cast<std::int64_t>(order.size()) - start);
  }
  out.ids = long_tensor(ids);
  out.order = long_tensor(order);
  out.layout = sequence_layout(std::move(lengths), opening != nullptr ? opening->rows : 0);
  out.opening = std::move(opening);
  out.label_rows = long_tensor(label_rows);
  out.labels = long_tensor(labels);
  out.label_weights = at::empty({static_cast<std::int64_t>(weights.size())}, at::kFloat);
  std::copy(weights.begin(), weights.end(), out.label_weights.data_ptr<float>());
  return out;
}

at::Tensor embed_batch(const SpeechLM& model, const TrainingBatch& batch) {
  const at::Tensor text = embed_tokens(model.decoder, batch.ids);
  if (!batch.stacked.defined()) return permute_rows(text, batch.order);
  const at::Tensor audio = adapter_forward(model.adapter, batch.stacked.to(text.scalar_type()));
  return permute_rows(at::cat({audio, text}), batch.order);
}

at::Tensor speech_lm_loss(const SpeechLM& model, const TrainingBatch& batch) {
  const at::Tensor hidden = decoder_forward(model.decoder, embed_batch(model, batch), batch.layout,
                                            batch.label_rows, nullptr, batch.opening.get());
  const at::Tensor logits = decoder_logits(model.decoder, hidden);
  const at::Tensor nats = at::cross_entropy_loss(logits, batch.labels, {}, at::Reduction::None);
  return (nats * batch.label_weights.to(nats.scalar_type())).sum();
}

}  // namespace undertone
