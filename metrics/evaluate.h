// From answers and verdicts to estimates: every number of a report is made here.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/core/nouns.h"

namespace undertone {

// One asked question: a system's answer under one test condition and seed, with its verdicts.
struct EvaluationRow {
  std::string system;
  std::string condition;  // metadata at test
  int seed = 0;
  const Question* question = nullptr;
  const Clip* clip = nullptr;  // null for recorded answers without a corpus
  std::string unit;            // resampling unit (Clip::unit, else the clip's id, else the question's id)
  Answer answer;
  std::map<std::string, Verdict> verdicts;  // by judge name
};

struct JudgeInfo {
  std::string name;
  Scale scale;
  bool metric_judge = false;
  std::vector<std::string> resources;
  // Ids of the questions that it was to read, where it reads a sample; empty: all. The others are not asked
  // of it, so count neither as missing nor in bounds.
  std::set<std::string> sample = {};
  std::vector<std::string> conditions = {};  // at test, whose answers it was to read; empty: all
};

struct Contrast {
  std::string name, system, baseline, system_condition, baseline_condition;
  bool declared = true;
};

struct EvaluationSettings {
  double level = 0.95;
  int resamples = 2000;
  std::string method = "percentile";
  std::string stream = "statistics";  // root name of the random streams
  int threads = 1;                    // never changes a byte of the result
  std::string unit_resampled = "speaker";
  std::string primary_judge;
  std::vector<JudgeInfo> judges;
  // What systems may share with judges, by name, e.g. {"weights:DIGEST"} of their decoder. A judge with such
  // a resource judges its own family: its estimates of that system are circular and support no claim.
  std::map<std::string, std::vector<std::string>> system_resources;
  std::vector<Contrast> contrasts;
  // Names of builtin.h: what is given beyond the rows that every evaluation has.
  std::vector<std::string> metrics;
};

// Stable order: by system, condition, judge, tag. Tags: "{set}/{slice}/judge:{name}/mean",
// "{set}/{slice}/{attribute}/accuracy", ... with set "cpqa", "direct" or the pool's name; slice a question
// type, "all" (question-weighted), "types" (unweighted mean over types), "binding", "conjunctive", "seen",
// "unseen".
std::vector<Estimate> evaluate(const std::vector<EvaluationRow>& rows, const EvaluationSettings& settings);

}  // namespace undertone
