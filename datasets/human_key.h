// What a page of `undertone human export` hides: which system gave which answer, how items were drawn, and
// who was dealt what. The key stays beside the run; the page holds blind ids only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/json.h"
#include "harness/core/nouns.h"

namespace undertone {

enum class HumanTask {
  ratings,  // one answer on a rubric's scale
  pairs,    // two variants' answers, with ties
  qa,       // a question with its reference: answerable, supported, needs the voice, natural
};
std::string_view to_string(HumanTask task);
HumanTask human_task_from(std::string_view name);  // throws Error{data} listing the names

// One thing that is asked of an item, as JUDGE-BENCH declares it: a grade, or a choice among labels.
struct HumanCriterion {
  std::string metric;               // "preference"
  std::string ask;                  // "Which answer is better?"
  int low = 0, high = 0;            // of a grade
  std::vector<std::string> labels;  // of a choice; empty: a grade
  bool graded() const { return labels.empty(); }
};
// `rubric` names the grade of the task `ratings`, on `scale` (discrete 0-5 or binary).
std::vector<HumanCriterion> human_criteria(HumanTask task, const std::string& rubric, const Scale& scale);

struct HumanVariant {  // of the task `pairs`
  std::string system, condition;
};

struct HumanKeyItem {
  std::string id;        // on the page: says nothing
  std::string question;  // Question::id
  std::string cluster;   // what the run resamples
  std::string text, reference;
  std::vector<std::string> answers;  // as shown: one to rate, a and b of a pair, none of a QA pair
  // Of each answer the run's rows that gave it, as datasheets name them: "QUESTION/SYSTEM/CONDITION/SEED".
  std::vector<std::vector<std::string>> rows;
  bool first_is_b = false;  // of a pair: the answer b is the first variant's
  // Chance with which the item was drawn; nothing where a person chose it and no chance was stated.
  std::optional<double> inclusion;
};

struct HumanTurn {
  std::int64_t item = 0;  // of HumanKey::items
  bool swapped = false;   // of a pair: shown with b on the left
};

struct HumanKey {
  std::string id;   // digest of all else: names the files beside the run, and the page
  std::string run;  // identity
  std::string suite;
  HumanTask task = HumanTask::ratings;
  std::string stream;           // named Philox stream that drew, dealt and ordered
  std::string rubric;           // of `ratings`
  Scale scale;                  // of `ratings`
  HumanVariant first, second;   // of `pairs`
  std::int64_t population = 0;  // items that could have been drawn
  std::int64_t identical = 0;   // of `pairs`: left out, for both answers are the same text
  bool chosen = false;          // by a list of items rather than by lot
  std::vector<HumanKeyItem> items;
  std::vector<std::vector<HumanTurn>> raters;  // what each is dealt, in order

  std::vector<HumanCriterion> criteria() const { return human_criteria(task, rubric, scale); }
};

// Sets `id`. Equal keys have equal ids.
void name_key(HumanKey& key);
Json to_json(const HumanKey& key);
// Throws Error{data} with file and line, also where the id is not that of what the key holds.
HumanKey human_key_from_json(const Json& json);

}  // namespace undertone
