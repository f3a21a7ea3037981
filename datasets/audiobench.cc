#include "datasets/audiobench.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "harness/core/ascii.h"
#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/verdict_file.h"

namespace undertone {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 7> kKnown = {
    "question", "reference", "model_prediction", "judge_response", "rate_score", "success", "verdict"};
constexpr double kDecisive =
    10;  // likelihood ratio from which a scale counts as inferred ("strong", Jeffreys 1961)

[[noreturn]] void broken(const std::string& place, const std::string& what) {
  throw Error(ErrorKind::data, what, place,
              "name one of AudioBench's logs, MODEL/SET_JUDGE_judge_score.json");
}

struct Names {
  std::string model, set, judge;
};

// "ytb_pqa_batch1_llama3_70b_judge_score.json", whose judge "llama3_70b" the contents name too.
Names names_of(const std::string& path, const std::string& judge) {
  const fs::path p(path);
  const std::string name = p.filename().string(), tail = "_" + judge + "_judge_score.json";
  if (!name.ends_with(tail) || name.size() == tail.size())
    broken(path,
           fmt::format("the file holds verdicts of '{}', but its name does not end in '{}'", judge, tail));
  return {fs::absolute(p).parent_path().filename().string(), name.substr(0, name.size() - tail.size()),
          judge};
}

double number_of(const Json& row, const char* key) {
  const Json& v = row.at(key);
  return v.is_bool() ? (v.as_bool() ? 1.0 : 0.0) : v.as_double();
}

// What our own export says of a verdict that failed.
Verdict typed_failure(const Json& said) {
  Verdict verdict = verdict_from_json(said);
  if (std::holds_alternative<Scored>(verdict))
    broken(said.place().str(), "the row says success 0, and its verdict has a score");
  return verdict;
}

RecordedRow row_of(const Json& row, int index, const std::string& path, std::vector<std::string>& warnings) {
  if (!row.is_object()) broken(row.place().str(), fmt::format("row {} is no object", index));
  RecordedRow out;
  out.index = index;
  try {
    out.question = row.at("question").as_string();
    out.reference = row.at("reference").as_string();
    out.answer = row.at("model_prediction").as_string();
    const std::string& raw = out.response = row.at("judge_response").as_string();
    out.success = number_of(row, "success") != 0;
    if (out.success || !row.at("rate_score").is_null()) out.recorded = number_of(row, "rate_score");
    const auto legible = legible_rating(raw);
    // AudioBench records a score of 0 for a verdict that failed: that 0 is nobody's rating.
    if (!out.success) {
      const Json* typed = row.find("verdict");
      out.verdict = typed ? typed_failure(*typed) : Verdict(ParseFailure{raw});
    } else if (!legible) {
      out.verdict = ParseFailure{raw};
      warnings.push_back(fmt::format("{}: row {}: the judge's reply has no legible rating", path, index));
    } else if (*legible != *out.recorded) {
      out.verdict = ParseFailure{raw};
      warnings.push_back(fmt::format("{}: row {}: the judge's reply rates {}, but {} was recorded", path,
                                     index, *legible, *out.recorded));
    } else {
      out.verdict = Scored{*out.recorded, raw, {}};
    }
  } catch (const Error& e) {
    throw Error(ErrorKind::data, fmt::format("row {}: {}", index, e.what_happened()),
                e.place().empty() ? path : e.place(), e.mend());
  }
  for (const auto& [key, value] : row.members())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) out.extra[key] = value;
  return out;
}

}  // namespace

std::optional<double> legible_rating(std::string_view text) {
  constexpr std::string_view kWord = "rating";
  std::optional<double> last;
  for (std::size_t at = 0; at + kWord.size() <= text.size(); ++at) {
    std::size_t p = at;
    while (p - at < kWord.size() && lower(text[p]) == kWord[p - at]) ++p;
    if (p - at < kWord.size()) continue;
    while (p < text.size() && std::string_view(" \t\r\n*_:=[(").find(text[p]) != std::string_view::npos) ++p;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data() + p, text.data() + text.size(), value, std::chars_format::fixed);
    // "Rating: 4." ends a sentence; from_chars has read "4." then, which is 4.
    if (error == std::errc() && end != text.data() + p && std::isfinite(value) && value >= 0) last = value;
  }
  return last;
}

