#include "harness/run/judge_sample.h"

#include <fmt/format.h>
#include <algorithm>

#include "harness/core/error.h"

namespace undertone {

std::optional<std::set<std::string>> judge_sample(const Pipeline& pipeline, const Judge& judge,
                                                  const Corpus& corpus) {
  const auto sample = judge.sample();
  if (!sample || sample->items == 0) return std::nullopt;
  std::vector<std::string> ids;
  for (const Question* q : pipeline.asked(corpus))
    if (q->type != QuestionType::ASR) ids.push_back(q->id);  // transcriptions are never judged
  return sampled_questions(*sample, ids);
}

bool judge_reads(const Judge& judge, const std::string& condition) {
  const auto sample = judge.sample();
  return !sample || sample->reads(condition);
}

std::vector<std::string> system_resources(const Pipeline& pipeline, const SystemSpec& system) {
  if (system.kind == "endpoint") return {"endpoint:" + system.model};
  const bool ours = system.kind == "variant" || system.kind == "text";
  if (!ours || !pipeline.decoder) return {};
  return {"weights:" + pipeline.decoder->digest};
}

void check_primary_judge(const Pipeline& pipeline, const std::string& name, const Judge& judge) {
  if (name != pipeline.spec.primary_judge) return;
  const std::vector<std::string> of_judge = judge.resources();
  for (const SystemSpec& system : pipeline.spec.systems)
    for (const std::string& resource : system_resources(pipeline, system))
      if (std::find(of_judge.begin(), of_judge.end(), resource) != of_judge.end())
        throw Error(
            ErrorKind::suite,
            fmt::format("the primary judge '{}' shares its weights with the system '{}'", name, system.name),
            pipeline.spec.file, "set primary_judge to another judge: this one may only stand beside it");
}

}  // namespace undertone
