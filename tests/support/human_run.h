// A run to rate: two systems' recorded answers to many questions, and files as a rating page saves them.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>

#include "datasets/human_record.h"
#include "harness/run/human.h"
#include "harness/run/rejudge.h"
#include "harness/run/run.h"
#include "harness/speech/audio.h"
#include "tests/support/recorded_suite.h"
#include "tests/support/test_data.h"

namespace undertone::test {

// Systems "walrus" (every third answer wrong) and "zebra" (every second), in folder/report and folder/store.
inline void run_two_systems(const std::string& folder, bool clips = false) {
  Installation here;
  here.root = UNDERTONE_SOURCE_DIR;
  here.programs = "/nonexistent";
  write_recorded_suite(folder, R"("walrus": {"kind": "recorded", "path": "answers.jsonl"},
             "zebra": {"kind": "recorded", "path": "others.jsonl"})");
  write_many_questions(folder);
  write_many_answers(folder, 2);
  std::filesystem::rename(folder + "/answers.jsonl", folder + "/others.jsonl");
  write_many_answers(folder, 3);
  if (clips) {
    std::filesystem::create_directories(folder + "/corpus/audio");
    std::string questions, lines;
    for (int i = 0; i < kManyQuestions; ++i) {
      const std::string clip = fmt::format("c{:02}", i);
      std::vector<float> tone(speech_rate_hz / 2);
      for (std::size_t s = 0; s < tone.size(); ++s)
        tone[s] = (s / (20 + static_cast<std::size_t>(i))) % 2 ? 0.2F : -0.2F;
      write_wav(folder + "/corpus/audio/" + clip + ".wav", tone);
      questions += question_line(question_id(i), emotion_of(i), clip);
      lines +=
          fmt::format(
              R"({{"id": "{0}", "audio": "audio/{0}.wav", "duration_seconds": 0.5, "split": "test", "unit": "s{1}", "segments": []}})",
              clip, i % 8) +
          "\n";
    }
    write_text(folder + "/corpus/questions.jsonl", questions);
    write_text(folder + "/corpus/clips.jsonl", lines);
  }
  RunOptions options;
  options.out = folder + "/report";
  options.store = folder + "/store";
  options.quiet = true;
  if (run_suite(here, load_suites(here, folder + "/suite.json", {}).front(), options) != ExitCode::done)
    throw std::runtime_error("the suite did not run");
}

inline std::unique_ptr<ReportInputs> inputs_of(const std::string& folder) {
  Installation here;
  here.root = UNDERTONE_SOURCE_DIR;
  here.programs = "/nonexistent";
  Store store = Store::open(folder + "/store", Store::Mode::read);
  const StoredRun run = open_recorded_run(folder + "/report", here, store);
  return gather_inputs(*run.pipeline, run.execution, store);
}

// What `rate` says of an item and a criterion: a grade, or a label's place; below 0: nothing.
using Rate = std::function<int(const HumanKeyItem&, const HumanCriterion&)>;
inline Json saved_page(const HumanKey& key, int number, const std::string& name, const std::string& kind,
                       const Rate& rate) {
  Json instances = Json::array(), declared = Json::array();
  for (const HumanCriterion& c : key.criteria()) declared.push_back(Json::object({{"metric", c.metric}}));
  for (const HumanTurn& turn : key.raters[static_cast<std::size_t>(number - 1)]) {
    const HumanKeyItem& item = key.items[static_cast<std::size_t>(turn.item)];
    Json shown = Json::object({{"question", item.text}, {"reference", item.reference}});
    if (item.answers.size() == 1) shown["answer"] = item.answers[0];
    if (item.answers.size() == 2) shown["answer_a"] = item.answers[0], shown["answer_b"] = item.answers[1];
    Json given = Json::object();
    for (const HumanCriterion& c : key.criteria()) {
      const int value = rate(item, c);
      if (value < 0) continue;
      const Json one = c.graded() ? Json(value) : Json(c.labels.at(static_cast<std::size_t>(value)));
      given[c.metric] = Json::object({{"individual_human_scores", Json::Array{one}}});
    }
    if (given.size() > 0)
      instances.push_back(Json::object({{"id", item.id}, {"instance", shown}, {"annotations", given}}));
  }
  const Json rater = Json::object({{"name", name}, {"number", number}, {"kind", kind}});
  return Json::object(
      {{"dataset", "x"},
       {"annotations", std::move(declared)},
       {"instances", std::move(instances)},
       {"undertone", Json::object({{"format", "undertone.human/1"}, {"export", key.id}, {"rater", rater}})}});
}

}  // namespace undertone::test
