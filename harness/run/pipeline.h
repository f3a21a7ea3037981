// From a suite to a graph of stages. Every stage is a function of artefacts; its key is known before anything
// runs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "datasets/corpus.h"
#include "datasets/items.h"
#include "harness/run/decoder_weights.h"
#include "harness/run/forecast.h"
#include "harness/run/graph.h"
#include "harness/run/installation.h"
#include "harness/text/prompt.h"
#include "judges/anchors.h"
#include "judges/judge.h"
#include "suites/spec.h"

namespace undertone {

// The answers of one system under one condition, with one seed, to one dataset's questions.
struct AnswerSet {
  std::string system, condition, dataset;
  int seed = 0;
  std::string stage;      // title of the stage that makes them
  std::string stage_key;  // what the ledger files them under
};

struct PlannedJudge {
  KindSpec spec;
  std::string identity;                    // known before anything runs
  std::shared_ptr<const Judge> described;  // tells what it is, and reads nothing
};

// A judge's frozen anchors, and the stage that asks them.
struct PlannedCanary {
  std::vector<Anchor> anchors;
  std::string stage, stage_key;
};

// A corpus is loaded once and shared by the stages that read it.
class CorpusCache {
 public:
  std::shared_ptr<const Corpus> get(const std::string& folder);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Corpus>> loaded_;
};

// Its stages point back into it: it stays where it was made.
struct Pipeline {
  Pipeline() = default;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  SuiteSpec spec;
  Installation installation;
  std::string identity;  // hash of the resolved suite with the digests of data and weights
  std::vector<Stage> stages;
  std::map<std::string, std::string> corpus_keys;      // dataset name -> key of its corpus artefact
  std::map<std::string, std::string> recogniser_keys;  // dataset name -> key, where predictions are needed
  std::vector<std::string> evaluated;                  // dataset names whose test questions are asked
  std::vector<AnswerSet> answers;
  std::vector<PlannedJudge> judges;
  std::optional<Anchors> anchors;                    // as the suite names them
  std::map<std::string, PlannedCanary> canaries;     // by judge, of those that have some
  std::map<std::string, std::string> training_keys;  // "S30 seed 1 speech" -> key
  std::shared_ptr<CorpusCache> corpora = std::make_shared<CorpusCache>();
  std::optional<DecoderWeights> decoder;  // where the suite trains in front of a pretrained one
  std::shared_ptr<Forecast> forecast;     // for the stages' estimates
  std::int64_t limit = 0;                 // --limit: at most so many test questions a dataset; 0: all
  bool recorded = false;                  // what it once made is read: see PipelineOptions
  int replicates = 1;  // --replicates: how often each judge that is no metric judge is asked the same

  PromptForm form() const { return decoder ? decoder->form() : PromptForm::completion; }

  // The questions that are asked of a dataset, in the corpus' order: with evaluation.limit evenly spaced
  // ones, so that every speaker stays among them; with --limit the first.
  std::vector<const Question*> asked(const Corpus& corpus) const;
  // How many that will be, as far as the suite tells before the corpus is made.
  std::int64_t expected_questions(const std::string& dataset) const;
};

struct PipelineOptions {
  std::int64_t limit = 0;
  int replicates = 1;
  // Of a run of earlier days, to read what it made: anchors that are not there any more, or of a judge that
  // is another by now, are no error but unknown.
  bool recorded = false;
  std::string until;  // kind of the last stage wanted: "corpus", "features", "train", "answer", "judge"; "":
                      // everything
};

// The registries' tables as the suite reader wants them.
SuiteKinds suite_kinds();

// Digests input files and looks up pins; throws Error for what is missing. Runs nothing.
std::unique_ptr<Pipeline> make_pipeline(const SuiteSpec& spec, const Installation& installation,
                                        const PipelineOptions& options);

// The recogniser's metadata by clip, for the predicted condition; empty for the others.
Annotations predicted_metadata(const Pipeline& pipeline, const Store& store, const std::string& dataset,
                               MetadataCondition condition);

// Key under which the ledger files a verdict: judge, question, reference, gold labels, what the clip says
// (some judges read it; null: no clip), answer, replicate (the how-manieth time that the judge is asked
// the same, from 0) and the digest of the audio where the judge hears it, not who gave the answer.
std::string verdict_key(const std::string& judge_identity, const Question& question, const Clip* clip,
                        const std::string& answer, int replicate = 0, const std::string& heard = {});

// SHA-256 of clips' audio, each file read once.
class AudioDigests {
 public:
  const std::string& of(const std::string& path);  // "" of ""

 private:
  std::map<std::string, std::string> known_;  // by path
};

// The same of one judge's many answers: most answers to a question are equal, and a key costs a clip's JSON.
// Questions must stay where they are.
class VerdictKeys {
 public:
  VerdictKeys(std::string judge_identity, bool hears) : judge_(std::move(judge_identity)), hears_(hears) {}
  // `audio` is its digest, which counts where the judge hears.
  const std::string& of(const Question& question, const Clip* clip, const std::string& answer,
                        const std::string& audio, int replicate = 0);

 private:
  std::string judge_;
  bool hears_;
  std::map<std::tuple<const Question*, int, std::string>, std::string> known_;
};

// Folder of the store that survives a kill while a long stage fills it; finish_work() commits it as the
// stage's artefact.
std::string work_folder(const Store& store, const std::string& key);
Artefact finish_work(Store& store, const std::string& key, const std::string& stage, const Json& about);
// Removes what stages that are done left in their work folders because they were killed just then.
void clean_work(const Store& store);

std::vector<std::string> texts(const Json& array);

// Artefact that a stage needs; Error{internal} when the plan did not provide it.
Artefact needed(const Store& store, const std::string& key, std::string_view what);

}  // namespace undertone
