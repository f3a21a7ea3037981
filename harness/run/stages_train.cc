// Vocabulary, training items, the base stage and each system's training.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "datasets/items.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"
#include "harness/text/label_mapping.h"
#include "harness/text/word_vocabulary.h"

namespace undertone {
namespace {

constexpr int kVocabularyVersion = 2, kItemsVersion = 2, kTrainVersion = 2;

Json numbers(const std::map<std::string, double>& values) {
  Json out = Json::object();
  for (const auto& [k, v] : values) out[k] = v;
  return out;
}

// A recipe's mixture kept to the pools that a system trains on; its shares are renormalised by the trainer.
std::map<std::string, double> shares_of(const RecipeSpec& recipe, const std::vector<std::string>& pools) {
  std::map<std::string, double> out;
  for (const auto& pool : pools) {
    const auto found = recipe.mixture.find(pool);
    out[pool] = found == recipe.mixture.end() ? 1.0 : found->second;
  }
  return out;
}

struct TrainInputs {
  std::string items_key, vocabulary_key, features_key, init_key;  // all but the items may be ""
  std::optional<DecoderWeights> decoder;                          // pretrained
};

// The stage that trains: the same for the base, the adapters and the text-only decoder.
Stage train_stage(const std::string& title, const StageKey& key, const TrainInputs& in, const Json& settings,
                  const ModelSpec& model, int threads, int steps) {
  Stage stage;
  stage.key = key.hash();
  stage.kind = "train";
  stage.title = title;
  stage.needs_model = true;
  stage.slots = threads;
  stage.run = [in, settings, model, threads, about = key.about(), hash = key.hash(), title,
               steps](StageContext& c) {
    WorkerJob job;
    job.stage = "train";
    add_placement(job, model);
    job.threads = threads;
    job.settings = settings;
    const std::string work = work_folder(c.store, hash);
    const std::string state = work_folder(c.store, hash + ".state");
    job.settings["state"] = state;
    job.inputs["items"] = needed(c.store, in.items_key, "training items").path + "/items.jsonl";
    give_decoder(c, job, in.decoder, in.vocabulary_key);
    if (!in.features_key.empty()) job.inputs["features"] = needed(c.store, in.features_key, "features").path;
    if (!in.init_key.empty())
      job.inputs["init"] = needed(c.store, in.init_key, "base checkpoint").path + "/checkpoint.safetensors";
    job.output = work;
    job.stream = "train/" + hash;
    Json with_facts = about;
    with_facts["facts"] = run_job(c, title, job);
    finish_work(c.store, hash, "train", with_facts);
    // Not those that an attempt before this one had made and kept.
    c.counters.train_steps += with_facts.at("facts").get("steps_now", std::int64_t{steps});
    std::filesystem::remove_all(state);
  };
  return stage;
}

}  // namespace

void give_decoder(StageContext& c, WorkerJob& job, const std::optional<DecoderWeights>& decoder,
                  const std::string& vocabulary_key) {
  if (decoder) {
    if (decoder->pinned) verify_weights(*decoder->pinned);
    job.inputs["decoder"] = decoder->path;
  } else {
    job.inputs["vocabulary"] = needed(c.store, vocabulary_key, "vocabulary").path + "/vocabulary.json";
  }
}

void Builder::add_decoder(StageKey& key, std::vector<std::string>& inputs) const {
  if (p_.decoder) {
    key.file("decoder", p_.decoder->digest);
    add_pretrained_code(key);
  } else {
    key.input("vocabulary", vocabulary_.key);
    inputs.push_back(vocabulary_.title);
  }
}

Json Builder::model_settings() const {
  Json decoder = p_.spec.model.decoder;
  if (p_.decoder) decoder = Json::object({{"pretrained", p_.decoder->settings()}});
  return Json::object({{"adapter", p_.spec.model.adapter}, {"decoder", decoder}});
}

Json to_json(const RecipeSpec& r) {
  Json out = Json::object();
  out["steps"] = r.steps;
  out["batch_items"] = r.batch_items;
  out["text_items"] = r.text_items;
  out["target_tokens"] = r.target_tokens;
  out["learning_rate"] = r.learning_rate;
  out["warmup_fraction"] = r.warmup_fraction;
  out["weight_decay"] = r.weight_decay;
  out["clip_norm"] = r.clip_norm;
  out["checkpoint_every"] = r.checkpoint_every;
  out["trains"] = r.trains;
  out["mixture"] = numbers(r.mixture);
  out["type_weights"] = numbers(r.type_weights);
  return out;
}

std::string Builder::base_dataset() const {
  const auto recipe = p_.spec.recipes.find("base");
  if (recipe != p_.spec.recipes.end() && !recipe->second.dataset.empty()) return recipe->second.dataset;
  return p_.evaluated.front();
}

std::vector<int> Builder::seeds_of(const SystemSpec& system, const SuiteSpec& spec) {
  if (system.kind == "majority" || system.kind == "recorded") return {0};
  if (system.kind == "text" && spec.model.pretrained_decoder()) return {0};  // it trains on nothing
  // The suite's seeds are of what is trained here: a server draws only where the system says so.
  if (system.kind == "endpoint" && system.seeds.empty()) return {0};
  return system.seeds.empty() ? spec.seeds : system.seeds;
}

void Builder::vocabulary() {
  // The words of the base stage's texts: transcripts, questions, references of every pool, text-only items
  // (which also say the sentences of corpora that come later), with the time stamps and labels of metadata.
  const std::string dataset = base_dataset();
  StageKey key("vocabulary", kVocabularyVersion);
  key.input("corpus", p_.corpus_keys.at(dataset));
  Stage stage;
  stage.inputs = {"corpus " + dataset};
  stage.key = key.hash();
  stage.kind = "vocabulary";
  stage.title = "vocabulary";
  vocabulary_ = {stage.title, stage.key};
  stage.run = [corpus_key = p_.corpus_keys.at(dataset), corpora = p_.corpora, about = key.about(),
               hash = key.hash()](StageContext& c) {
    const auto corpus = corpora->get(needed(c.store, corpus_key, "corpus").path);
    Stream stream("vocabulary/" + hash);
    TextOnlyOptions text_only;
    text_only.count = 4000;
    std::vector<std::string> words = vocabulary_texts(text_only_items(*corpus, text_only, stream));
    ItemOptions options;
    options.condition = MetadataCondition::gold;
    for (const Presentation presentation : {Presentation::audio, Presentation::transcript}) {
      options.presentation = presentation;
      for (std::string& t :
           vocabulary_texts(training_items(*corpus, training_pools(), options, false, stream)))
        words.push_back(std::move(t));
    }
    std::vector<std::string> always = half_second_stamps(40);
    for (const std::string_view attribute : {"emotion", "gender"})
      for (const std::string& label : labels_of(attribute)) always.push_back(label);
    const std::string folder = c.store.begin_artefact(hash);
    WordVocabulary::build(words, always).save(folder + "/vocabulary.json");
    c.store.commit_artefact(folder, hash, "vocabulary", about);
  };
  stage.estimate = [] { return Estimated{0.2, 20 << 20, 0, 0}; };
  add(std::move(stage));
}

void Builder::base() {
  const RecipeSpec& recipe = p_.spec.recipes.at("base");
  const std::string dataset = base_dataset();
  std::vector<std::string> pools;
  for (const auto& [pool, share] : recipe.mixture) pools.push_back(pool);

  StageKey items_key("items", kItemsVersion);
  items_key.input("corpus", p_.corpus_keys.at(dataset)).setting("pools", texts_json(pools));
  Stage items;
  items.kind = "items";
  items.title = "items base";
  items.inputs = {"corpus " + dataset};
  // Fresh text for every step's share would be ideal; beyond some thousands the forms repeat anyway.
  const int text_only_count = std::min(recipe.steps * recipe.text_items, 12000);
  items_key.setting("text_only_count", text_only_count);
  if (p_.form() == PromptForm::chat) items_key.setting("form", "chat");
  items.key = items_key.hash();
  items.run = [pools, text_only_count, form = p_.form(), corpora = p_.corpora,
               corpus_key = p_.corpus_keys.at(dataset), about = items_key.about(),
               hash = items_key.hash()](StageContext& c) {
    const auto corpus = corpora->get(needed(c.store, corpus_key, "corpus").path);
    Stream stream("items/" + hash);
    ItemOptions shown;
    shown.form = form;
    std::vector<TrainItem> out = training_items(*corpus, pools, shown, false, stream);
    TextOnlyOptions options;
    options.count = text_only_count;
    if (text_only_count > 0)
      for (TrainItem& item : text_only_items(*corpus, options, stream)) out.push_back(std::move(item));
    const std::string folder = c.store.begin_artefact(hash);
    write_items(out, folder + "/items.jsonl");
    c.store.commit_artefact(folder, hash, "items", about);
  };
  items.estimate = [] { return Estimated{1, 100 << 20, 0, 0}; };
  const std::string items_hash = items.key;
  add(std::move(items));

  Json settings = Json::object();
  settings["model"] = model_settings();
  settings["recipe"] = to_json(recipe);
  StageKey key("train", kTrainVersion);
  key.setting("settings", settings)
      .setting("threads", recipe.threads)
      .input("items", items_hash)
      .input("features", features_keys_.at(dataset))
      .seed(p_.spec.seeds.front());
  add_placement(key, p_.spec.model);
  std::vector<std::string> inputs{"items base", "features " + dataset};
  add_decoder(key, inputs);
  Stage stage = train_stage("train base", key,
                            {items_hash, vocabulary_.key, features_keys_.at(dataset), "", p_.decoder},
                            settings, p_.spec.model, recipe.threads, recipe.steps);
  stage.inputs = inputs;
  stage.estimate = [forecast = p_.forecast, dataset, recipe] {
    return train_cost(forecast->workload(dataset), recipe, forecast->model(), false, forecast->flops());
  };
  base_ = {stage.title, stage.key};
  p_.training_keys["base"] = stage.key;
  add(std::move(stage));
}

Builder::Trained Builder::items(const SystemSpec& system, const std::string& dataset, int seed) {
  const MetadataCondition condition = metadata_condition_from(system.train_metadata);
  const bool text = system.kind == "text";
  const int drawn = system.permute_emotions ? seed : 0;  // each seed of the placebo permutes anew
  const std::string name =
      fmt::format("items {}{}", system.name, drawn ? fmt::format(" seed {}", drawn) : "");
  const std::string title = p_.evaluated.size() > 1 ? name + " " + dataset : name;
  if (const auto found = made_.find(title); found != made_.end()) return found->second;
  std::vector<std::string> pools = system.pools;
  std::sort(pools.begin(), pools.end());
  StageKey key("items", kItemsVersion);
  key.input("corpus", p_.corpus_keys.at(dataset))
      .setting("pools", texts_json(pools))
      .setting("metadata", system.train_metadata)
      .setting("permute", system.permute_emotions)
      .setting("text", text)
      .seed(drawn);
  if (condition == MetadataCondition::predicted) key.input("recogniser", p_.recogniser_keys.at(dataset));
  if (p_.form() == PromptForm::chat) key.setting("form", "chat");
  Stage stage;
  stage.key = key.hash();
  stage.kind = "items";
  stage.title = title;
  stage.systems = {system.name};
  stage.inputs = {"corpus " + dataset};
  if (condition == MetadataCondition::predicted) stage.inputs.push_back("recogniser " + dataset);
  stage.run = [pools, condition, text, dataset, permute = system.permute_emotions, p = &p_,
               about = key.about(), hash = key.hash()](StageContext& c) {
    const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
    const Annotations predicted = predicted_metadata(*p, c.store, dataset, condition);
    Stream stream("items/" + hash);
    ItemOptions options;
    options.condition = condition;
    options.annotations = &predicted;
    options.form = p->form();
    std::vector<TrainItem> out;
    if (text) {
      // One decoder learns all four presentations, so that the controls differ only in what they are shown.
      for (const Presentation shown : {Presentation::question, Presentation::transcript, Presentation::labels,
                                       Presentation::labels_transcript}) {
        options.presentation = shown;
        for (TrainItem& item : training_items(*corpus, pools, options, false, stream)) {
          item.id += fmt::format("/{}", to_string(shown));
          out.push_back(std::move(item));
        }
      }
    } else {
      out = training_items(*corpus, pools, options, permute, stream);
    }
    const std::string folder = c.store.begin_artefact(hash);
    write_items(out, folder + "/items.jsonl");
    c.store.commit_artefact(folder, hash, "items", about);
  };
  stage.estimate = [] { return Estimated{0.5, 100 << 20, 0, 0}; };
  made_[title] = {stage.title, stage.key};
  add(std::move(stage));
  return made_[title];
}

void Builder::training(const SystemSpec& system) {
  if (system.kind != "variant" && system.kind != "text") return;
  const bool text = system.kind == "text";
  if (text && p_.decoder) {
    // Frozen as it is, it is what the adapters speak to: given words instead of audio it is their ceiling.
    for (const auto& dataset : p_.evaluated) trained_[fmt::format("{}/{}/0", system.name, dataset)] = {};
    return;
  }
  RecipeSpec recipe = p_.spec.recipes.at(text ? "text" : "adapter");
  recipe.mixture = shares_of(recipe, system.pools);
  for (const auto& dataset : p_.evaluated)
    for (const int seed : seeds_of(system, p_.spec)) {
      const Trained items_of = items(system, dataset, seed);
      Json settings = Json::object();
      settings["model"] = model_settings();
      settings["recipe"] = to_json(recipe);
      StageKey key("train", kTrainVersion);
      key.setting("settings", settings)
          .setting("threads", recipe.threads)
          .input("items", items_of.key)
          .input("init", base_.key)
          .seed(seed);
      std::vector<std::string> inputs{items_of.title, base_.title};
      add_decoder(key, inputs);
      add_placement(key, p_.spec.model);
      const std::string features = text ? "" : features_keys_.at(dataset);
      if (!text) key.input("features", features);
      const std::string id = fmt::format("{}/{}/{}", system.name, dataset, seed);
      // The text controls differ only in what they are shown at test: they share one training.
      if (text)
        for (const auto& [name, other] : trained_)
          if (other.key == key.hash()) {
            trained_[id] = other;
            break;
          }
      if (trained_.count(id)) continue;
      const std::string title = fmt::format("train {} seed {}{}", text ? "text controls" : system.name, seed,
                                            p_.evaluated.size() > 1 ? " " + dataset : "");
      Stage stage = train_stage(title, key, {items_of.key, vocabulary_.key, features, base_.key, p_.decoder},
                                settings, p_.spec.model, recipe.threads, recipe.steps);
      stage.inputs = inputs;
      stage.estimate = [forecast = p_.forecast, dataset, recipe,
                        metadata = system.train_metadata != "absent"] {
        return train_cost(forecast->workload(dataset), recipe, forecast->model(), metadata,
                          forecast->flops());
      };
      if (!text) stage.inputs.push_back("features " + dataset);
      if (!text) stage.systems = {system.name};
      trained_[id] = {stage.title, stage.key};
      p_.training_keys[title] = stage.key;
      add(std::move(stage));
    }
}

}  // namespace undertone
