#include "suites/fields.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>

#include "harness/core/nouns.h"

namespace undertone {
namespace {

constexpr int kMany = 1'000'000'000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::vector<std::string>& system_kinds() {
  static const std::vector<std::string> names{"variant", "text", "majority", "recorded", "endpoint"};
  return names;
}

void copy_raw(const FieldReader& r, Json& out) {
  if (r.raw()) out = *r.raw();
}

void encoder_fields(FieldReader& r) {
  std::string weights, path;
  r.field("weights", weights, "a pinned encoder's name, e.g. whisper-base");
  r.field("path", path, "a folder that holds an encoder's weights, in place of a pinned one");
  if (r.present("weights") == r.present("path") && !r.describing())
    r.problem("", "name the encoder by one of \"weights\" and \"path\"");
}

// One width, or a list of them: the only field of two types, so read by hand.
void hidden_field(FieldReader& r) {
  Json hidden;
  r.any("hidden", hidden, "width of the hidden layers: one number, or a list with one per layer");
  if (!r.present("hidden")) return;
  const auto fits = [](const Json& v) { return v.is_integer() && v.as_int() >= 1 && v.as_int() <= 65536; };
  const bool list = hidden.is_array() && hidden.size() > 0 && hidden.size() <= 4 &&
                    std::all_of(hidden.elements().begin(), hidden.elements().end(), fits);
  if (!fits(hidden) && !list)
    r.problem("hidden", "expected a width from 1 to 65536, or a list of up to four");
}

void output_scale_field(FieldReader& r) {
  Json scale;
  r.any("output_scale", scale,
        "multiplies the output: a number, or \"embedding\", the spread of a pretrained decoder's embeddings");
  if (!r.present("output_scale")) return;
  const bool number = scale.is_number() && scale.as_double() >= 1e-6 && scale.as_double() <= 1e6;
  if (!number && !(scale.is_string() && scale.as_string() == "embedding"))
    r.problem("output_scale", "expected a number from 1e-06 to 1e+06, or \"embedding\"");
}

void adapter_fields(FieldReader& r) {
  std::string kind = "mlp";
  int stack = 5;
  bool norm_in = false, norm_out = false;
  r.choice("kind", kind, {"mlp", "gated"}, "plain MLP, or the later public model's gated one");
  r.field("stack", stack, "encoder frames joined into one embedding", 1, 64);
  hidden_field(r);
  r.field("norm_in", norm_in, "layer norm over the stacked frames");
  r.field("norm_out", norm_out, "layer norm over the output");
  output_scale_field(r);
}

void random_decoder_fields(FieldReader& r) {
  int layers = 3, width = 192, heads = 6, kv_heads = 0, head_width = 0, ff = 0;
  double rope = 10000, eps = 1e-5;
  bool tied = true;
  r.field("layers", layers, "transformer blocks", 1, 200);
  r.field("width", width, "width of the residual stream", 2, 65536);
  r.field("heads", heads, "query heads", 1, 1024);
  r.field("kv_heads", kv_heads, "key and value heads; 0: as many as query heads", 0, 1024);
  r.field("head_width", head_width, "width of a head; 0: width / heads", 0, 4096);
  r.field("ff", ff, "inner width of SwiGLU; 0: 8/3 of the width", 0, 1 << 20);
  r.field("rope_base", rope, "base of the rotary positions", 1, 1e9);
  r.field("norm_eps", eps, "epsilon of RMSNorm", 1e-12, 1e-1);
  r.field("tied", tied, "the output head is the embedding");
  if (r.describing()) return;
  if (head_width == 0 && width % heads != 0)
    r.problem("heads", fmt::format("{} heads do not divide a width of {}", heads, width));
  else if ((head_width == 0 ? width / heads : head_width) % 2 != 0)
    r.problem("heads", "rotary positions need an even width per head");
  if (kv_heads > 0 && heads % kv_heads != 0)
    r.problem("kv_heads", fmt::format("{} key heads do not divide {} query heads", kv_heads, heads));
}

// Weights in a folder: the path is made absolute, or relative to the working directory, here.
void copy_part(const FieldReader& r, Json& out) {
  copy_raw(r, out);
  if (!out.is_object()) return;
  if (const Json* path = out.find("path"); path && path->is_string()) out["path"] = Json(suite_path(*path));
}

void decoder_fields(FieldReader& r) {
  std::string weights, path, chat_template, precision = "auto";
  r.field("weights", weights, "a pinned decoder's name, e.g. smollm2-135m-instruct; it stays frozen");
  r.field(
      "path", path,
      "a decoder's weights, frozen: a .gguf file, or a folder with that or in the layout of Hugging Face");
  r.field("chat_template", chat_template,
          "name of the chat template, in place of the one that the weights' file carries; plain: none");
  r.choice("precision", precision, {"auto", "float32", "bfloat16"},
           "of the frozen matrices; auto: bfloat16 where the processor multiplies it");
  r.object("random", random_decoder_fields,
           "a decoder from a random start of this size, with a word vocabulary of the training text");
  const int given = int{r.present("weights")} + int{r.present("path")} + int{r.present("random")};
  if (!r.describing() && given != 1)
    r.problem("", "name the decoder by one of \"weights\", \"path\" and \"random\"");
  for (const char* key : {"chat_template", "precision"})
    if (!r.describing() && r.present("random") && r.present(key))
      r.problem(key, "only a pretrained decoder has this setting");
}

void model_fields(FieldReader& r, ModelSpec& model) {
  r.object(
      "encoder",
      [&](FieldReader& f) {
        encoder_fields(f);
        copy_part(f, model.encoder);
      },
      "the speech encoder, frozen");
  r.object(
      "adapter",
      [&](FieldReader& f) {
        adapter_fields(f);
        copy_raw(f, model.adapter);
      },
      "from encoder frames to the decoder's embeddings");
  r.object(
      "decoder",
      [&](FieldReader& f) {
        decoder_fields(f);
        copy_part(f, model.decoder);
      },
      "the language model");
  r.field("device", model.device,
          "where features, training and answers are computed: cpu, cuda or cuda:N; part of the stages' keys");
  const bool numbered = model.device.rfind("cuda:", 0) == 0 && model.device.size() > 5 &&
                        model.device.size() < 9 &&
                        model.device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (model.device != "cpu" && model.device != "cuda" && !numbered)
    r.problem("device",
              fmt::format("\"{}\" is no device: write \"cpu\", \"cuda\" or \"cuda:N\"", model.device),
              nearest_of(model.device, {"cpu", "cuda"}));
  r.choice("dtype", model.dtype, {"float32"}, "type of what is computed");
}

void recipe_fields(FieldReader& r, RecipeSpec& recipe) {
  r.field("dataset", recipe.dataset,
          "the dataset whose train split it draws from; the evaluation's when left out");
  r.field("steps", recipe.steps, "optimiser steps", 1, kMany).required();
  r.field("batch_items", recipe.batch_items, "audio items a batch", 0, 65536);
  r.field("text_items", recipe.text_items, "text-only items a batch", 0, 65536);
  r.field("target_tokens", recipe.target_tokens,
          "when over 0, batches are filled to this many target tokens instead of batch_items", 0, kMany);
  r.field("learning_rate", recipe.learning_rate, "peak of the schedule", 0, 10);
  r.field("warmup_fraction", recipe.warmup_fraction,
          "share of the steps in which the rate rises; then it falls as a cosine", 0, 1);
  r.field("weight_decay", recipe.weight_decay, "of AdamW", 0, 10);
  r.field("clip_norm", recipe.clip_norm, "largest norm of the gradient; 0 clips nothing", 0, kInfinity);
  r.field("checkpoint_every", recipe.checkpoint_every, "steps between checkpoints", 1, kMany);
  r.field("threads", recipe.threads, "threads of the trainer; part of the recipe, since sums depend on it", 1,
          256);
  r.choice("trains", recipe.trains, {"all", "adapter", "decoder"}, "which parts of the model move");
  r.field("mixture", recipe.mixture, "share per pool; equal when left out", 0, kInfinity);
  r.field("type_weights", recipe.type_weights, "weight per question type within a pool; 1 when left out", 0,
          kInfinity);
}

void system_fields(FieldReader& r, SystemSpec& s, const SuiteKinds& kinds) {
  r.choice("kind", s.kind, system_kinds(),
           "variant: a speech LM trained here; text: the decoder without audio; majority: the commonest "
           "answer; recorded: answers from a file; endpoint: a speech LLM behind a server")
      .required();
  r.field("summary", s.summary, "one line for the report");
  r.choices("pools", s.pools, training_pools(), "variant: pools of questions that its adapter trains on");
  r.choice("train_metadata", s.train_metadata, metadata_conditions(),
           "variant: emotion metadata in the training prompts");
  r.field("permute_emotions", s.permute_emotions,
          "variant: a placebo, whose CPQA has its emotions permuted across clips");
  r.choices("test", s.test, metadata_conditions(), "emotion metadata in the prompts at test");
  if (s.kind == "endpoint") s.presentation = "audio";
  r.choice(
      "presentation", s.presentation, presentations(),
      "text: what of the clip stands before the question, as words; endpoint: what of it is given beside "
      "metadata (audio, unless it says transcript or question)");
  r.field("seeds", s.seeds, "the suite's when left out", 0, std::numeric_limits<int>::max());
  r.field("path", s.path, "recorded: the JSONL file of answers, relative to the suite's file");
  take_path(r, "path", s.path);
  r.field(
      "model", s.model,
      "recorded: in place of path, whose answers, where the dataset brings them (audiobench); endpoint: the "
      "model asked for, by the server's name for it");
  r.any("extra", s.extra, "settings of the kind, handed on as they stand");
  if (kinds.endpoint_system && (r.describing() || s.kind == "endpoint")) kinds.endpoint_system(r);
  if (s.kind == "endpoint") copy_raw(r, s.fields);
}

void claim_fields(FieldReader& r, ContrastSpec& c) {
  r.field("name", c.name, "short name").required();
  r.field("system", c.system, "the system that the claim is about").required();
  r.field("baseline", c.baseline, "what it is compared with").required();
  r.field("system_condition", c.system_condition,
          "condition at test; may be left out where the system has one");
  r.field("baseline_condition", c.baseline_condition,
          "condition at test; may be left out where the baseline has one");
  r.field("measure", c.measure, "what is compared");
  r.field("margin", c.margin, "smallest difference that matters, in the measure's unit", 0, kInfinity);
  r.field("says", c.says, "the claim in words");
}

void recogniser_fields(FieldReader& r) {
  int folds = 5, epochs = 12, hidden = 128, batch = 64, seed = 1;
  double rate = 2e-3, decay = 1e-2, dropout = 0.3;
  std::vector<std::string> categories;
  r.field("folds", folds, "cross-fitting folds, by speaker", 2, 100);
  r.field("epochs", epochs, "passes over the training clips", 1, 100000);
  r.field("hidden", hidden, "width of the hidden layer; 0: linear", 0, 65536);
  r.field("batch_items", batch, "segments a batch", 1, 65536);
  r.field("learning_rate", rate, "of AdamW", 0, 10);
  r.field("weight_decay", decay, "of AdamW", 0, 100);
  r.field("dropout", dropout, "share of hidden values dropped in training", 0, 0.99);
  r.field("categories", categories, "emotion categories; those of the training clips when left out");
  r.field("seed", seed, "of the folds and of the start", 0, std::numeric_limits<int>::max());
}

void evaluation_fields(FieldReader& r, Json& out) {
  std::string dataset, split = "test";
  std::vector<std::string> pools, types, datasets;
  int limit = 0, max_new_tokens = 32, batch = 32;
  r.field("dataset", dataset, "the dataset whose questions are asked; may be left out where there is one");
  r.field("datasets", datasets,
          "several datasets, such as folds: systems are trained for each, and answers pooled");
  r.choice("split", split, {"train", "dev", "test"}, "the clips that are asked about");
  r.choices("pools", pools, training_pools(), "pools of questions asked; all when left out");
  r.choices("types", types, question_types(), "question types asked; all when left out");
  r.field("limit", limit, "at most so many questions; 0: all", 0, kMany);
  r.field("max_new_tokens", max_new_tokens, "an answer that is longer is truncated", 1, 8192);
  r.field("batch_items", batch, "fixed shape in which answers are decoded", 1, 4096);
  const auto texts = [](const std::vector<std::string>& v) {
    Json a = Json::array();
    for (const std::string& t : v) a.push_back(Json(t));
    return a;
  };
  out["dataset"] = Json(dataset);
  out["datasets"] = texts(datasets);
  out["split"] = Json(split);
  out["pools"] = texts(pools);
  out["types"] = texts(types);
  out["limit"] = Json(limit);
  out["max_new_tokens"] = Json(max_new_tokens);
  out["batch_items"] = Json(batch);
}

void runtime_fields(FieldReader& r, Json& out) {
  int workers = 2, threads = 1;
  r.field("workers", workers, "processes that work side by side", 1, 1024);
  r.field("threads", threads, "threads of each", 1, 1024);
  out["workers"] = Json(workers);
  out["threads"] = Json(threads);
}

void kinds_fields(FieldReader& r, std::string_view key, std::vector<KindSpec>& out, const KindTable& table,
                  std::string_view doc) {
  r.named(
      key,
      [&](const std::string& name, FieldReader& f) {
        KindSpec k;
        k.name = name;
        if (f.describing()) {
          std::string like;
          f.field("like", like,
                  "another entry here whose fields this one takes, changing those that stand beside it");
        }
        f.choice("kind", k.kind, table.known, "the kind of " + table.what).required();
        if (k.kind.empty())
          f.allow_unknown();  // what fields it may have is not known
        else
          table.fields(k.kind, f);
        copy_raw(f, k.fields);
        k.fields.erase("kind");
        // Folders and files are relative to the suite that names them.
        for (const char* path : {"root", "folder", "path"})
          if (const Json* value = k.fields.is_object() ? k.fields.find(path) : nullptr;
              value && value->is_string())
            k.fields[path] = Json(suite_path(*value));
        out.push_back(std::move(k));
      },
      doc);
}

}  // namespace

