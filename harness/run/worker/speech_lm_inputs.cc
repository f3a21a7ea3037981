#include "harness/run/worker/speech_lm_inputs.h"

#include <ATen/ops/from_blob.h>

#include <filesystem>

#include "harness/model/pretrained.h"
#include "harness/text/tokenizer.h"

namespace undertone::worker {
namespace {

struct Loaded {
  std::string key;
  PretrainedDecoder decoder;
  std::shared_ptr<const ItemEncoder> encoder;
  Json facts = Json::object();
};

// The jobs of a worker mostly use the same weights: the last ones stay loaded.
const Loaded& loaded(const std::string& path, const Json& settings) {
  static std::optional<Loaded> last;
  Json key = settings;
  key["path"] = path;
  if (last && last->key == key.canonical()) return *last;
  last.reset();  // before the next ones come: both would not fit everywhere
  PretrainedOptions options;
  options.chat_template = settings.get("chat_template", "");
  options.precision = settings.get("precision", "auto");
  if (std::filesystem::is_regular_file(path)) options.sha256 = settings.get("sha256", "");
  Pretrained model = load_pretrained(path, options);
  std::shared_ptr<const Tokenizer> tokenizer = make_tokenizer(model.tokenizer);
  Loaded out;
  out.key = key.canonical();
  out.encoder = make_item_encoder(tokenizer, model.chat_template, model.tokenizer.add_bos, model.end_tokens);
  if (out.encoder->size() > model.decoder.config.vocabulary)
    throw Error(ErrorKind::weights,
                "the tokenizer has " + std::to_string(out.encoder->size()) + " tokens, the embedding " +
                    std::to_string(model.decoder.config.vocabulary) + " rows",
                path, "use the tokenizer that belongs to these weights");
  out.facts["architecture"] = model.architecture;
  out.facts["chat_template"] = model.chat_template;
  out.facts["precision"] = to_string(model.precision.precision);
  out.facts["precision_reason"] = model.precision.reason;
  out.facts["identity"] = model.identity;
  out.decoder = {std::move(model.decoder), model.identity};
  last = std::move(out);
  return *last;
}

}  // namespace

SpeechInputs read_speech_inputs(const Job& job, bool need_target) {
  SpeechInputs in;
  in.items = read_items(job.input("items"), need_target);
  in.feature_width = static_cast<int>(job.settings.get("feature_width", 512));
  if (job.has_input("decoder")) {
    const Loaded& model =
        loaded(job.input("decoder"), job.settings.at("model").at("decoder").at("pretrained"));
    in.encoder = model.encoder;
    in.pretrained = model.decoder;
    in.decoder_facts = model.facts;
  } else {
    in.encoder = make_item_encoder(WordVocabulary::load(job.input("vocabulary")));
  }
  if (job.has_input("features")) {
    in.store = std::make_shared<FeatureStore>(job.input("features"));
    if (in.store->width() > 0) in.feature_width = static_cast<int>(in.store->width());
  }
  const std::string place = job.has_input("features") ? job.input("features") : job.input("items");
  for (const Item& item : in.items)
    if (!item.clip.empty() && (!in.store || in.store->find(item.clip) == nullptr))
      throw Error(ErrorKind::data, "the clip '" + item.clip + "' of item '" + item.id + "' has no features",
                  place, "compute the features of every clip first");
  in.features = [store = in.store](const std::string& clip) {
    const auto rows = store->half_rows(clip);
    const std::int64_t width = store->width();
    // from_blob wants a pointer to mutable memory; features are only read.
    return at::from_blob(const_cast<std::uint16_t*>(rows.data()),
                         {static_cast<std::int64_t>(rows.size()) / width, width}, at::kHalf);
  };
  return in;
}

SpeechLMConfig asked_config(const Job& job, const SpeechInputs& in) {
  const Json& model = job.settings.at("model");
  if (in.pretrained)
    return speech_lm_config_for(model, in.feature_width, in.pretrained->decoder.config,
                                in.pretrained->identity);
  return speech_lm_config_from_json(model, in.feature_width, static_cast<int>(in.encoder->size()));
}

}  // namespace undertone::worker
