// AudioBench's form of judge logs, as datasets/audiobench.h reads it.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "datasets/audiobench.h"
#include "harness/core/verdict_file.h"
#include "reports/export_parts.h"

namespace undertone {
namespace {

// A reply in which AudioBench's own reading (the last word) and ours find the recorded rating.
std::string reply_with_rating(const Scored& scored) {
  std::array<char, 400> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), scored.value, std::chars_format::fixed).ptr;
  const std::string rating = "Rating: " + std::string(digits.data(), end);
  if (scored.rationale.empty()) return rating;
  return scored.rationale.ends_with(rating) ? scored.rationale : scored.rationale + "\n" + rating;
}

Json row_json(const EvaluationRow& row, const Verdict& verdict) {
  const auto* scored = std::get_if<Scored>(&verdict);
  Json out =
      Json::object({{"question", row.question->text},
                    {"reference", row.question->reference},
                    {"model_prediction", row.answer.text},
                    {"judge_response", scored ? reply_with_rating(*scored) : exports::reply_of(verdict)},
                    {"rate_score", scored ? Json(scored->value) : Json()},
                    {"success", scored ? 1 : 0}});
  if (!scored) out["verdict"] = to_json(verdict);
  out["id"] = row.question->id;
  return out;
}

}  // namespace

ExportedFiles export_audiobench(const ExportedRun& run) {
  ExportedFiles out;
  for (const exports::Group& group : exports::groups(run, true))
    for (const JudgeInfo& judge : run.settings.judges) {
      exports::Mean mean;
      Json rows = Json::array();
      for (const EvaluationRow* row : group.rows) {
        if (!exports::is_asked(judge, *row)) continue;
        const Verdict verdict = exports::verdict_of(judge, *row);
        mean.add(verdict);
        rows.push_back(row_json(*row, verdict));
      }
      if (mean.asked == 0) continue;
      const std::string name = exports::path_part(judge.name);
      const auto value = mean.value();
      const double share = static_cast<double>(mean.scored) / static_cast<double>(mean.asked);
      const Json log = Json::object(
          {{name + "_judge",
            Json::object({{"judge_score", value ? Json(100 * *value / judge.scale.high()) : Json()},
                          {"success_rate", share}})},
           {"scale", scale_label(judge.scale)},
           {"details", std::move(rows)}});
      exports::add_file(
          out,
          fmt::format("{}/{}_{}_{}_judge_score.json",
                      exports::path_part(fmt::format(
                          "{}/seed{}", exports::model_name(group.system, group.condition), group.seed)),
                      exports::path_part(run.data.suite), exports::path_part(group.set), name),
          log.dump(1) + "\n");
    }
  return out;
}

}  // namespace undertone
