#include "judges/replay.h"

#include <fmt/format.h>

#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;

struct Recorded {
  Verdict verdict;
  std::string written;  // canonical JSON: to see whether two records differ
  int times = 1;
  bool differ = false;
};

std::string key_of(std::string_view question, std::string_view answer) {
  return fmt::format("{}\x1f{}", question, answer);
}

const std::string& answer_of(const Json& row) {
  if (const Json* answer = row.find("answer")) return answer->as_string();
  return row.at("model_prediction").as_string();
}

Verdict verdict_of(const Json& row) {
  if (const Json* verdict = row.find("verdict")) return verdict_from_json(*verdict);
  const std::string raw = row.get("judge_response", "");
  const Json& success = row.at("success");
  const bool parsed = success.is_bool() ? success.as_bool() : success.as_int() != 0;
  if (!parsed) return ParseFailure{raw};
  return Scored{row.at("rate_score").as_double(), raw, {}};
}

class ReplayJudge final : public Judge {
 public:
  ReplayJudge(const std::string& path, Scale scale) : scale_(scale) {
    for (const Json& row : read_jsonl_file(path)) {
      Verdict verdict = verdict_of(row);
      if (const auto* scored = std::get_if<Scored>(&verdict); scored && !scale_.admits(scored->value))
        throw Error(
            ErrorKind::data,
            fmt::format("a recorded score of {} is not on the scale {}", scored->value, scale_.name()),
            row.place().str(), "state the scale that the recorded judge used");
      Recorded made{verdict, to_json(verdict).canonical()};
      const std::string key = key_of(row.at("question").as_string(), answer_of(row));
      const auto [it, fresh] = records_.emplace(key, made);
      if (fresh) continue;
      ++it->second.times;
      it->second.differ |= it->second.written != made.written;
    }
    Json made_of = Json::object();
    made_of["judge"] = "replay";
    made_of["code"] = kCodeVersion;
    made_of["scale"] = std::string(scale_.name());
    made_of["file"] = sha256_file(path);
    identity_ = sha256_hex(made_of.canonical());
  }

  std::string identity() const override { return identity_; }
  Scale scale() const override { return scale_; }
  bool is_metric_judge() const override { return false; }
  std::vector<std::string> resources() const override { return {}; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts;
    verdicts.reserve(items.size());
    for (const JudgeItem& item : items) verdicts.push_back(find(item));
    return verdicts;
  }

 private:
  Verdict find(const JudgeItem& item) const {
    auto it = records_.find(key_of(item.question->id, item.answer));
    if (it == records_.end()) it = records_.find(key_of(item.question->text, item.answer));
    if (it == records_.end()) return NotJudged{"no verdict is recorded for this question and answer"};
    Verdict verdict = it->second.verdict;
    if (auto* scored = std::get_if<Scored>(&verdict); scored && it->second.differ)
      scored->rationale =
          fmt::format("[first of {} recorded verdicts that differ] {}", it->second.times, scored->rationale);
    return verdict;
  }

  Scale scale_;
  std::unordered_map<std::string, Recorded> records_;
  std::string identity_;
};

}  // namespace

Scale scale_from_name(std::string_view name) {
  if (name == "discrete_0_5") return {Scale::Kind::discrete_0_5};
  if (name == "continuous_0_5") return {Scale::Kind::continuous_0_5};
  if (name == "binary") return {Scale::Kind::binary};
  if (name == "percent") return {Scale::Kind::percent};
  throw Error(ErrorKind::suite, fmt::format("unknown scale '{}'", name), "",
              "use one of: discrete_0_5, continuous_0_5, binary, percent");
}

std::unique_ptr<Judge> make_replay_judge(const Json& fields) {
  return std::make_unique<ReplayJudge>(fields.at("path").as_string(),
                                       scale_from_name(fields.get("scale", "discrete_0_5")));
}

}  // namespace undertone
