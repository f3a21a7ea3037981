// Corpus, features and recogniser: what the systems will hear.
#include <fmt/format.h>
#include <filesystem>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/run/stages.h"
#include "harness/run/text_model_proxy.h"
#include "harness/store/key.h"
#include "harness/weights/pins.h"

namespace undertone {
namespace {
namespace fs = std::filesystem;

// Versions of the stages' code: raised by hand when what a stage writes changes.
constexpr int kCorpusVersion = 1, kFeaturesVersion = 1, kRecogniserVersion = 2;

}  // namespace

const KindSpec& dataset_spec(const Pipeline& p, const std::string& name) {
  for (const KindSpec& d : p.spec.datasets)
    if (d.name == name) return d;
  throw Error(ErrorKind::suite, fmt::format("the dataset '{}' is not declared", name), p.spec.file,
              "declare it under \"datasets\"");
}

Json run_job(StageContext& context, const std::string& title, const WorkerJob& job,
             const std::function<void(const Json&)>& on_item) {
  bool begun = false;
  return context.worker.run(job, [&](const Json& event) {
    const std::string kind = event.get("event", "");
    if (kind == "progress") {
      if (!begun) context.progress.begin(title, event.get("total", 0));
      begun = true;
      context.progress.advance(title, event.get("done", 0), event.get("note", ""));
    } else if (on_item) {
      on_item(event);
    }
  });
}

void add_placement(StageKey& key, const ModelSpec& model) {
  if (model.device != "cpu") key.setting("device", model.device.substr(0, model.device.find(':')));
  if (model.dtype != "float32") key.setting("dtype", model.dtype);
}

void add_placement(WorkerJob& job, const ModelSpec& model) {
  job.device = model.device;
  job.dtype = model.dtype;
}

Stage& Builder::add(Stage stage) {
  if (p_.decoder && stage.needs_model && (stage.kind == "train" || stage.kind == "answer"))
    stage.weights.push_back(used_weights(*p_.decoder));
  p_.stages.push_back(std::move(stage));
  return p_.stages.back();
}

void Builder::corpus(const std::string& name) {
  const KindSpec& spec = dataset_spec(p_, name);
  DatasetContext context;
  context.synth_program = p_.installation.synth_program();
  context.workers = static_cast<int>(p_.spec.runtime.get("workers", 2));
  auto identities = std::make_shared<TextModels>(p_.installation);
  const WeightsNote asked_for(p_.installation);
  context.text_model =
      asked_for.watched([identities](const TextModelChoice& m) -> TextModel& { return identities->get(m); });
  const auto registry = builtin_datasets();
  Dataset dataset = registry.at(spec.kind).make(spec.fields, context);
  StageKey key("corpus", kCorpusVersion);
  key.setting("kind", spec.kind).input("dataset", dataset.key());
  p_.corpus_keys[name] = key.hash();
  Stage stage;
  stage.key = key.hash();
  stage.kind = "corpus";
  stage.title = "corpus " + name;
  stage.slots = context.workers;
  stage.needs_model = dataset.asks_model;
  stage.weights = asked_for.take();
  stage.run = [context, spec, installation = p_.installation, about = key.about(), hash = key.hash(),
               title = stage.title](StageContext& c) mutable {
    context.progress = [&](std::int64_t done, std::int64_t total) {
      if (done == 0) c.progress.begin(title, total);
      c.progress.advance(title, done);
    };
    TextModels models(installation, &c.worker);
    context.text_model = [&](const TextModelChoice& m) -> TextModel& { return models.get(m); };
    Dataset made = builtin_datasets().at(spec.kind).make(spec.fields, context);
    const std::string folder = c.store.begin_artefact(hash);
    try {
      made.make(folder);
    } catch (...) {
      c.store.discard_artefact(folder);
      throw;
    }
    c.store.commit_artefact(folder, hash, "corpus", about);
  };
  stage.estimate = [forecast = p_.forecast, name] {
    return corpus_cost(forecast->workload(name), forecast->flops(), forecast->workers());
  };
  add(std::move(stage));
}

std::string Builder::encoder_path() const {
  const Json& encoder = p_.spec.model.encoder;
  if (const Json* path = encoder.find("path")) return path->as_string();
  return pinned_weights(p_.installation.pins(), encoder.get("weights", "whisper-base")).file;
}

void Builder::features(const std::string& name) {
  const Json& encoder = p_.spec.model.encoder;
  StageKey key("features", kFeaturesVersion);
  key.input("corpus", p_.corpus_keys.at(name));
  const bool pinned = !encoder.find("path");
  PinnedWeights weights;
  if (pinned) {
    weights = pinned_weights(p_.installation.pins(), encoder.get("weights", "whisper-base"));
    key.file("encoder", weights.sha256);
  } else {
    weights.name = fs::path(encoder.at("path").as_string()).filename().string();
    weights.sha256 = sha256_file(encoder.at("path").as_string());
    key.file("encoder", weights.sha256);
  }
  add_placement(key, p_.spec.model);
  features_keys_[name] = key.hash();
  Stage stage;
  stage.key = key.hash();
  stage.kind = "features";
  stage.title = "features " + name;
  stage.weights = {used_weights(weights)};
  stage.inputs = {"corpus " + name};
  stage.needs_model = true;
  const int parts = static_cast<int>(p_.spec.runtime.get("workers", 2));
  stage.slots = parts;
  stage.run = [parts, pinned, weights, model = p_.spec.model, path = encoder_path(),
               corpus_key = p_.corpus_keys.at(name), about = key.about(), hash = key.hash(),
               title = stage.title, program = p_.installation.model_program()](StageContext& c) {
    if (pinned) verify_weights(weights);
    const std::string corpus = needed(c.store, corpus_key, "corpus").path;
    WorkerJob job;
    job.stage = "features";
    add_placement(job, model);
    job.inputs = {{"clips", corpus + "/clips.jsonl"}, {"corpus", corpus}};
    job.output = work_folder(c.store, hash);
    Json settings = Json::object();
    settings["encoder"] = Json::object({{"path", path}});
    settings["parts"] = parts;
    // The shards are shared out: this slot's worker takes the first part, helpers of this stage the others.
    std::vector<std::thread> helpers;
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(parts));
    for (int part = 1; part < parts; ++part)
      helpers.emplace_back([&, part] {
        try {
          WorkerProcess helper(program);
          WorkerJob mine = job;
          mine.settings = settings;
          mine.settings["part"] = part;
          helper.run(mine, [&](const Json&) {
            if (c.interrupted) helper.kill();
          });
        } catch (...) {
          failures[static_cast<std::size_t>(part)] = std::current_exception();
        }
      });
    Json facts;
    try {
      job.settings = settings;
      job.settings["part"] = 0;
      facts = run_job(c, title, job);
    } catch (...) {
      failures[0] = std::current_exception();
    }
    for (auto& t : helpers) t.join();
    for (auto& f : failures)
      if (f) std::rethrow_exception(f);
    Json with_facts = about;
    with_facts["facts"] = facts;
    finish_work(c.store, hash, "features", with_facts);
  };
  stage.estimate = [forecast = p_.forecast, name] {
    return features_cost(forecast->workload(name), forecast->model(), forecast->flops(), forecast->workers());
  };
  add(std::move(stage));
}

