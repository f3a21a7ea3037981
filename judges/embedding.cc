#include "judges/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/text/embedding.h"
#include "judges/words.h"

namespace undertone {
namespace {

constexpr int kCodeVersion = 1;

class EmbeddingJudge final : public Judge {
 public:
  EmbeddingJudge(double floor, std::function<TextEncoder&()> encoder)
      : floor_(floor), encoder_(std::move(encoder)) {}

  std::string identity() const override {
    Json made_of = Json::object();
    made_of["judge"] = "embedding";
    made_of["code"] = kCodeVersion;
    made_of["floor"] = floor_;
    made_of["encoder"] = encoder().identity();
    return sha256_hex(made_of.canonical());
  }
  Scale scale() const override { return {Scale::Kind::continuous_0_5}; }
  bool is_metric_judge() const override { return true; }
  std::vector<std::string> resources() const override { return {"embedding:minilm"}; }

  std::vector<Verdict> judge(std::span<const JudgeItem> items) override {
    // Each distinct text is embedded once; references repeat across systems.
    std::vector<std::string> texts;
    std::unordered_map<std::string, std::size_t> place;
    const auto add = [&](const std::string& text) {
      if (place.emplace(text, texts.size()).second) texts.push_back(text);
    };
    for (const JudgeItem& item : items) {
      if (!scorable(item)) continue;
      add(item.question->reference);
      add(item.answer);
    }
    std::vector<std::vector<float>> vectors;
    if (!texts.empty()) vectors = encoder().embed(texts);
    if (vectors.size() != texts.size())
      throw Error(
          ErrorKind::model,
          fmt::format("the text encoder gave {} embeddings for {} texts", vectors.size(), texts.size()),
          "judge embedding", "check the encoder");
    std::vector<Verdict> verdicts;
    verdicts.reserve(items.size());
    for (const JudgeItem& item : items) {
      if (judge_words(item.question->reference).empty()) {
        verdicts.emplace_back(NotJudged{"the question has no reference"});
      } else if (judge_words(item.answer).empty()) {
        verdicts.emplace_back(Scored{0, "empty answer", {}});
      } else {
        const double c = embedding_cosine(vectors[place.at(item.answer)],
                                          vectors[place.at(item.question->reference)], "judge embedding");
        verdicts.emplace_back(
            Scored{embedding_score(c, floor_), fmt::format("cosine {:.4f}, floor {}", c, floor_), {}});
      }
    }
    return verdicts;
  }

 private:
  static bool scorable(const JudgeItem& item) {
    return !judge_words(item.question->reference).empty() && !judge_words(item.answer).empty();
  }
  TextEncoder& encoder() const {
    if (!encoder_)
      throw Error(ErrorKind::model, "the judge 'embedding' needs a text encoder", "judge embedding",
                  "fetch all-MiniLM-L6-v2 with './undertone setup', or leave this judge out of the suite");
    return encoder_();
  }
  double floor_;
  std::function<TextEncoder&()> encoder_;
};

}  // namespace

double embedding_score(double cosine, double floor) {
  if (!std::isfinite(cosine))
    throw Error(ErrorKind::model, "the cosine of two embeddings is not a finite number", "judge embedding",
                "check the text encoder: an embedding is zero or not finite");
  return 5 * std::clamp((cosine - floor) / (1 - floor), 0.0, 1.0);
}

std::unique_ptr<Judge> make_embedding_judge(const Json& fields, JudgeContext& context) {
  return std::make_unique<EmbeddingJudge>(fields.get("floor", 0.0), context.text_encoder);
}

}  // namespace undertone