InferredScale infer_scale(std::span<const double> ratings, std::optional<double> judge_score) {
  if (ratings.empty()) return {std::nullopt, "no row has a legible rating"};
  const double highest = *std::max_element(ratings.begin(), ratings.end());
  const double lowest = *std::min_element(ratings.begin(), ratings.end());
  const bool whole = std::all_of(ratings.begin(), ratings.end(), [](double r) { return r == std::floor(r); });
  if (lowest < 0 || highest > 100)
    return {std::nullopt, fmt::format("a rating of {} is on no known scale", lowest < 0 ? lowest : highest)};
  if (highest > 5) return {Scale{Scale::Kind::percent}, fmt::format("a rating of {} is above 5", highest)};
  if (highest > 1)
    return {Scale{whole ? Scale::Kind::discrete_0_5 : Scale::Kind::continuous_0_5},
            fmt::format("a rating of {} is above 1{}", highest, whole ? "" : ", and some are fractions")};
  if (!whole) return {std::nullopt, "all ratings lie in [0, 1] and some are fractions: 0-1 and 0-5 both fit"};
  if (!judge_score)
    return {std::nullopt, "all ratings are 0 or 1, and the score of the whole set is not given"};
  if (!(*judge_score >= 0 && *judge_score <= 100))
    return {std::nullopt, fmt::format("the score of the whole set, {}, is outside 0..100", *judge_score)};

  const auto n = static_cast<double>(ratings.size());
  const auto ones = static_cast<double>(std::count(ratings.begin(), ratings.end(), 1.0));
  const auto log_likelihood = [&](double p0, double p1) {
    const auto term = [](double count, double p) {
      return count == 0 ? 0.0 : p <= 0 ? -INFINITY : count * std::log(p);
    };
    return term(n - ones, p0) + term(ones, p1);
  };
  const double p = *judge_score / 100;
  const double binary = log_likelihood(1 - p, p);
  // On 0-5 with mean m = judge_score / 20, mass that is neither on 0 nor on 1 costs least where it sits on 5.
  // So p1 is free, p5 = (m - p1) / 5, p0 = 1 - p1 - p5 = a - 0.8 p1 with a = 1 - m / 5; the maximum is at p1
  // = a ones / (0.8 n), within [0, m].
  const double m = *judge_score / 20, a = 1 - m / 5;
  const double p1 = std::clamp(a * ones / (0.8 * n), 0.0, std::min(m, a / 0.8));
  const double graded = log_likelihood(a - 0.8 * p1, p1);
  if (!std::isfinite(binary) && !std::isfinite(graded))
    return {std::nullopt, "the score of the whole set contradicts the rows on both scales"};
  const double ratio = std::exp(std::clamp(binary - graded, -700.0, 700.0));
  const std::string evidence = fmt::format(
      "{} of {} ratings are 1, the others 0, and the whole set scores {:.2f}: 0/1 is {:.3g} times as likely "
      "as 0-5",
      ones, n, *judge_score, ratio);
  if (ratio >= kDecisive) return {Scale{Scale::Kind::binary}, evidence};
  if (ratio <= 1 / kDecisive) return {Scale{Scale::Kind::discrete_0_5}, evidence};
  return {std::nullopt, evidence + ", which does not decide it"};
}

RecordedLog parse_audiobench_log(std::string_view text, const std::string& path) {
  const Json whole = parse_json(text, path);
  if (!whole.is_object()) broken(path, "a log is an object");
  const Json* summary = nullptr;
  std::string judge;
  for (const auto& [key, value] : whole.members()) {
    if (!key.ends_with("_judge") || !value.is_object()) continue;
    if (summary) broken(path, fmt::format("two judges in one log: '{}_judge' and '{}'", judge, key));
    summary = &value;
    judge = key.substr(0, key.size() - std::string_view("_judge").size());
  }
  if (!summary) broken(path, "the log has no member \"JUDGE_judge\"");
  const Json* details = whole.find("details");
  if (!details || !details->is_array()) broken(path, "the log has no list \"details\"");
  const Names names = names_of(path, judge);
  RecordedLog log{path, names.model, names.set, names.judge, {}, "", {}, {}, {}, {}, {}};
  if (const Json* v = summary->find("judge_score"); v && !v->is_null()) log.judge_score = v->as_double();
  if (const Json* v = summary->find("success_rate"); v && !v->is_null()) log.success_rate = v->as_double();
  if (const Json* tasks = whole.find("task_scores"); tasks && tasks->is_object())
    for (const auto& [task, score] : tasks->members())
      if (score.is_number()) log.task_scores[task] = score.as_double();
  int index = 0;
  std::vector<double> ratings;
  for (const Json& row : details->elements()) {
    log.rows.push_back(row_of(row, index++, path, log.warnings));
    if (const auto* scored = std::get_if<Scored>(&log.rows.back().verdict)) ratings.push_back(scored->value);
  }
  if (const Json* said = whole.find("scale")) {
    log.scale = scale_from_label(said->as_string());
    if (!log.scale) broken(said->place().str(), fmt::format("'{}' is no scale", said->as_string()));
    log.scale_reason = "the log says it";
    return log;
  }
  InferredScale inferred = infer_scale(ratings, log.judge_score);
  log.scale = inferred.scale;
  log.scale_reason = std::move(inferred.reason);
  return log;
}

RecordedLog read_audiobench_log(const std::string& path) {
  return parse_audiobench_log(read_file(path), path);
}

std::vector<std::string> find_audiobench_logs(const std::string& folder, std::string_view set) {
  std::error_code err;
  if (!fs::is_directory(folder, err))
    throw Error(ErrorKind::data, "there is no folder of AudioBench logs here", folder,
                "name the folder that holds MODEL/SET_JUDGE_judge_score.json");
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !name.ends_with("_judge_score.json")) continue;
    if (set.empty() || name.starts_with(std::string(set) + "_")) out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<RecordedLog> read_audiobench_logs(const std::string& folder, std::string_view set) {
  std::vector<RecordedLog> logs;
  for (const std::string& path : find_audiobench_logs(folder, set)) {
    RecordedLog log = read_audiobench_log(path);
    if (set.empty() || log.set == set) logs.push_back(std::move(log));
  }
  if (!logs.empty()) return logs;
  if (!set.empty())
    throw Error(ErrorKind::data, fmt::format("no log of the set '{}' is here", set), folder,
                "name a set that the logs have");
  throw Error(ErrorKind::data, "there is no AudioBench log here", folder,
              "name the folder that holds MODEL/SET_JUDGE_judge_score.json");
}

}  // namespace undertone