const std::vector<std::string>& question_types() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (int t = 0; t <= static_cast<int>(QuestionType::ASR); ++t)
      out.emplace_back(to_string(static_cast<QuestionType>(t)));
    return out;
  }();
  return names;
}

const std::vector<std::string>& training_pools() {
  static const std::vector<std::string> names{"asr", "pqa", "pqa_star", "cpqa"};
  return names;
}
const std::vector<std::string>& metadata_conditions() {
  static const std::vector<std::string> names{"absent", "gold", "predicted", "degraded"};
  return names;
}
const std::vector<std::string>& presentations() {
  static const std::vector<std::string> names{"question", "transcript", "labels", "labels_transcript",
                                              "audio"};
  return names;
}

void suite_fields(FieldReader& r, SuiteSpec& suite, const SuiteKinds& kinds) {
  r.field("name", suite.name, "names the run's folder: letters, digits, '.', '-' and '_'").required();
  r.field("description", suite.description, "what the suite asks, for the head of the report");
  r.field("seeds", suite.seeds, "seeds of every system that gives none of its own", 0,
          std::numeric_limits<int>::max());
  kinds_fields(r, "datasets", suite.datasets, kinds.datasets, "corpora by name");
  r.object(
      "model", [&](FieldReader& f) { model_fields(f, suite.model); }, "the speech LM that variants share");
  r.object(
      "recipes",
      [&](FieldReader& f) {
        const auto recipe = [&](const char* name, std::string_view doc) {
          f.object(
              name, [&](FieldReader& g) { recipe_fields(g, suite.recipes[name]); }, doc);
        };
        recipe("base", "the base stage, trained once and shared");
        recipe("adapter", "the adapter stage of each variant and seed");
        recipe("text", "the decoder without audio, for the controls; a pretrained one is asked as it is");
      },
      "training stages");
  r.object(
      "recogniser",
      [&](FieldReader& f) {
        recogniser_fields(f);
        copy_raw(f, suite.recogniser);
      },
      "the emotion recogniser that makes predicted metadata");
  r.named(
       "systems",
       [&](const std::string& name, FieldReader& f) {
         SystemSpec s;
         s.name = name;
         system_fields(f, s, kinds);
         suite.systems.push_back(std::move(s));
       },
       "what is compared, by name")
      .required();
  kinds_fields(r, "judges", suite.judges, kinds.judges, "judges by name");
  r.field("primary_judge", suite.primary_judge,
          "the judge whose scores the claims are about; may be left out where there is one");
  r.object(
      "canary",
      [&](FieldReader& f) {
        f.field(
             "path", suite.canary.path,
             "the JSONL file of anchors, relative to the suite's file: 'undertone tape anchors' writes one")
            .required();
        take_path(f, "path", suite.canary.path);
        f.field("alpha", suite.canary.alpha,
                "chance that any judge that did not move is called drifted, in one run", 1e-6, 0.5);
      },
      "frozen anchors that judges are asked before they judge: when a judge moved, the run says so");
  r.choices("metrics", suite.metrics, kinds.metrics.known, "metrics that need no judge");
  r.object(
      "statistics",
      [&](FieldReader& f) {
        std::int64_t seed = 1;
        f.field("level", suite.statistics.level, "of the intervals", 0.5, 0.9999);
        f.field("resamples", suite.statistics.resamples, "of the cluster bootstrap", 100, 10'000'000);
        f.choice("method", suite.statistics.method, {"percentile", "basic", "bca"},
                 "of the cluster bootstrap");
        f.field("seed", seed, "of the resampling", 0, std::numeric_limits<std::int64_t>::max());
        suite.statistics.seed = static_cast<std::uint64_t>(seed);
      },
      "how uncertainty is told");
  r.list(
      "claims", [&](FieldReader& f) { claim_fields(f, suite.claims.emplace_back()); },
      "comparisons declared before any answer exists");
  const Json nothing = Json::object();  // so that the defaults stand where the key is left out
  std::vector<Problem> none;
  FieldReader defaults(nothing, "", none);
  evaluation_fields(defaults, suite.evaluation);
  runtime_fields(defaults, suite.runtime);
  r.object(
      "evaluation", [&](FieldReader& f) { evaluation_fields(f, suite.evaluation); }, "what is asked");
  r.object(
      "runtime", [&](FieldReader& f) { runtime_fields(f, suite.runtime); },
      "how it is run; changes no result");
}

}  // namespace undertone
