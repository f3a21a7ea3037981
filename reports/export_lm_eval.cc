// lm-evaluation-harness' results and samples, as its own evaluation_tracker writes them (version 0.4).
#include <fmt/format.h>

#include <set>
#include <tuple>

#include "harness/core/hash.h"
#include "metrics/evaluation_table.h"
#include "reports/export_parts.h"

namespace undertone {
namespace {

constexpr int kTaskVersion = 1;  // raise when a task's samples or metrics mean something else

// lm-eval cuts a file's name at its first and last '_': the date has none.
std::string task_name(const ExportedRun& run, const std::string& set) {
  return exports::path_part(fmt::format("{}_{}", run.data.suite, set));
}

std::string metric_name(const JudgeInfo& judge) { return "judge:" + judge.name; }

// Index of each question within its set, the same for every system.
std::map<std::string, std::int64_t> documents(const ExportedRun& run) {
  std::map<std::string, std::set<std::string>> ids;
  for (const EvaluationRow& row : run.rows) ids[metrics::pool_of(*row.question)].insert(row.question->id);
  std::map<std::string, std::int64_t> out;
  for (const auto& [set, of_set] : ids) {
    std::int64_t next = 0;
    for (const std::string& id : of_set) out[id] = next++;
  }
  return out;
}

Json document(const EvaluationRow& row) {
  const Question& q = *row.question;
  Json gold = Json::object();
  for (const auto& [attribute, label] : q.gold) gold[attribute] = label;
  return Json::object({{"id", q.id},
                       {"clip", q.clip},
                       {"type", to_string(q.type)},
                       {"question", q.text},
                       {"reference", q.reference},
                       {"gold", std::move(gold)}});
}

struct Task {
  std::string name, samples;  // JSONL
  std::string hashes;         // of its samples, one after the other
  std::int64_t asked = 0;
  std::map<std::string, exports::Mean> means;  // by judge
};

void add_sample(const ExportedRun& run, const EvaluationRow& row, std::int64_t index, Task& task) {
  const Question& q = *row.question;
  const Json doc = document(row);
  const std::string doc_hash = sha256_hex(doc.dump(2)), prompt_hash = sha256_hex(q.text),
                    target_hash = sha256_hex(q.reference);
  Json metrics = Json::array(), values = Json::object(), unscored = Json::object();
  for (const JudgeInfo& judge : run.settings.judges) {
    if (!exports::is_asked(judge, row)) continue;
    const Verdict verdict = exports::verdict_of(judge, row);
    task.means[judge.name].add(verdict);
    if (const auto* scored = std::get_if<Scored>(&verdict)) {
      metrics.push_back(metric_name(judge));
      values[metric_name(judge)] = scored->value;
    } else {
      unscored[judge.name] = to_json(verdict);
    }
  }
  Json sample = Json::object(
      {{"doc_id", index},
       {"doc", doc},
       {"target", q.reference},
       {"arguments",
        Json::object({{"gen_args_0", Json::object({{"arg_0", q.text}, {"arg_1", Json::object()}})}})},
       {"resps", Json(Json::Array{Json(Json::Array{row.answer.text})})},
       {"filtered_resps", Json(Json::Array{row.answer.text})},
       {"filter", "none"},
       {"metrics", std::move(metrics)},
       {"doc_hash", doc_hash},
       {"prompt_hash", prompt_hash},
       {"target_hash", target_hash}});
  for (auto& [name, value] : values.members()) sample[name] = std::move(value);
  sample["answer_status"] = to_string(row.answer.status);
  if (unscored.size() > 0) sample["unscored"] = std::move(unscored);
  task.samples += sample.dump() + "\n";
  task.hashes += doc_hash + prompt_hash + target_hash;
  ++task.asked;
}

Json task_results(const ExportedRun& run, const Task& task) {
  Json out = Json::object({{"alias", task.name}, {"sample_len", task.asked}});
  for (const JudgeInfo& judge : run.settings.judges) {
    const auto mean = task.means.find(judge.name);
    if (mean == task.means.end()) continue;
    const exports::Mean& m = mean->second;
    const auto metric = [&](const std::string& name, double value) {
      out[name + ",none"] = value;
      out[name + "_stderr,none"] = "N/A";
    };
    if (const auto value = m.value()) metric(metric_name(judge), *value);
    metric(metric_name(judge) + "/scored", static_cast<double>(m.scored) / static_cast<double>(m.asked));
  }
  return out;
}

Json results(const ExportedRun& run, const std::string& model, const exports::Group& of,
             const std::vector<Task>& tasks) {
  Json by_task = Json::object(), none = Json::object(), configs = Json::object(), versions = Json::object(),
       shots = Json::object(), better = Json::object(), counts = Json::object(), hashes = Json::object();
  for (const Task& task : tasks) {
    by_task[task.name] = task_results(run, task);
    none[task.name] = Json::array();
    configs[task.name] = Json::object({{"task", task.name},
                                       {"output_type", "generate_until"},
                                       {"num_fewshot", 0},
                                       {"metadata", Json::object({{"version", kTaskVersion}})}});
    versions[task.name] = kTaskVersion;
    shots[task.name] = 0;
    Json& higher = better[task.name] = Json::object();
    for (const JudgeInfo& judge : run.settings.judges) {
      higher[metric_name(judge)] = true;
      higher[metric_name(judge) + "/scored"] = true;
    }
    counts[task.name] = Json::object({{"original", task.asked}, {"effective", task.asked}});
    hashes[task.name] = sha256_hex(task.hashes);
  }
  Json judges = Json::object();
  for (const JudgeInfo& judge : run.settings.judges) {
    const auto words = run.data.judges.find(judge.name);
    judges[judge.name] = Json::object(
        {{"scale", judge.scale.name()}, {"is", words == run.data.judges.end() ? "" : words->second}});
  }
  const std::string arguments =
      fmt::format("system={},condition={},seed={}", of.system, of.condition, of.seed);
  return Json::object(
      {{"results", std::move(by_task)},
       {"group_subtasks", std::move(none)},
       {"configs", std::move(configs)},
       {"versions", std::move(versions)},
       {"n-shot", std::move(shots)},
       {"higher_is_better", std::move(better)},
       {"n-samples", std::move(counts)},
       {"config", Json::object({{"model", "undertone"}, {"model_args", arguments}})},
       {"task_hashes", std::move(hashes)},
       {"model_source", "undertone"},
       {"model_name", model},
       {"undertone", Json::object({{"run", run.data.identity},
                                   {"created", run.created},
                                   {"standard_errors",
                                    "N/A: answers share clips and speakers; report.json has intervals over "
                                    "those"},
                                   {"judges", std::move(judges)}})}});
}

}  // namespace

ExportedFiles export_lm_eval(const ExportedRun& run) {
  const auto index = documents(run);
  const std::string date = exports::date_in_names(run.created);
  struct Model {
    exports::Group of;
    std::vector<Task> tasks;
  };
  std::map<std::tuple<std::string, std::string, int>, Model> models;  // by system, condition and seed
  for (const exports::Group& group : exports::groups(run, true)) {
    Task task;
    task.name = task_name(run, group.set);
    for (const EvaluationRow* row : group.rows) add_sample(run, *row, index.at(row->question->id), task);
    Model& model = models[{group.system, group.condition, group.seed}];
    if (model.tasks.empty()) model.of = group;
    model.tasks.push_back(std::move(task));
  }
  ExportedFiles out;
  for (const auto& [key, model] : models) {
    const std::string name = exports::model_name(model.of.system, model.of.condition);
    const std::string folder = fmt::format("{}__seed{}", exports::path_part(name), model.of.seed);
    for (const Task& task : model.tasks)
      exports::add_file(out, fmt::format("{}/samples_{}_{}.jsonl", folder, task.name, date), task.samples);
    Json all = results(run, fmt::format("{}/seed{}", name, model.of.seed), model.of, model.tasks);
    all["model_name_sanitized"] = folder;
    exports::add_file(out, fmt::format("{}/results_{}.json", folder, date), all.dump(2) + "\n");
  }
  return out;
}

}  // namespace undertone
