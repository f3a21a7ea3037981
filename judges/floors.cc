#include "judges/floors.h"

#include <fmt/format.h>

#include <map>

#include "harness/core/hash.h"
#include "harness/core/random.h"
#include "judges/words.h"

namespace undertone {
namespace {

class ExactJudge final : public Judge {
 public:
  std::string identity() const override { return sha256_hex(R"({"judge":"exact","code":1})"); }
  Scale scale() const override { return {Scale::Kind::binary}; }
  bool is_metric_judge() const override { return true; }
  std::vector<std::string> resources() const override { return {}; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts;
    verdicts.reserve(items.size());
    for (const JudgeItem& item : items) {
      const auto reference = judge_words(item.question->reference);
      if (reference.empty()) {
        verdicts.emplace_back(NotJudged{"the question has no reference"});
        continue;
      }
      const bool same = judge_words(item.answer) == reference;
      verdicts.emplace_back(Scored{same ? 1.0 : 0.0, same ? "equal" : "differs", {}});
    }
    return verdicts;
  }
};

constexpr double kUsualWords = 20;  // an answer of so many words scores half

Verdict by_length(const JudgeItem& item) {
  const auto n = static_cast<double>(judge_words(item.answer).size());
  return Scored{5 * n / (n + kUsualWords), fmt::format("{} words", n), {}};
}

Verdict by_overlap(const JudgeItem& item) {
  const auto reference = judge_words(item.question->reference), answer = judge_words(item.answer);
  if (reference.empty()) return NotJudged{"the question has no reference"};
  std::map<std::string, int> left;
  for (const auto& w : reference) ++left[w];
  double shared = 0;
  for (const auto& w : answer)
    if (const auto at = left.find(w); at != left.end() && at->second-- > 0) ++shared;
  const double words = static_cast<double>(answer.size() + reference.size());
  return Scored{5 * 2 * shared / words, fmt::format("{} words shared", shared), {}};
}

class TrivialJudge final : public Judge {
 public:
  explicit TrivialJudge(const Json& fields)
      : rule_(fields.get("rule", "always")), value_(fields.get("value", 3.0)), seed_(fields.get("seed", 0)) {}
  std::string identity() const override {
    Json made_of = Json::object();
    made_of["judge"] = "trivial";
    made_of["code"] = 1;
    if (rule_ == "always") made_of["value"] = value_;
    if (rule_ != "always") made_of["rule"] = rule_;
    if (rule_ == "random") made_of["seed"] = seed_;
    return sha256_hex(made_of.canonical());
  }
  Scale scale() const override { return {Scale::Kind::continuous_0_5}; }
  bool is_metric_judge() const override { return true; }
  std::vector<std::string> resources() const override { return {}; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    std::vector<Verdict> verdicts;
    verdicts.reserve(items.size());
    for (const JudgeItem& item : items) verdicts.push_back(judge_one(item));
    return verdicts;
  }

 private:
  Verdict judge_one(const JudgeItem& item) const {
    if (rule_ == "longest") return by_length(item);
    if (rule_ == "overlap") return by_overlap(item);
    if (rule_ == "random") {
      Stream stream(fmt::format("trivial/{}/{}/{}", seed_, item.question->id, sha256_hex(item.answer)));
      return Scored{stream.uniform(0, 5), "by lot", {}};
    }
    return Scored{value_, fmt::format("always {}", value_), {}};
  }

  std::string rule_;
  double value_;
  std::int64_t seed_;
};

}  // namespace

std::unique_ptr<Judge> make_exact_judge() { return std::make_unique<ExactJudge>(); }

std::unique_ptr<Judge> make_trivial_judge(const Json& fields) {
  return std::make_unique<TrivialJudge>(fields);
}

}  // namespace undertone
