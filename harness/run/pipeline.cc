#include "harness/run/pipeline.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/run/endpoint_system.h"
#include "harness/run/stages.h"
#include "harness/run/suite_paths.h"
#include "harness/store/key.h"
#include "harness/weights/pins.h"
#include "metrics/builtin.h"

namespace undertone {
namespace fs = std::filesystem;

std::shared_ptr<const Corpus> CorpusCache::get(const std::string& folder) {
  std::lock_guard lock(mutex_);
  auto& slot = loaded_[folder];
  if (!slot) slot = std::make_shared<const Corpus>(read_corpus(folder));
  return slot;
}

std::vector<std::string> texts(const Json& array) {
  std::vector<std::string> out;
  for (const Json& t : array.elements()) out.push_back(t.as_string());
  return out;
}

std::vector<const Question*> Pipeline::asked(const Corpus& corpus) const {
  const std::string split = spec.evaluation.get("split", "test");
  const auto has = [](const std::vector<std::string>& names, std::string_view name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto pools = texts(spec.evaluation.at("pools")), types = texts(spec.evaluation.at("types"));
  std::vector<const Question*> out;
  for (const Question& q : corpus.questions) {
    if (!has(pools, q.pool) || !has(types, to_string(q.type))) continue;
    if (!q.clip.empty()) {
      const Clip* clip = corpus.find_clip(q.clip);
      if (!clip || clip->split != split) continue;
    }
    out.push_back(&q);
  }
  const auto most = static_cast<std::size_t>(spec.evaluation.get("limit", 0));
  if (most > 0 && out.size() > most) {
    std::vector<const Question*> spread;
    for (std::size_t i = 0; i < most; ++i) spread.push_back(out[i * out.size() / most]);
    out = std::move(spread);
  }
  if (limit > 0 && static_cast<std::int64_t>(out.size()) > limit) out.resize(static_cast<std::size_t>(limit));
  return out;
}

std::int64_t Pipeline::expected_questions(const std::string& dataset) const {
  const auto all = static_cast<std::int64_t>(forecast->workload(dataset).asked);
  return limit > 0 ? std::min(all, limit) : all;
}

std::string verdict_key(const std::string& judge_identity, const Question& q, const Clip* clip,
                        const std::string& answer, int replicate, const std::string& heard) {
  Json gold = Json::object();
  for (const auto& [attribute, label] : q.gold) gold[attribute] = label;
  Json content = Json::object();
  content["judge"] = judge_identity;
  content["question"] = q.text;
  content["question_id"] = q.id;
  content["reference"] = q.reference;
  content["gold"] = gold;
  if (clip) content["segments"] = to_json(*clip).at("segments");
  content["answer"] = answer;
  // The first one's key is what it was before there were others.
  if (replicate > 0) content["replicate"] = replicate;
  if (!heard.empty()) content["audio"] = heard;
  return item_key("verdict", content);
}

const std::string& AudioDigests::of(const std::string& path) {
  std::string& digest = known_[path];
  if (digest.empty() && !path.empty()) digest = sha256_file(path);
  return digest;
}

const std::string& VerdictKeys::of(const Question& question, const Clip* clip, const std::string& answer,
                                   const std::string& audio, int replicate) {
  std::string& key = known_[{&question, replicate, answer}];
  if (key.empty()) key = verdict_key(judge_, question, clip, answer, replicate, hears_ ? audio : "");
  return key;
}

namespace {
std::string work_path(const Store& store, const std::string& key) {
  return fs::path(store.folder()) / "work" / key;
}
}  // namespace

std::string work_folder(const Store& store, const std::string& key) {
  const std::string folder = work_path(store, key);
  fs::create_directories(folder);
  return folder;
}

Artefact finish_work(Store& store, const std::string& key, const std::string& stage, const Json& about) {
  const std::string folder = work_path(store, key);
  // What a killed worker was writing (see write_file_atomically) is no part of the output.
  std::vector<fs::path> halves;
  for (const auto& entry : fs::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string();
        name.front() == '.' && name.ends_with(".tmp"))
      halves.push_back(entry.path());
  for (const auto& path : halves) fs::remove(path);
  // Committed from where it was made: a kill before that loses nothing of it.
  return store.commit_artefact(folder, key, stage, about);
}

void clean_work(const Store& store) {
  const fs::path work = fs::path(store.folder()) / "work";
  if (!fs::exists(work)) return;
  std::vector<fs::path> done;  // KEY or KEY.state
  for (const auto& entry : fs::directory_iterator(work))
    if (store.find(entry.path().stem().string())) done.push_back(entry.path());
  for (const auto& path : done) fs::remove_all(path);
}

Artefact needed(const Store& store, const std::string& key, std::string_view what) {
  if (auto found = store.find(key)) return *found;
  throw Error(ErrorKind::internal, fmt::format("the {} is not in the store", what), key);
}

Annotations predicted_metadata(const Pipeline& pipeline, const Store& store, const std::string& dataset,
                               MetadataCondition condition) {
  if (condition != MetadataCondition::predicted) return {};
  return read_annotations(
      needed(store, pipeline.recogniser_keys.at(dataset), "recogniser's predictions").path +
      "/predictions.jsonl");
}

SuiteKinds suite_kinds() {
  SuiteKinds kinds;
  const auto table = [](const auto& registry) {
    KindTable t;
    t.what = registry.what();
    for (const auto& e : registry.entries()) t.known.push_back(e.name);
    t.fields = [registry](const std::string& kind, FieldReader& reader) { registry.at(kind).fields(reader); };
    return t;
  };
  kinds.datasets = table(builtin_datasets());
  kinds.judges = table(builtin_judges());
  kinds.endpoint_system = [](FieldReader& reader) {
    EndpointSystemSettings settings;
    endpoint_system_fields(reader, settings);
  };
  kinds.metrics.what = "metric";
  kinds.metrics.known = builtin_metric_names();
  kinds.metrics.fields = [](const std::string&, FieldReader&) {};
  return kinds;
}

namespace {

std::vector<std::string> evaluated_datasets(const SuiteSpec& spec) {
  if (const Json& many = spec.evaluation.at("datasets"); many.size() > 0) return texts(many);
  if (const std::string one = spec.evaluation.get("dataset", ""); !one.empty()) return {one};
  throw Error(ErrorKind::suite, "the suite does not say which dataset is evaluated", spec.file,
              "set evaluation.dataset");
}

}  // namespace

std::unique_ptr<Pipeline> make_pipeline(const SuiteSpec& spec, const Installation& installation,
                                        const PipelineOptions& options) {
  auto pipeline = std::make_unique<Pipeline>();
  Pipeline& p = *pipeline;
  p.spec = spec;
  p.installation = installation;
  p.limit = options.limit;
  p.replicates = options.replicates;
  p.recorded = options.recorded;
  p.evaluated = evaluated_datasets(spec);

  Builder build(p);
  std::vector<std::string> datasets = p.evaluated;
  const bool trains = std::any_of(spec.systems.begin(), spec.systems.end(), [&](const SystemSpec& s) {
    return s.kind == "variant" || (s.kind == "text" && !spec.model.pretrained_decoder());
  });
  if (trains) {
    const std::string base = build.base_dataset();
    if (std::find(datasets.begin(), datasets.end(), base) == datasets.end())
      datasets.insert(datasets.begin(), base);
  }
  const bool answers_text = std::any_of(spec.systems.begin(), spec.systems.end(),
                                        [](const SystemSpec& s) { return s.kind == "text"; });
  if ((trains || answers_text) && spec.model.pretrained_decoder())
    p.decoder = decoder_weights(spec.model.decoder, installation.pins());
  p.forecast = std::make_shared<Forecast>(
      spec, installation, trains || build.needs_predictions() ? build.encoder_path() : "", p.decoder);
  for (const auto& name : datasets) build.corpus(name);
  // A model that is asked as it is may still be told what the recogniser hears.
  const bool asks_server = std::any_of(spec.systems.begin(), spec.systems.end(),
                                       [](const SystemSpec& s) { return s.kind == "endpoint"; });
  const bool listens = trains || ((p.decoder || asks_server) && build.needs_predictions());
  if (listens)
    for (const auto& name : datasets) build.features(name);
  if (trains) {
    if (!p.decoder) build.vocabulary();
    build.base();
  }
  if (listens)
    for (const auto& name : datasets) build.recogniser(name);
  for (const auto& system : spec.systems) build.training(system);
  for (const auto& system : spec.systems) build.answering(system);
  build.judging();

  // The identity covers what the numbers depend on: the resolved suite and the digests behind its keys, not
  // paths.
  Json parts = Json::object();
  Json resolved = without_paths(spec.resolved);
  if (resolved.is_object()) resolved.erase("runtime");
  parts["suite"] = resolved;
  parts["limit"] = p.limit;
  Json keys = Json::array();
  for (const Stage& s : p.stages) keys.push_back(s.key);
  parts["stages"] = keys;
  p.identity = make_key("run", 1, parts);

  if (!options.until.empty()) {
    static const std::vector<std::string> order = {"corpus", "features", "train", "answer", "judge"};
    const auto rank = [](const std::string& kind) -> std::size_t {
      if (kind == "corpus") return 0;
      if (kind == "features" || kind == "recogniser") return 1;
      if (kind == "vocabulary" || kind == "items" || kind == "train") return 2;
      if (kind == "prompts" || kind == "answer") return 3;
      return 4;
    };
    const auto last =
        static_cast<std::size_t>(std::find(order.begin(), order.end(), options.until) - order.begin());
    std::erase_if(p.stages, [&](const Stage& s) { return rank(s.kind) > last; });
  }
  return pipeline;
}

}  // namespace undertone
