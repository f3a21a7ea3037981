// Inspect's eval logs (inspect_ai.log.EvalLog, version 2), one sample a line.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/hash.h"
#include "reports/export_parts.h"

namespace undertone {
namespace {

// Inspect's reasons for a score that is none (inspect_ai.scorer.ScoreReason).
std::string_view reason_of(const Verdict& verdict, const EvaluationRow& row) {
  if (row.answer.status == AnswerStatus::refusal) return "refusal";
  if (row.answer.status == AnswerStatus::truncated) return "truncated";  // any word is a legal reason
  if (row.answer.status != AnswerStatus::answered) return "no_response";
  if (std::holds_alternative<NotJudged>(verdict)) return "scoring_failed";
  return "grader_failed";
}

std::string_view stop_reason(const Answer& answer) {
  switch (answer.status) {
    case AnswerStatus::answered:
      return "stop";
    case AnswerStatus::truncated:
      return "max_tokens";
    case AnswerStatus::refusal:
      return "content_filter";
    default:
      return "unknown";
  }
}

// Members in the order given; a score that is none has Inspect's NaN, which strict JSON (and our writer)
// lacks.
std::string score_text(const Verdict& verdict, const EvaluationRow& row) {
  Json score = Json::object({{"answer", row.answer.text}});
  if (const std::string reply = exports::reply_of(verdict); !reply.empty()) score["explanation"] = reply;
  if (const auto* scored = std::get_if<Scored>(&verdict)) {
    if (!scored->parts.empty()) {
      Json parts = Json::object();
      for (const auto& [name, value] : scored->parts) parts[name] = value;
      score["metadata"] = Json::object({{"parts", std::move(parts)}});
    }
    return fmt::format("{{\"value\":{},{}", Json(scored->value).dump(), score.dump().substr(1));
  }
  score["reason"] = reason_of(verdict, row);
  score["metadata"] = Json::object({{"verdict", to_json(verdict)}});
  return "{\"value\":NaN," + score.dump().substr(1);
}

std::string sample_text(const ExportedRun& run, const EvaluationRow& row, const std::string& model,
                        int epoch) {
  const Question& q = *row.question;
  const Json user = Json::object({{"role", "user"}, {"content", q.text}}),
             assistant = Json::object({{"role", "assistant"}, {"content", row.answer.text}});
  Json metadata = Json::object({{"clip", q.clip},
                                {"unit", row.unit},
                                {"type", to_string(q.type)},
                                {"seed", row.seed},
                                {"condition", row.condition},
                                {"answer_status", to_string(row.answer.status)}});
  if (!row.answer.detail.empty()) metadata["answer_detail"] = row.answer.detail;
  const Json sample = Json::object(
      {{"id", q.id},
       {"epoch", epoch},
       {"input", q.text},
       {"target", q.reference},
       {"messages", Json(Json::Array{user, assistant})},
       {"output",
        Json::object({{"model", model},
                      {"choices", Json(Json::Array{Json::object(
                                      {{"message", assistant}, {"stop_reason", stop_reason(row.answer)}})})},
                      {"completion", row.answer.text}})},
       {"metadata", std::move(metadata)}});
  std::string scores;
  for (const JudgeInfo& judge : run.settings.judges)
    if (exports::is_asked(judge, row))
      scores += fmt::format("{}{}:{}", scores.empty() ? "" : ",", Json(judge.name).dump(),
                            score_text(exports::verdict_of(judge, row), row));
  const std::string head = sample.dump();
  return fmt::format("{},\"scores\":{{{}}}}}", head.substr(0, head.size() - 1), scores);
}

Json result_scores(const ExportedRun& run, const exports::Group& group) {
  Json out = Json::array();
  for (const JudgeInfo& judge : run.settings.judges) {
    exports::Mean mean;
    for (const EvaluationRow* row : group.rows)
      if (exports::is_asked(judge, *row)) mean.add(exports::verdict_of(judge, *row));
    if (mean.asked == 0) continue;
    Json metrics = Json::object();
    if (const auto value = mean.value())
      metrics["mean"] = Json::object({{"name", "mean"}, {"value", *value}});
    out.push_back(Json::object({{"name", judge.name},
                                {"scorer", judge.name},
                                {"scored_samples", mean.scored},
                                {"unscored_samples", mean.asked - mean.scored},
                                {"params", Json::object({{"scale", judge.scale.name()}})},
                                {"metrics", std::move(metrics)}}));
  }
  return out;
}

std::string log_text(const ExportedRun& run, const exports::Group& group, const std::string& task,
                     const std::string& id) {
  const std::string model = exports::model_name(group.system, group.condition);
  std::set<int> seeds;
  std::set<std::string> questions;
  for (const EvaluationRow* row : group.rows) {
    seeds.insert(row->seed);
    questions.insert(row->question->id);
  }
  Json ids = Json::array(), listed = Json::array();
  for (const std::string& q : questions) ids.push_back(q);
  for (const int seed : seeds) listed.push_back(seed);
  const auto count = static_cast<std::int64_t>(group.rows.size());
  const Json head = Json::object(
      {{"version", 2},
       {"status", "success"},
       {"eval",
        Json::object({{"eval_id", id},
                      {"run_id", run.data.identity},
                      {"created", run.created},
                      {"task", task},
                      {"task_id", id},
                      {"task_version", 0},
                      {"dataset", Json::object({{"name", group.set},
                                                {"samples", static_cast<std::int64_t>(questions.size())},
                                                {"sample_ids", std::move(ids)},
                                                {"shuffled", false}})},
                      {"model", model},
                      {"config", Json::object({{"epochs", static_cast<std::int64_t>(seeds.size())}})},
                      {"metadata", Json::object({{"suite", run.data.suite},
                                                 {"system", group.system},
                                                 {"condition", group.condition},
                                                 {"seeds_by_epoch", std::move(listed)}})}})},
       // How it was answered is no solver of Inspect's; its reader of headers wants the member.
       {"plan", Json::object({{"name", "undertone"}, {"steps", Json::array()}})},
       {"results",
        Json::object(
            {{"total_samples", count}, {"completed_samples", count}, {"scores", result_scores(run, group)}})},
       {"stats", Json::object({{"started_at", run.created}, {"completed_at", run.created}})}});
  // Inspect's order: by sample within an epoch.
  std::vector<const EvaluationRow*> rows = group.rows;
  std::stable_sort(rows.begin(), rows.end(), [](const EvaluationRow* a, const EvaluationRow* b) {
    return std::pair(a->seed, a->question->id) < std::pair(b->seed, b->question->id);
  });
  std::string samples;
  for (const EvaluationRow* row : rows) {
    const auto epoch = 1 + static_cast<int>(std::distance(seeds.begin(), seeds.find(row->seed)));
    samples += (samples.empty() ? "" : ",\n") + sample_text(run, *row, model, epoch);
  }
  const std::string text = head.dump();
  return fmt::format("{},\"samples\":[\n{}\n]}}\n", text.substr(0, text.size() - 1), samples);
}

}  // namespace

ExportedFiles export_inspect(const ExportedRun& run) {
  ExportedFiles out;
  for (const exports::Group& group : exports::groups(run, false)) {
    const std::string model = exports::model_name(group.system, group.condition);
    const std::string task = exports::path_part(fmt::format("{}_{}", run.data.suite, group.set));
    const std::string id = sha256_hex(run.data.identity + "\n" + model + "\n" + group.set).substr(0, 22);
    // Inspect finds logs by names of the form DATE_TASK_MODEL_ID.json, cut at each '_'.
    const auto part = [](std::string name) {
      name = exports::path_part(name);
      std::replace(name.begin(), name.end(), '_', '-');
      return name;
    };
    exports::add_file(out,
                      fmt::format("{}+00-00_{}_{}_{}.json", exports::date_in_names(run.created), part(task),
                                  part(model), id),
                      log_text(run, group, task, id));
  }
  return out;
}

}  // namespace undertone