bool Builder::needs_predictions() const {
  for (const SystemSpec& s : p_.spec.systems) {
    if (s.train_metadata == "predicted") return true;
    for (const auto& t : s.test)
      if (t == "predicted") return true;
  }
  return false;
}

void Builder::recogniser(const std::string& name) {
  if (!needs_predictions()) return;
  StageKey key("recogniser", kRecogniserVersion);
  key.input("corpus", p_.corpus_keys.at(name))
      .input("features", features_keys_.at(name))
      .setting("settings", p_.spec.recogniser);
  p_.recogniser_keys[name] = key.hash();
  Stage stage;
  stage.key = key.hash();
  stage.kind = "recogniser";
  stage.title = "recogniser " + name;
  stage.inputs = {"corpus " + name, "features " + name};
  stage.needs_model = true;
  stage.run = [settings = p_.spec.recogniser, corpus_key = p_.corpus_keys.at(name),
               features_key = features_keys_.at(name), about = key.about(), hash = key.hash(),
               title = stage.title](StageContext& c) {
    const std::string corpus = needed(c.store, corpus_key, "corpus").path;
    WorkerJob job;
    job.stage = "recogniser";
    job.settings = settings;
    job.inputs = {{"clips", corpus + "/clips.jsonl"},
                  {"corpus", corpus},
                  {"features", needed(c.store, features_key, "features").path}};
    job.output = work_folder(c.store, hash);
    job.stream = "recogniser/" + features_key;
    Json with_facts = about;
    with_facts["facts"] = run_job(c, title, job);
    finish_work(c.store, hash, "recogniser", with_facts);
  };
  stage.estimate = [forecast = p_.forecast, name, settings = p_.spec.recogniser] {
    return recogniser_cost(forecast->workload(name), settings, forecast->model(), forecast->flops());
  };
  add(std::move(stage));
}

}  // namespace undertone
