// Builds the stages of a pipeline, in the order in which data walks. One method per stage; each is in the
// file of its part: stages_data.cc (corpus, features, recogniser), stages_train.cc (vocabulary, items, base,
// adapters), stages_answer.cc, stages_recorded.cc, stages_endpoint.cc, stages_judge.cc.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"
#include "harness/store/key.h"

namespace undertone {

class EndpointSystem;

class Builder {
 public:
  explicit Builder(Pipeline& pipeline) : p_(pipeline) {}

  // Whose train split the base stage learns from: recipes.base.dataset, else the first evaluated one.
  std::string base_dataset() const;

  void corpus(const std::string& dataset);
  void features(const std::string& dataset);
  void recogniser(const std::string& dataset);  // only where a system needs predictions
  void vocabulary();
  void base();
  void training(const SystemSpec& system);   // one per seed and evaluated dataset
  void answering(const SystemSpec& system);  // one per seed, dataset and condition
  void judging();
  // Before the judge's stage, which must be whole but for this input. Returns its title; "" without anchors.
  std::string canary(const PlannedJudge& judge, const Stage& judging);

  std::string encoder_path() const;

  bool needs_predictions() const;  // of the recogniser, by any system

  static std::vector<int> seeds_of(const SystemSpec& system, const SuiteSpec& spec);

 private:
  struct Trained {
    std::string title, key;
  };
  // Items that a system trains on: shared between seeds unless the system permutes emotions by seed.
  Trained items(const SystemSpec& system, const std::string& dataset, int seed);
  // The suite's own decoder gets its prompts in `form`; a server's model gets chat.
  Trained prompts(const std::string& dataset, MetadataCondition condition, const std::string& presentation,
                  PromptForm form);
  std::string answer_title(const SystemSpec& system, const std::string& dataset, int seed,
                           const std::string& condition) const;
  void answer_stage(const SystemSpec& system, const std::string& dataset, int seed,
                    const std::string& condition, const Trained& trained);
  void majority(const SystemSpec& system);
  void recorded(const SystemSpec& system);
  void endpoint(const SystemSpec& system);
  // One for all systems that ask the same model in the same way.
  std::shared_ptr<EndpointSystem> endpoint_of(const SystemSpec& system);
  Stage& add(Stage stage);
  // The decoder that training and answering need besides: the word vocabulary of a miniature, or pretrained
  // weights.
  void add_decoder(StageKey& key, std::vector<std::string>& inputs) const;
  Json model_settings() const;  // the job's "model", and of a stage's key: adapter and decoder without paths
  Pipeline& p_;
  std::map<std::string, std::string> features_keys_;  // dataset -> key
  std::map<std::string, Trained> made_;               // title -> stage, for those that several systems share
  Trained vocabulary_, base_;
  std::map<std::string, Trained> trained_;                            // "system/dataset/seed"
  std::map<std::string, std::shared_ptr<EndpointSystem>> endpoints_;  // by identity
};

// Runs a job in the slot's worker and keeps the progress line alive. Returns the worker's facts of the
// making.
Json run_job(StageContext& context, const std::string& title, const WorkerJob& job,
             const std::function<void(const Json& event)>& on_item = {});

// Where a model stage computes is part of its key, since another kind of device gives other bytes: "cuda"
// whatever its number. The CPU in float32 adds nothing, so that keys made before there was a choice stay what
// they were.
void add_placement(StageKey& key, const ModelSpec& model);
void add_placement(WorkerJob& job, const ModelSpec& model);

// Gives the job what it reads the decoder from, verified; `vocabulary_key` is "" where it is pretrained.
void give_decoder(StageContext& context, WorkerJob& job, const std::optional<DecoderWeights>& decoder,
                  const std::string& vocabulary_key);

const KindSpec& dataset_spec(const Pipeline& pipeline,
                             const std::string& name);  // throws Error{suite}: not declared
Json to_json(const RecipeSpec& recipe);         // all that decides a training's outcome, but for threads
Json asked_settings(const Pipeline& pipeline);  // what decides which questions are asked
std::string answer_key(const std::string& stage_key,
                       const std::string& content);  // of one answer in the ledger
// The stage is done when every item has its row: a small file says how many there are of what kind.
void commit_answers(StageContext& context, const std::string& key, const Json& about, std::int64_t asked);
void write_summary(const std::string& folder,
                   const Json& summary);  // summary.json of a stage whose output is in the ledger

}  // namespace undertone
