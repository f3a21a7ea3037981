// Compliance of a run: rules as data, each kept, broken, or not to be told from what is there.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "datasets/items.h"
#include "harness/core/json.h"
#include "suites/rules.h"

namespace undertone {

enum class RuleStatus { kept, broken, cannot_tell };
const char* to_string(RuleStatus status);  // "kept", "broken", "cannot tell"

// What the checks read: of report.json and manifest.json, and of the store where it still holds what the run
// made.
struct ComplianceFacts {
  struct System {
    std::string name, kind, presentation,
        model;  // model: whose answers are recorded, who is asked for them, or the decoder's weights
    std::vector<std::string> pools;
    std::vector<int> seeds;
    bool permute_emotions = false;
  };
  struct Training {
    std::string system, dataset, digest;
    int seed = 0;
    std::int64_t steps = 0, target_tokens = 0;
  };
  struct ClipFact {
    std::string id, split;
    std::vector<std::string> speakers;
  };
  struct QuestionFact {
    std::string id, split, wording;
    bool unseen = false;
  };
  struct Dataset {
    std::string name, kind, digest, licence;
    bool read = false;  // the corpus is in the store: clips and questions below are its own
    std::vector<ClipFact> clips;
    std::vector<QuestionFact> questions;
  };
  struct Prompts {
    std::string name;  // "training of S30", "test, gold metadata"
    std::string dataset, metadata, presentation;
    bool training = false, permuted = false;
    std::vector<TrainItem> items;
    bool chat_apart = false;  // for a server's model, where the suite's own is prompted in another form
  };
  struct Answers {
    std::string name;  // "S30 seed 1 absent"
    std::string dataset;
    std::set<std::string> questions;
  };
  struct Coverage {
    std::string system, condition, judge, tag;
    std::int64_t asked = 0, scored = 0;
    int seeds = 1;
    bool circular = false;
  };
  struct JudgeFact {
    std::string name, kind, identity;
    std::vector<std::string> models;  // that it asks: one, or a jury's
  };
  struct WeightsFact {
    std::string name, sha256, licence;
  };
  std::string suite, identity, unread;  // unread: why nothing of the store could be read, or ""
  std::vector<System> systems;
  std::vector<Training> trainings;
  std::vector<Dataset> datasets;
  std::vector<Prompts> prompts;
  std::vector<Answers> answers;
  std::vector<Coverage> coverage;  // of means over all questions of a pool
  std::vector<JudgeFact> judges;
  std::vector<WeightsFact> weights;
};

struct RuleFound {
  ComplianceRule rule;
  RuleStatus status = RuleStatus::cannot_tell;
  std::vector<std::string> evidence;
};
std::vector<std::string> known_checks();
// A pure function of both. Throws Error{internal} for a rule that there is no check for.
std::vector<RuleFound> check_rules(const std::vector<ComplianceRule>& rules, const ComplianceFacts& facts);

// Of the run in `folder`; `store` need not be there.
ComplianceFacts compliance_facts(const std::string& folder, const std::string& store);

std::string check_text(const std::vector<RuleFound>& found, const ComplianceFacts& facts,
                       const std::string& digest);
std::string check_json(const std::vector<RuleFound>& found, const ComplianceFacts& facts,
                       const std::string& digest);

// "smollm2-135m-instruct" -> "smollm": what a model's name starts with, in small letters, its folder left
// off.
std::string model_family(const std::string& model);

}  // namespace undertone
