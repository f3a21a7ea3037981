#include "reports/export_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "harness/core/error.h"
#include "metrics/evaluation_table.h"

namespace undertone::exports {

std::string model_name(const std::string& system, const std::string& condition) {
  return condition.empty() ? system : fmt::format("{}/{}", system, condition);
}

std::vector<Group> groups(const ExportedRun& run, bool by_seed) {
  std::map<std::tuple<std::string, std::string, std::string, int>, Group> found;
  for (const EvaluationRow& row : run.rows) {
    const std::string set = metrics::pool_of(*row.question);
    Group& group = found[{row.system, row.condition, set, by_seed ? row.seed : 0}];
    if (group.rows.empty()) group = {row.system, row.condition, set, row.seed, {}};
    group.seed = std::min(group.seed, row.seed);
    group.rows.push_back(&row);
  }
  std::vector<Group> out;
  for (auto& [key, group] : found) out.push_back(std::move(group));
  return out;
}

bool is_asked(const JudgeInfo& judge, const EvaluationRow& row) {
  if (row.question->type == QuestionType::ASR) return false;  // measured by word errors, never judged
  if (!judge.sample.empty() && !judge.sample.contains(row.question->id)) return false;
  return judge.conditions.empty() ||
         std::find(judge.conditions.begin(), judge.conditions.end(), row.condition) != judge.conditions.end();
}

Verdict verdict_of(const JudgeInfo& judge, const EvaluationRow& row) {
  // As the report counts: a failed answer has no score, whatever a judge made of its text.
  const auto found = row.verdicts.find(judge.name);
  const bool scored = found != row.verdicts.end() && std::holds_alternative<Scored>(found->second);
  if (row.answer.status != AnswerStatus::answered && (scored || found == row.verdicts.end()))
    return NotJudged{fmt::format("the answer is {}", to_string(row.answer.status))};
  return found == row.verdicts.end() ? Verdict(NotJudged{"the run holds no verdict"}) : found->second;
}

std::string reply_of(const Verdict& verdict) {
  if (const auto* v = std::get_if<Scored>(&verdict)) return v->rationale;
  if (const auto* v = std::get_if<ParseFailure>(&verdict)) return v->raw;
  if (const auto* v = std::get_if<Refused>(&verdict)) return v->raw;
  if (const auto* v = std::get_if<TruncatedReply>(&verdict)) return v->raw;
  return "";
}

void Mean::add(const Verdict& verdict) {
  ++asked;
  if (const auto* s = std::get_if<Scored>(&verdict)) {
    ++scored;
    sum += s->value;
  }
}

std::optional<double> Mean::value() const {
  return scored > 0 ? std::optional(sum / static_cast<double>(scored)) : std::nullopt;
}

std::string path_part(std::string_view name) {
  std::string out;
  for (const char c : name)
    out += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ? c : '_';
  // Neither hidden nor a way out of the folder.
  if (out.empty() || out.front() == '.') out.insert(0, "_");
  return out;
}

void add_file(ExportedFiles& files, const std::string& path, std::string bytes) {
  if (!files.emplace(path, std::move(bytes)).second)
    throw Error(ErrorKind::data, fmt::format("two systems or judges would be written to '{}'", path), "",
                "give them names that differ in letters, digits, '.', '-' or '_'");
}

std::string date_in_names(const std::string& created) {
  std::string out = created;
  std::replace(out.begin(), out.end(), ':', '-');
  if (out.ends_with('Z')) out.pop_back();
  return out;
}

}  // namespace undertone::exports
