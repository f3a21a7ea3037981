#include "judges/floors.h"

#include <fmt/format.h>

#include "harness/core/hash.h"
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

class TrivialJudge final : public Judge {
 public:
  explicit TrivialJudge(double value) : value_(value) {}
  std::string identity() const override {
    Json made_of = Json::object();
    made_of["judge"] = "trivial";
    made_of["code"] = 1;
    made_of["value"] = value_;
    return sha256_hex(made_of.canonical());
  }
  Scale scale() const override { return {Scale::Kind::continuous_0_5}; }
  bool is_metric_judge() const override { return true; }
  std::vector<std::string> resources() const override { return {}; }
  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    return std::vector<Verdict>(items.size(), Scored{value_, fmt::format("always {}", value_), {}});
  }

 private:
  double value_;
};

}  // namespace

std::unique_ptr<Judge> make_exact_judge() { return std::make_unique<ExactJudge>(); }

std::unique_ptr<Judge> make_trivial_judge(const Json& fields) {
  return std::make_unique<TrivialJudge>(fields.get("value", 3.0));
}

}  // namespace undertone
