// Samples that lm-evaluation-harness logs (--log_samples): what a model was asked, what it answered, and the
// harness's own metrics on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/answers.h"
#include "datasets/corpus.h"
#include "datasets/import_ratings.h"

namespace undertone {

struct LmEvalSamples {
  Corpus corpus;  // a question per document: the prompt as sent, the target as reference
  std::vector<RecordedAnswer> answers;  // the model's texts before any filter; repeats are seeds 0, 1, ...
  RatingTable metrics;                  // raters are "METRIC,FILTER" as lm-eval names them, of kind metric
  std::vector<std::string> warnings;
};

// A line per document and filter: {"doc_id", "target", "arguments", "resps"[, "filter", "metrics"], METRIC:
// number}. Arguments are [[PROMPT, {...}]] or {"gen_args_0": {"arg_0": PROMPT}}; responses of log-likelihood
// requests are no texts: such a document has metrics but no answer, and a warning counts them. Throws
// Error{data} with file and line, also where two lines of one document hold different prompts, targets or
// answers.
LmEvalSamples import_lm_eval(const std::string& path);
LmEvalSamples parse_lm_eval(std::string_view text, const std::string& file);

}  // namespace undertone
