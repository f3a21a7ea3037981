// What a suite declares: a plain struct, read from JSON by read_suite(). Kinds (datasets, judges, ...) keep
// their own fields as Json: the registries validate them without constructing anything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/core/fields.h"
#include "harness/core/json.h"

namespace undertone {

// A dataset, a judge, ...: the registry's kind and that kind's fields ("kind" itself left out).
struct KindSpec {
  std::string name;
  std::string kind;
  Json fields = Json::object();
};

struct ModelSpec {
  Json encoder = Json::object();  // {"weights": "whisper-base"} or {"path": "...", ...}
  Json adapter = Json::object();  // {"stack": 5, "hidden": 512, "kind": "mlp"}
  // {"random": {"layers": 3, "width": 192, ...}}, or pretrained and frozen: {"weights": "..."} or {"path":
  // "..."} with "chat_template" and "precision".
  Json decoder = Json::object();
  bool pretrained_decoder() const {
    return decoder.find("weights") != nullptr || decoder.find("path") != nullptr;
  }
  std::string device =
      "cpu";  // "cpu", "cuda", "cuda:N": another kind of device gives other bytes, so it is in keys
  std::string dtype = "float32";
};

// One training stage of a recipe; see harness/train/recipe.h for what each number does.
struct RecipeSpec {
  std::string dataset;  // whose train split it draws from; empty: the evaluation's
  int steps = 0;
  int batch_items = 32;   // audio items a batch
  int text_items = 0;     // text-only items a batch
  int target_tokens = 0;  // when > 0, batches are filled to this many target tokens instead of batch_items
  double learning_rate = 1e-3;
  double warmup_fraction = 0.1;
  double weight_decay = 0.01;
  double clip_norm = 1.0;
  int checkpoint_every = 100;             // steps
  int threads = 1;                        // of the trainer: part of what it computes, since sums depend on it
  std::string trains = "adapter";         // "all", "adapter", "decoder"
  std::map<std::string, double> mixture;  // share per pool ("asr", "pqa", "pqa_star", "cpqa")
  std::map<std::string, double> type_weights;  // weight per question type within a pool, default 1
};

struct SystemSpec {
  std::string name;
  std::string kind;                            // "variant", "text", "majority", "recorded", "endpoint"
  std::vector<std::string> pools;              // variant: training pools
  std::string train_metadata = "absent";       // absent, gold, predicted
  bool permute_emotions = false;               // placebo: the CPQA's emotions permuted across clips
  std::vector<std::string> test = {"absent"};  // metadata conditions at test
  // text: what stands for the audio: question, transcript, labels, labels_transcript; endpoint: what of the
  // clip it is given: audio, transcript, question.
  std::string presentation = "question";
  std::vector<int> seeds;  // empty: the suite's
  std::string path;        // recorded: the JSONL of answers
  // recorded: in place of path, whose answers where the dataset brings them along; endpoint: the model asked
  // for.
  std::string model;
  std::string summary;  // one line for the report
  Json extra = Json::object();
  Json fields = Json::object();  // endpoint: as they stand; SuiteKinds::endpoint_system reads its own of them
};

// Frozen anchors that judges are asked before they judge (judges/anchors.h).
struct CanarySpec {
  std::string path;     // "": none
  double alpha = 0.01;  // chance that any judge that did not move is called drifted, in one run
};

struct ContrastSpec {  // a declared comparison, hashed before answers exist
  std::string name;
  std::string system, baseline;
  std::string system_condition, baseline_condition;
  std::string measure = "mean";
  double margin = 0;
  std::string says;  // in words
};

struct StatisticsSpec {
  double level = 0.95;
  int resamples = 2000;
  std::string method = "percentile";  // of the cluster bootstrap
  std::uint64_t seed = 1;
};

struct SuiteSpec {
  std::string name;
  std::string description;
  std::string file;
  std::vector<int> seeds = {1};
  std::vector<KindSpec> datasets;
  ModelSpec model;
  std::map<std::string, RecipeSpec> recipes;  // "base", "adapter", "text"
  Json recogniser = Json::object();           // {"folds": 5, ...}
  std::vector<SystemSpec> systems;
  std::vector<KindSpec> judges;
  std::string primary_judge;
  CanarySpec canary;
  std::vector<std::string> metrics;
  StatisticsSpec statistics;
  std::vector<ContrastSpec> claims;
  Json evaluation = Json::object();  // {"dataset": "speech", "split": "test", "pools": [...], "limit": 0}
  Json runtime = Json::object();     // {"workers": 2, "threads": 1}: not part of any key
  Json resolved;  // the whole suite after extends, matrix and overrides: what is hashed and stored
};

// Validates the fields of one kind; returns false for an unknown kind (and lists the known ones in `known`).
struct KindTable {
  std::string what;  // "dataset", "judge", "metric"
  std::vector<std::string> known;
  // Runs the kind's field reader over the fields (reading or describing).
  std::function<void(const std::string& kind, FieldReader&)> fields;
};
struct SuiteKinds {
  KindTable datasets, judges, metrics;
  // Reads or describes what only a system of kind "endpoint" has: server, key, budget, decoding.
  std::function<void(FieldReader&)> endpoint_system;
};

struct SuiteResult {
  std::vector<SuiteSpec> suites;  // one, or several when the suite has a matrix
  std::vector<Problem> problems;  // all of them; when not empty, `suites` must not be used
};

// Gives the bytes of a suite file; throws Error. For tests and fuzzing; the default reads from the disk.
using SuiteLoader = std::function<std::string(const std::string& path)>;

// Reads, follows "extends" (paths absolute or relative to the file; a cycle is a problem), merges objects
// member by member (null removes a member; arrays replace), applies overrides "a.b=c" (c is JSON if it
// parses, else text; the place of such a value is "override a.b=c"), expands "matrix", then reads every
// field, gathering all problems.
SuiteResult read_suite(const std::string& path, const std::vector<std::string>& overrides,
                       const SuiteKinds& kinds, const SuiteLoader& load = {});

// A path that a suite names: relative to the file in which the value stands; one given on the command line is
// relative to the working directory. For SystemSpec::path this has been done.
std::string suite_path(const Json& value);

// The published JSON Schema, generated from the same readers.
Json suite_schema(const SuiteKinds& kinds);

// The names that a suite may use.
const std::vector<std::string>& training_pools();       // "asr", "pqa", "pqa_star", "cpqa"
const std::vector<std::string>& question_types();       // "C", "CE", ... (nouns.h)
const std::vector<std::string>& metadata_conditions();  // "absent", "gold", "predicted", "degraded"
const std::vector<std::string>&
presentations();  // "question", "transcript", "labels", "labels_transcript", "audio"

// suites/NAME.json beside the program's sources, or a path: what the command line's SUITE means. Throws
// Error{suite} that lists the known names.
std::string find_suite(const std::string& name_or_path, const std::string& suites_folder);

}  // namespace undertone
