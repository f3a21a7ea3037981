// The long form: one row per answer and judge, for 'undertone analyze', spreadsheets and data frames.
#include <fmt/format.h>

#include <algorithm>

#include "metrics/evaluation_table.h"
#include "reports/export_parts.h"

namespace undertone {
namespace {

// RFC 4180; quoted where a reader could take the text for anything but one field with these bytes.
std::string field(const std::string& text) {
  if (text.find_first_of(",;\t\r\n\"") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' '))
    return text;
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string line(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& f : fields) out += (out.empty() ? "" : ",") + field(f);
  return out + "\n";
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

}  // namespace

std::string export_csv(const ExportedRun& run) {
  // Without clips a unit is a question: no column says otherwise, and no cell of these two may be empty.
  const bool clips =
      std::any_of(run.rows.begin(), run.rows.end(), [](const EvaluationRow& r) { return r.clip != nullptr; });
  const bool humans = !run.human.empty();
  std::vector<std::string> header = {"system", "item"};
  if (clips) header.insert(header.end(), {"clip", "speaker"});
  header.insert(header.end(), {"seed", "judge", "score"});
  if (humans) header.push_back("human");
  header.insert(header.end(), {"status", "answer_status", "answerer", "condition", "set", "type", "question",
                               "reference", "answer"});
  std::string out = line(header);
  for (std::size_t i = 0; i < run.rows.size(); ++i) {
    const EvaluationRow& row = run.rows[i];
    const Question& q = *row.question;
    for (const JudgeInfo& judge : run.settings.judges) {
      if (!exports::is_asked(judge, row)) continue;
      const Verdict verdict = exports::verdict_of(judge, row);
      const auto* scored = std::get_if<Scored>(&verdict);
      std::vector<std::string> cells = {exports::model_name(row.system, row.condition), q.id};
      if (clips)
        cells.insert(cells.end(), {row.clip ? row.clip->id : q.id, row.unit.empty() ? q.id : row.unit});
      cells.insert(cells.end(), {std::to_string(row.seed), judge.name,
                                 number(scored ? std::optional(scored->value) : std::nullopt)});
      if (humans) cells.push_back(number(run.human[i]));
      cells.insert(cells.end(),
                   {std::string(verdict_kind(verdict)), std::string(to_string(row.answer.status)), row.system,
                    row.condition, metrics::pool_of(*row.question), std::string(to_string(q.type)), q.text,
                    q.reference, row.answer.text});
      out += line(cells);
    }
  }
  return out;
}

}  // namespace undertone
