// A judge reads a question, its reference and an answer, and gives a verdict on its scale.
#pragma once

#include <functional>
#include <memory>
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
  virtual std::vector<Verdict> judge(std::span<const JudgeItem> items) = 0;  // one verdict per item, in order
};

// What a judge may be given at construction; encoders are made on first use, so listing and validating cost
// nothing.
struct JudgeContext {
  std::function<TextEncoder&()> text_encoder;  // may throw Error: says what is missing and how to get it
  std::function<TextModel&(const std::string& model)> text_model;
};

using JudgeRegistry = Registry<std::unique_ptr<Judge>(const Json& fields, JudgeContext&)>;
JudgeRegistry builtin_judges();  // builtin.cc

}  // namespace undertone
