// Which questions a judge reads, and with whom it shares weights: what judging and the report must agree on.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/run/pipeline.h"

namespace undertone {

// Ids of a dataset's asked questions that the judge reads; nothing where it reads all.
std::optional<std::set<std::string>> judge_sample(const Pipeline& pipeline, const Judge& judge,
                                                  const Corpus& corpus);

// Whether the judge reads answers that were given under this condition at test.
bool judge_reads(const Judge& judge, const std::string& condition);

// What a system may share with a judge ("weights:DIGEST" of its decoder); empty where nothing is known.
std::vector<std::string> system_resources(const Pipeline& pipeline, const SystemSpec& system);

// Throws Error{suite} when the primary judge shares weights with a system: such a judge supports no headline.
void check_primary_judge(const Pipeline& pipeline, const std::string& name, const Judge& judge);

}  // namespace undertone
