#include "judges/replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 2;

struct Recorded {
  Verdict verdict;
  std::string written;  // canonical JSON: to see whether two records differ
  int times = 1;
  bool differ = false;
};

std::string key_of(std::string_view question, std::string_view answer, std::string_view reference) {
  return fmt::format("{}\x1f{}\x1f{}", question, answer, reference);
}

const std::string& answer_of(const Json& row) {
  if (const Json* answer = row.find("answer")) return answer->as_string();
  return row.at("model_prediction").as_string();
}

Verdict verdict_of(const Json& row) {
  if (const Json* verdict = row.find("verdict")) return verdict_from_json(*verdict);
  const std::string& raw = row.at("judge_response").as_string();
  const Json& success = row.at("success");
  const bool parsed = success.is_bool() ? success.as_bool() : success.as_int() != 0;
  if (!parsed) return ParseFailure{raw};
  return Scored{row.at("rate_score").as_double(), raw, {}};
}

class ReplayJudge final : public Judge {
 public:
  ReplayJudge(std::string_view text, const std::string& file, Scale scale) : scale_(scale) {
    for (const Json& row : parse_jsonl(text, file)) {
      try {
        record(row);
      } catch (const Error& e) {  // what a line lacks is said of the line
        throw Error(
            ErrorKind::data, e.what_happened(), e.place().empty() ? row.place().str() : e.place(),
            e.mend().empty() ? R"(write {"question": ID, "answer": TEXT, "verdict": {...}})" : e.mend());
      }
    }
    Json made_of = Json::object();
    made_of["judge"] = "replay";
    made_of["code"] = kCodeVersion;
    made_of["scale"] = std::string(scale_.name());
    made_of["file"] = sha256_hex(text);
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
  void record(const Json& row) {
    Verdict verdict = verdict_of(row);
    if (const auto* scored = std::get_if<Scored>(&verdict); scored && !scale_.admits(scored->value))
      throw Error(ErrorKind::data,
                  fmt::format("a recorded score of {} is not on the scale {}", scored->value, scale_.name()),
                  row.place().str(), "state the scale that the recorded judge used");
    Recorded made{verdict, to_json(verdict).canonical()};
    const auto [it, fresh] = records_.emplace(
        key_of(row.at("question").as_string(), answer_of(row), row.get("reference", "")), made);
    if (fresh) return;
    ++it->second.times;
    it->second.differ |= it->second.written != made.written;
  }

  Verdict find(const JudgeItem& item) const {
    const Question& q = *item.question;
    auto it = records_.end();
    for (const std::string& question : {q.id, q.text})
      for (const std::string& reference : {q.reference, std::string()})
        if (it == records_.end()) it = records_.find(key_of(question, item.answer, reference));
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

// The file that "dataset", "recorded" and "scale" name.
VerdictFile chosen_file(const Json& fields, const JudgeContext& context) {
  const Json& recorded = fields.at("recorded");
  const std::string dataset = fields.at("dataset").as_string(), wanted = fields.get("scale", "");
  if (!context.verdict_files)
    throw Error(ErrorKind::internal, "the judge 'replay' is given no datasets' verdicts", "judge replay");
  std::vector<std::string> all, scales;
  std::vector<VerdictFile> found;
  for (VerdictFile& file : context.verdict_files(dataset)) {
    all.push_back(file.name());
    if (file.judge != recorded.as_string()) continue;
    scales.push_back(file.scale);
    found.push_back(std::move(file));
  }
  const auto refuse = [&](const std::string& what, const std::string& mend) {
    throw Error(ErrorKind::suite, what, recorded.place().str(), mend);
  };
  if (all.empty())
    refuse(fmt::format("the dataset '{}' brings no recorded verdicts", dataset),
           "put them into verdicts/JUDGE.SCALE.jsonl of its folder, or name a file by \"path\"");
  if (found.empty())
    refuse(fmt::format("the dataset '{}' brings no verdicts of '{}'", dataset, recorded.as_string()),
           fmt::format("use one of: {}", fmt::join(all, ", ")));
  const VerdictFile* chosen = nullptr;
  for (const VerdictFile& file : found) {
    const bool known = scale_from_label(file.scale).has_value();
    if (wanted.empty() ? known && found.size() == 1 : file.scale == wanted) return file;
    if (!wanted.empty() && !known) chosen = &file;  // its scores are checked against the scale stated
  }
  if (!chosen)
    refuse(wanted.empty()
               ? fmt::format("the scale of the verdicts of '{}' is not clear", recorded.as_string())
               : fmt::format("no verdicts of '{}' are on the scale {}", recorded.as_string(), wanted),
           fmt::format("state \"scale\"; there are: {}", fmt::join(scales, ", ")));
  return *chosen;
}

}  // namespace

void replay_judge_fields(FieldReader& r) {
  std::string path, dataset, recorded, scale;
  r.field("path", path, "JSONL of recorded verdicts");
  r.field("dataset", dataset, "in place of path: the dataset that brings the verdicts along");
  r.field("recorded", recorded, "whose verdicts: JUDGE of the dataset's verdicts/JUDGE.SCALE.jsonl");
  r.choice(
      "scale", scale, {"discrete_0_5", "continuous_0_5", "binary", "percent"},
      "scale that the recorded judge used; never inferred: with path it must be stated, a dataset's file "
      "names it");
  if (r.describing() || !r.raw()) return;
  if (r.present("path") == r.present("dataset"))
    r.problem("path", "name the verdicts by one of \"path\" and \"dataset\"");
  if (r.present("dataset") != r.present("recorded"))
    r.problem(r.present("dataset") ? "dataset" : "recorded", "\"dataset\" and \"recorded\" go together");
  if (r.present("path") && !r.present("scale"))
    r.problem("path", "state the \"scale\" that the recorded judge used");
}

std::unique_ptr<Judge> make_replay_judge(const Json& fields, const JudgeContext& context) {
  if (const Json* path = fields.find("path")) {
    const auto scale = scale_from_label(fields.at("scale").as_string());
    if (!scale)
      throw Error(ErrorKind::suite, fmt::format("unknown scale '{}'", fields.at("scale").as_string()),
                  fields.at("scale").place().str(),
                  "use one of: discrete_0_5, continuous_0_5, binary, percent");
    return std::make_unique<ReplayJudge>(read_file(path->as_string()), path->as_string(), *scale);
  }
  const VerdictFile file = chosen_file(fields, context);
  const std::string stated = fields.get("scale", "");
  return std::make_unique<ReplayJudge>(file.text, file.path,
                                       *scale_from_label(stated.empty() ? file.scale : stated));
}

}  // namespace undertone
