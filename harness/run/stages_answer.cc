// Answering: each trained system under each test condition, and the systems that need no model (majority,
// recorded). Those of kind `endpoint` are in stages_endpoint.cc.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/answers.h"
#include "datasets/items.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"
#include "harness/run/stages.h"
#include "harness/store/key.h"

namespace undertone {
namespace {

constexpr int kPromptsVersion = 1, kAnswerVersion = 1, kMajorityVersion = 2;
constexpr std::size_t kBatch = 256;  // answers a transaction: what a kill can lose

// The commonest reference of the training questions of the same type, ties in byte order; "" where there are
// none. Not by pool: content questions belong to "pqa" in training and to "cpqa" at test.
std::vector<std::string> majority_answers(const Corpus& corpus, const std::vector<const Question*>& asked) {
  std::map<QuestionType, std::map<std::string, int>> seen;
  for (const Question& q : corpus.questions) {
    const Clip* clip = corpus.find_clip(q.clip);
    if (clip && clip->split == "train") ++seen[q.type][q.reference];
  }
  std::vector<std::string> out;
  for (const Question* q : asked) {
    std::string best;
    int most = 0;
    for (const auto& [reference, n] : seen[q->type])
      if (n > most) {
        most = n;
        best = reference;
      }
    out.push_back(best);
  }
  return out;
}

}  // namespace

std::string answer_key(const std::string& stage_key, const std::string& content) {
  Json parts = Json::object();
  parts["stage"] = stage_key;
  parts["item"] = content;
  return item_key("answer", parts);
}

Json asked_settings(const Pipeline& p) {
  Json out = Json::object();
  for (const char* name : {"split", "pools", "types", "limit"}) out[name] = p.spec.evaluation.at(name);
  out["run_limit"] = p.limit;
  // Before it was kept as questions spread evenly, a suite's limit did nothing: not the same prompts.
  if (p.spec.evaluation.get("limit", std::int64_t{0}) > 0) out["limited"] = "evenly";
  return out;
}

void commit_answers(StageContext& c, const std::string& hash, const Json& about, std::int64_t asked) {
  std::map<std::string, std::int64_t> by_status;
  for (const AnswerRow& row : c.store.answers(hash)) ++by_status[std::string(to_string(row.answer.status))];
  Json summary = Json::object();
  summary["asked"] = asked;
  for (const auto& [status, n] : by_status) summary[status] = n;
  const std::string folder = c.store.begin_artefact(hash);
  write_summary(folder, summary);
  c.store.commit_artefact(folder, hash, "answer", about);
}

void write_summary(const std::string& folder, const Json& summary) {
  write_file_atomically(folder + "/summary.json", summary.dump(1) + "\n");
}

Builder::Trained Builder::prompts(const std::string& dataset, MetadataCondition condition,
                                  const std::string& presentation, PromptForm form) {
  const std::string title = fmt::format(
      "{}prompts {}{}{}", form == p_.form() ? "" : "chat ", presentation,
      condition == MetadataCondition::absent ? "" : fmt::format(" {} metadata", to_string(condition)),
      p_.evaluated.size() > 1 ? " " + dataset : "");
  if (const auto found = made_.find(title); found != made_.end()) return found->second;
  StageKey key("prompts", kPromptsVersion);
  key.input("corpus", p_.corpus_keys.at(dataset))
      .setting("condition", std::string(to_string(condition)))
      .setting("presentation", presentation)
      .setting("asked", asked_settings(p_));
  if (condition == MetadataCondition::predicted) key.input("recogniser", p_.recogniser_keys.at(dataset));
  if (form == PromptForm::chat) key.setting("form", "chat");
  Stage stage;
  stage.key = key.hash();
  stage.kind = "prompts";
  stage.title = title;
  stage.inputs = {"corpus " + dataset};
  if (condition == MetadataCondition::predicted) stage.inputs.push_back("recogniser " + dataset);
  stage.run = [condition, presentation, dataset, form, p = &p_, about = key.about(),
               hash = key.hash()](StageContext& c) {
    const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
    const Annotations predicted = predicted_metadata(*p, c.store, dataset, condition);
    ItemOptions shown;
    shown.condition = condition;
    shown.presentation = presentation_from(presentation);
    shown.annotations = &predicted;
    shown.form = form;
    const auto items = evaluation_items(*corpus, p->asked(*corpus), shown);
    const std::string folder = c.store.begin_artefact(hash);
    write_items(items, folder + "/items.jsonl");
    c.store.commit_artefact(folder, hash, "prompts", about);
  };
  stage.estimate = [] { return Estimated{0.2, 50 << 20, 0, 0}; };
  made_[title] = {stage.title, stage.key};
  add(std::move(stage));
  return made_[title];
}

std::string Builder::answer_title(const SystemSpec& system, const std::string& dataset, int seed,
                                  const std::string& condition) const {
  return fmt::format("answer {}{} {}{}", system.name, seed ? fmt::format(" seed {}", seed) : "", condition,
                     p_.evaluated.size() > 1 ? " " + dataset : "");
}

void Builder::answer_stage(const SystemSpec& system, const std::string& dataset, int seed,
                           const std::string& condition, const Trained& trained) {
  const bool text = system.kind == "text";
  const Trained prompts_of =
      prompts(dataset, metadata_condition_from(condition), text ? system.presentation : "audio", p_.form());
  Json settings = Json::object();
  settings["max_new_tokens"] = p_.spec.evaluation.get("max_new_tokens", 32);
  settings["batch"] = p_.spec.evaluation.get("batch_items", 32);
  StageKey key("answer", kAnswerVersion);
  if (p_.decoder) settings["model"] = Json::object({{"decoder", model_settings().at("decoder")}});
  key.setting("settings", settings).input("prompts", prompts_of.key);
  std::vector<std::string> inputs{prompts_of.title};
  if (!trained.key.empty()) {  // "": a pretrained decoder as it is
    key.input("checkpoint", trained.key);
    inputs.insert(inputs.begin(), trained.title);
  }
  add_decoder(key, inputs);
  if (!text) key.input("features", features_keys_.at(dataset));
  // Text controls share a checkpoint, and without metadata also their prompts: the name keeps their rows
  // apart.
  key.setting("system", system.name);
  add_placement(key, p_.spec.model);
  Stage stage;
  stage.key = key.hash();
  stage.kind = "answer";
  stage.title = answer_title(system, dataset, seed, condition);
  stage.systems = {system.name};
  stage.inputs = inputs;
  if (!text) stage.inputs.push_back("features " + dataset);
  stage.needs_model = true;
  stage.run = [settings, trained, prompts_of, model = p_.spec.model, decoder = p_.decoder,
               vocabulary = vocabulary_.key, features = text ? std::string() : features_keys_.at(dataset),
               about = key.about(), hash = key.hash(), title = stage.title](StageContext& c) {
    const std::string prompts_file = needed(c.store, prompts_of.key, "prompts").path + "/items.jsonl";
    const std::vector<TrainItem> all = read_items(prompts_file);
    std::set<std::string> there;
    for (const AnswerRow& row : c.store.answers(hash)) there.insert(row.question);
    std::vector<TrainItem> todo;
    std::map<std::string, const TrainItem*> by_id;
    for (const TrainItem& item : all) {
      by_id[item.id] = &item;
      if (!there.count(item.id)) todo.push_back(item);
    }
    if (!todo.empty()) {
      std::string items_file = prompts_file;
      if (todo.size() != all.size()) {
        items_file = work_folder(c.store, hash) + "/rest.jsonl";
        write_items(todo, items_file);
      }
      WorkerJob job;
      job.stage = "answer";
      add_placement(job, model);
      job.settings = settings;
      job.inputs["items"] = items_file;
      if (!trained.key.empty())
        job.inputs["checkpoint"] =
            needed(c.store, trained.key, "checkpoint").path + "/checkpoint.safetensors";
      give_decoder(c, job, decoder, vocabulary);
      if (!features.empty()) job.inputs["features"] = needed(c.store, features, "features").path;
      job.stream = "answer/" + hash;
      std::vector<AnswerRow> batch;
      const auto flush = [&] {
        if (batch.empty()) return;
        c.counters.answers += c.store.put_answers(batch);
        batch.clear();
      };
      run_job(c, title, job, [&](const Json& event) {
        if (event.get("event", "") != "answer") return;
        const std::string id = event.at("id").as_string();
        const auto item = by_id.find(id);
        if (item == by_id.end())
          throw Error(ErrorKind::internal, fmt::format("the worker answered '{}', which was not asked", id),
                      title);
        batch.push_back({answer_key(hash, to_json(*item->second).canonical()), hash, id, 0,
                         answer_from_json(event), Json::object()});
        if (batch.size() >= kBatch) flush();
      });
      flush();
    }
    if (c.store.answers(hash).size() != all.size())
      throw Error(ErrorKind::model,
                  fmt::format("{} of {} questions were answered", c.store.answers(hash).size(), all.size()),
                  title, "run the same command again: it resumes");
    commit_answers(c, hash, about, static_cast<std::int64_t>(all.size()));
    std::error_code ignored;
    std::filesystem::remove_all(work_folder(c.store, hash), ignored);
  };
  const Heard heard = !text                                                         ? Heard::audio
                      : system.presentation.find("transcript") != std::string::npos ? Heard::transcript
                                                                                    : Heard::nothing;
  stage.estimate = [p = &p_, forecast = p_.forecast, dataset, heard, settings,
                    metadata = condition != "absent"] {
    const Workload& work = forecast->workload(dataset);
    return answer_cost(work, static_cast<double>(p->expected_questions(dataset)), heard, metadata,
                       static_cast<double>(settings.get("max_new_tokens", 32)),
                       static_cast<double>(settings.get("batch", 32)), forecast->model(), forecast->flops());
  };
  p_.answers.push_back({system.name, condition, dataset, seed, stage.title, stage.key});
  add(std::move(stage));
}

void Builder::answering(const SystemSpec& system) {
  if (system.kind == "majority") return majority(system);
  if (system.kind == "recorded") return recorded(system);
  if (system.kind == "endpoint") return endpoint(system);
  for (const auto& dataset : p_.evaluated)
    for (const int seed : seeds_of(system, p_.spec))
      for (const auto& condition : system.test)
        answer_stage(system, dataset, seed, condition,
                     trained_.at(fmt::format("{}/{}/{}", system.name, dataset, seed)));
}

void Builder::majority(const SystemSpec& system) {
  for (const auto& dataset : p_.evaluated) {
    StageKey key("answer-majority", kMajorityVersion);
    key.input("corpus", p_.corpus_keys.at(dataset))
        .setting("asked", asked_settings(p_))
        .setting("system", system.name);
    Stage stage;
    stage.key = key.hash();
    stage.kind = "answer";
    stage.title = fmt::format("answer {}{}", system.name, p_.evaluated.size() > 1 ? " " + dataset : "");
    stage.systems = {system.name};
    stage.inputs = {"corpus " + dataset};
    stage.run = [dataset, p = &p_, about = key.about(), hash = key.hash()](StageContext& c) {
      const auto corpus = p->corpora->get(needed(c.store, p->corpus_keys.at(dataset), "corpus").path);
      const auto asked = p->asked(*corpus);
      const auto common = majority_answers(*corpus, asked);
      std::vector<AnswerRow> rows;
      for (std::size_t i = 0; i < asked.size(); ++i) {
        Answer a;
        a.text = common[i];
        a.status = a.text.empty() ? AnswerStatus::not_run : AnswerStatus::answered;
        a.finish_reason = a.text.empty() ? "" : "stop";
        a.detail = a.text.empty() ? "no training question is of this type" : "";
        rows.push_back({answer_key(hash, asked[i]->id), hash, asked[i]->id, 0, a, Json::object()});
      }
      c.counters.answers += c.store.put_answers(rows);
      commit_answers(c, hash, about, static_cast<std::int64_t>(rows.size()));
    };
    stage.estimate = [p = &p_, dataset] {
      return Estimated{0.1, 10 << 20, 0, p->expected_questions(dataset)};
    };
    p_.answers.push_back({system.name, "absent", dataset, 0, stage.title, stage.key});
    add(std::move(stage));
  }
}

}  // namespace undertone
