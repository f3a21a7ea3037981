#include "metrics/reported.h"

#include <algorithm>
#include <string_view>

namespace undertone {
namespace {

bool asked(const std::vector<std::string>& metrics, std::string_view name) {
  return metrics.empty() || std::find(metrics.begin(), metrics.end(), name) != metrics.end();
}

// The suite's name for the metric at the end of a tag; "" for what every report has.
std::string_view suite_metric(std::string_view leaf) {
  if (leaf.starts_with("accuracy")) return "accuracy";
  if (leaf == "uar") return "unweighted_average_recall";
  if (leaf.starts_with("f1_")) return "f1";
  if (leaf == "pearson" || leaf == "spearman") return "correlation";
  if (leaf == "wer") return "word_error_rate";
  return "";
}

bool ends_with_twin(std::string_view& rest) {
  for (const std::string_view twin : {"/these_seeds", "/these_units", "/if_independent"})
    if (rest.ends_with(twin)) {
      rest.remove_suffix(twin.size());
      return true;
    }
  return false;
}

}  // namespace

bool is_reported(const Estimate& e, const ReportedChoice& choice) {
  if (!e.exploratory) return true;
  std::string_view rest = e.tag;  // "cpqa/CE/judge:rubric/mean"
  const auto part = [&rest] {
    const std::size_t at = rest.find('/');
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view first = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return first;
  };
  part();
  const std::string_view slice = part();
  const bool whole = slice == "all" || slice == "types";
  const bool primary = rest.starts_with("judge:" + choice.primary_judge + "/");
  if (ends_with_twin(rest) && !(primary && whole)) return false;
  if (e.kind != "value") return primary || slice == "all";
  if (rest.starts_with("judge:") && rest.ends_with("/mean")) return true;

  const std::string_view leaf = rest.substr(rest.rfind('/') + 1);
  if (const auto metric = suite_metric(leaf); !metric.empty() && !asked(choice.metrics, metric)) return false;
  if (leaf == "coverage" && !asked(choice.metrics, "accuracy") &&
      !asked(choice.metrics, "unweighted_average_recall") && !asked(choice.metrics, "f1"))
    return false;
  // Labels and exact match are compared over all questions and by type.
  const bool judged = rest.starts_with("judge:");
  return judged || (slice != "binding" && slice != "conjunctive" && slice != "seen" && slice != "unseen");
}

}  // namespace undertone
