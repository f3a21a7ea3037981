// A judge reads a question, its reference and an answer, and gives a verdict on its scale.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "harness/core/nouns.h"
#include "harness/core/registry.h"
#include "harness/core/text_model.h"

namespace undertone {

struct JudgeItem {
  const Question* question = nullptr;
  const Clip* clip = nullptr;  // may be null (recorded answers without a corpus)
  std::string answer;
};

// A judge that costs much reads a sample of the questions: the same ones of every system, so that comparisons
// stay paired.
struct ItemSample {
  std::int64_t items = 0;  // questions a dataset
  std::string stream;      // name of the random stream that draws them
};
// Ids of the questions in the sample: those whose own number, drawn from the stream named
// "STREAM/QUESTION-ID", is among the `items` lowest. A larger sample holds the smaller one.
std::set<std::string> sampled_questions(const ItemSample& sample, std::span<const std::string> questions);

class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string identity()
      const = 0;  // digest of everything that decides a verdict: rubric, weights, settings, code version
  virtual Scale scale() const = 0;
  virtual bool is_metric_judge() const = 0;  // deterministic text metric rather than a model that reads
  // Resources shared with metrics (e.g. "lexicon:emotion", "embedding:minilm"): a correlation with a metric
  // that shares one is circular.
  virtual std::vector<std::string> resources() const = 0;
  // The questions that are judged: nothing for all. Not part of the identity; whoever asks the judge draws
  // the sample, and the others' verdicts are NotJudged{not_sampled(...)}.
  virtual std::optional<ItemSample> sample() const { return std::nullopt; }
  virtual std::vector<Verdict> judge(std::span<const JudgeItem> items) = 0;  // one verdict per item, in order
};

// What a judge may be given at construction; encoders are made on first use, so listing and validating cost
// nothing.
struct JudgeContext {
  std::function<TextEncoder&()> text_encoder;  // may throw Error: says what is missing and how to get it
  std::function<TextModel&(const TextModelChoice&)> text_model;  // the same
};

std::string not_sampled(const ItemSample& sample);  // why a question has no verdict

using JudgeRegistry = Registry<std::unique_ptr<Judge>(const Json& fields, JudgeContext&)>;
JudgeRegistry builtin_judges();  // builtin.cc

}  // namespace undertone
