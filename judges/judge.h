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
#include "harness/core/verdict_file.h"

namespace undertone {

struct JudgeItem {
  const Question* question = nullptr;
  const Clip* clip = nullptr;  // may be null (recorded answers without a corpus)
  std::string answer;
  std::string audio_path = {};  // of the clip; "": there is none, or nobody listens
};

// A judge that costs much reads a sample: the same questions of every system, so that comparisons stay
// paired, and answers under some conditions only.
struct ItemSample {
  std::int64_t items = 0;                    // questions a dataset; 0: all
  std::string stream;                        // name of the random stream that draws them
  std::vector<std::string> conditions = {};  // at test; empty: all
  bool reads(const std::string& condition) const;
};
// Ids of the questions in the sample: those whose own number, drawn from the stream named
// "STREAM/QUESTION-ID", is among the `items` lowest. A larger sample holds the smaller one.
std::set<std::string> sampled_questions(const ItemSample& sample, std::span<const std::string> questions);

// A verdict as soon as it is known, with facts of its making (attempts, tokens, seconds, the model as the
// server names it) that are no part of it.
struct Judged {
  std::size_t item = 0;  // of the items asked about
  Verdict verdict;
  Json about = Json::object();
};
using JudgedSink = std::function<void(std::span<const Judged>)>;

class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string identity()
      const = 0;  // digest of everything that decides a verdict: rubric, weights, settings, code version
  virtual Scale scale() const = 0;
  // Whether the clip's audio decides its verdicts too: then it is part of a verdict's key.
  virtual bool hears() const { return false; }
  virtual bool is_metric_judge() const = 0;  // deterministic text metric rather than a model that reads
  // Resources shared with metrics (e.g. "lexicon:emotion", "embedding:minilm"): a correlation with a metric
  // that shares one is circular.
  virtual std::vector<std::string> resources() const = 0;
  // The questions and conditions that are judged: nothing for all. Not part of the identity; whoever asks the
  // judge draws the sample, and the others' verdicts are NotJudged{not_sampled(...)} or {not_read(...)}.
  virtual std::optional<ItemSample> sample() const { return std::nullopt; }
  // What it is, for the head of a report, where kind and scale do not say it: a model and how it reads.
  virtual std::string summary() const { return ""; }
  virtual std::vector<Verdict> judge(std::span<const JudgeItem> items) = 0;  // one verdict per item, in order

  // Whether verdicts are bought one at a time: then judge_each() hands each reply's over before it sends the
  // next request, and may be given many items at once.
  virtual bool hands_over_each() const { return false; }
  // The same verdicts through `sink`, in any order. A judge that hands over each gives only verdicts that may
  // be kept for good, and throws Error{io} when its server is down or its budget used up: the items that it
  // has not handed over are asked about by the next run.
  virtual void judge_each(std::span<const JudgeItem> items, const JudgedSink& sink) {
    std::vector<Verdict> verdicts = judge(items);
    std::vector<Judged> all;
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      all.push_back({i, std::move(verdicts[i]), Json::object()});
    sink(all);
  }
};

// What a judge may be given at construction; encoders are made on first use, so listing and validating cost
// nothing.
struct JudgeContext {
  std::function<TextEncoder&()> text_encoder;  // may throw Error: says what is missing and how to get it
  std::function<TextModel&(const TextModelChoice&)> text_model;                       // the same
  std::function<std::vector<VerdictFile>(const std::string& dataset)> verdict_files;  // that it brings along
  std::function<bool()> interrupted;  // whether the user asked to stop; may be empty
};

// Why a question, or an answer under a condition that the judge does not read, has no verdict.
std::string not_sampled(const ItemSample& sample);
std::string not_read(const ItemSample& sample, const std::string& condition);

using JudgeRegistry = Registry<std::unique_ptr<Judge>(const Json& fields, JudgeContext&)>;
JudgeRegistry builtin_judges();  // builtin.cc

}  // namespace undertone
