// Reports to test with: a small one whose numbers are written by hand (goldens), and a larger one whose
// answers are drawn from a named stream and go through the real judge and the real statistics.
#pragma once

#include <fmt/format.h>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "harness/speech/audio.h"
#include "judges/judge.h"
#include "metrics/evaluate.h"
#include "reports/report.h"

namespace undertone::test {

inline ReportSystem sample_system(const std::string& name, const std::string& summary,
                                  std::vector<std::string> pools, bool control = false,
                                  const std::string& metadata = "absent") {
  ReportSystem s;
  s.name = name;
  s.kind = name == "majority" ? "majority" : control && name != "placebo" ? "text" : "variant";
  s.summary = summary;
  s.trains = s.kind == "majority" ? "nothing" : s.kind == "text" ? "decoder" : "adapter";
  s.train_metadata = s.kind == "majority" ? "" : s.kind == "text" ? "gold" : metadata;
  s.pools = std::move(pools);
  if (s.kind != "majority") s.seeds = s.kind == "text" ? std::vector<int>{1} : std::vector<int>{1, 2};
  s.control = control;
  return s;
}

inline Estimate sample_mean(const std::string& system, const std::string& condition, double value,
                            double half, const std::string& slice = "all") {
  Estimate e;
  e.tag = "cpqa/" + slice + "/judge:rubric/mean";
  e.system = system;
  e.test_condition = condition;
  e.judge = "rubric";
  e.kind = "value";
  e.value = value;
  e.low = value - half;
  e.high = value + half;
  e.method = "clustered t";
  e.unit = "0-5";
  e.unit_resampled = "speaker";
  e.units = 24;
  e.n = e.scored = 199;
  e.asked = 200;
  e.seeds = 2;
  e.worst = value - 0.02;
  e.best = value + 0.02;
  return e;
}

inline Estimate sample_difference(const std::string& system, const std::string& condition,
                                  const std::string& baseline, double value, double half,
                                  bool declared = true) {
  Estimate e = sample_mean(system, condition, value, half);
  e.tag = "cpqa/all/judge:rubric/difference";
  e.kind = "difference";
  e.baseline = baseline;
  e.method = "clustered t; sign flips of units, 10000 patterns";
  e.p_value = std::abs(value) > half ? 0.0004 : 0.31;
  e.exploratory = !declared;
  return e;
}

inline Segment sample_segment(double start, double end, const std::string& speaker, const std::string& gender,
                              const std::string& transcript, const std::string& emotion) {
  Segment s;
  s.start_seconds = start;
  s.end_seconds = end;
  s.speaker = speaker;
  s.gender = gender;
  s.transcript = transcript;
  s.emotion.emplace();
  s.emotion->category = emotion;
  s.emotion->start_seconds = start;
  s.emotion->end_seconds = end;
  return s;
}

// What recogniser_report() in harness/annotate/evaluation.h writes, without its estimates: those stand beside
// the others.
inline Json sample_recogniser() {
  return parse_json(
      R"({"speech":{"version":1,"categories":["happy","sad"],"folds":5,"epochs":12,"parameters":132619,
      "spans":"given: segment times come from the transcript","sets":{
      "out_of_fold":{"segments":343,"units":10,"confusion":{"happy":{"happy":150,"sad":20},"sad":{"happy":13,"sad":160}},
        "recall":{"happy":0.88,"sad":0.92}},
      "dev":{"segments":21,"units":9,"confusion":{"happy":{"happy":9,"sad":1},"sad":{"happy":1,"sad":10}},
        "recall":{"happy":0.9,"sad":0.91}},
      "test":{"segments":29,"units":34,"confusion":{"happy":{"happy":12,"sad":2},"sad":{"happy":1,"sad":14}},
        "recall":{"happy":0.86,"sad":0.93}}}}})",
      "sample");
}

inline Estimate sample_recognition(const std::string& what, const std::string& set, double value,
                                   double half) {
  Estimate e;
  e.tag = "recogniser/" + what + "/" + set;
  e.kind = set == "gap" ? "difference" : "value";
  e.value = value;
  e.low = value - half;
  e.high = value + half;
  e.method = "cluster bootstrap percentile";
  e.unit = "1";
  e.unit_resampled = set == "out_of_fold" ? "speaker" : "speaker or pair of speakers";
  e.units = set == "out_of_fold" ? 10 : set == "test" ? 34 : 44;
  e.n = e.asked = e.scored = set == "out_of_fold" ? 343 : set == "test" ? 29 : 372;
  return e;
}

// Every number here is made up; the golden files hold how it is written.
inline ReportData small_report() {
  ReportData r;
  r.suite = "sample_suite";
  r.description = "A small report with <markup> & odd | characters.";
  r.identity = "0123abcd";
  r.primary_judge = "rubric";
  r.notes = {"A note of the pipeline."};
  r.systems = {sample_system("S10", "base", {"asr", "pqa"}),
               sample_system("S30", "implicit", {"asr", "pqa", "cpqa"}),
               sample_system("S32", "both", {"asr", "pqa", "cpqa"}, false, "predicted"),
               sample_system("placebo", "emotions permuted", {"asr", "pqa", "cpqa"}, true),
               sample_system("majority", "the commonest answer", {}, true)};
  r.systems.push_back(sample_system("broken", "its loss was not finite", {"asr"}));
  r.systems.back().state = "failed";
  r.systems.back().failure = "the loss is not finite at step 12";
  r.judges = {{"rubric", "rubric (metric judge), scale 0-5 continuous, identity 99"},
              {"exact", "exact (metric judge), scale 0/1, identity 77"}};
  r.estimates = {sample_mean("S10", "absent", 1.2, 0.3),
                 sample_mean("S10", "gold", 3.4, 0.2),
                 sample_mean("S30", "absent", 3.6, 0.25),
                 sample_mean("S30", "predicted", 4.1, 0.2),
                 sample_mean("S32", "absent", 2.7, 0.3),
                 sample_mean("S32", "predicted", 4.25, 0.2),
                 sample_mean("placebo", "absent", 3.1, 0.25),
                 sample_mean("majority", "absent", 0.8, 0.1),
                 sample_mean("S30", "absent", 3.9, 0.3, "CE"),
                 sample_mean("S30", "absent", 2.0, 0.5, "binding"),
                 sample_mean("S30", "absent", 4.0, 0.2, "conjunctive")};
  r.estimates.push_back(sample_difference("S30", "absent", "placebo", 0.5, 0.2));
  r.estimates.push_back(sample_difference("S32", "predicted", "S32@absent", 1.55, 0.3));
  r.estimates.push_back(sample_difference("S32", "predicted", "S30", 0.15, 0.3, false));
  Estimate gain = sample_difference("S30", "absent", "placebo", 16.1, 7);
  gain.tag = "cpqa/all/judge:rubric/relative_gain";
  gain.kind = "relative_gain";
  gain.unit = "%";
  gain.p_value = std::nullopt;
  r.estimates.push_back(gain);
  Estimate undefined = sample_mean("S10", "absent", 0, 0);
  undefined.tag = "pqa/DE/emotion/accuracy";
  undefined.judge = "";
  undefined.unit = "1";
  undefined.value = undefined.low = undefined.high = undefined.worst = undefined.best = std::nullopt;
  undefined.reason = "no answer could be mapped to a label";
  r.estimates.push_back(undefined);
  Estimate circular = sample_mean("", "", 0.91, 0.04);
  circular.tag = "cpqa/all/judge:rubric~accuracy/pearson";
  circular.unit = "1";
  circular.circular = true;
  circular.reason = "the judge and the label mapping share a lexicon";
  r.estimates.push_back(circular);
  for (const auto& [what, fold, test] : {std::tuple{"emotion/uar", 0.9, 0.895}, {"gender/uar", 0.95, 0.94}}) {
    r.estimates.push_back(sample_recognition(what, "out_of_fold", fold, 0.05));
    r.estimates.push_back(sample_recognition(what, "test", test, 0.06));
    r.estimates.push_back(sample_recognition(what, "gap", fold - test, 0.08));
  }
  r.estimates.push_back(sample_recognition("arousal/ccc", "test", 0, 0));
  r.estimates.back().value = r.estimates.back().low = r.estimates.back().high = std::nullopt;
  r.estimates.back().reason = "no segment of this set is annotated, or all values are equal";
  r.recogniser = sample_recogniser();
  r.questions = parse_json(
      R"({"counts":{"train":{"asr":2400,"cpqa":7200},"test":{"cpqa":400}},"dropped":[{"rule":"why does the speaker feel","count":31}]})",
      "sample");
  ReportItem item;
  item.question.id = "q1";
  item.question.clip = "clip1";
  item.question.type = QuestionType::CE;
  item.question.text = "What did she talk about, and how did she feel?";
  item.question.reference = "She repaired the bicycle and was sad.";
  item.question.gold = {{"emotion", "sad"}, {"object", "the bicycle"}};
  item.question.pool = "cpqa";
  item.question.reasoning = "conjunctive";
  item.clip.id = "clip1";
  item.clip.unit = "f1/en-us";
  item.clip.duration_seconds = 2.25;
  item.clip.segments.resize(1);
  item.clip.segments[0] = sample_segment(0, 2.25, "f1", "female", "she repaired the bicycle", "sad");
  item.metadata_gold = "[0.0-2.5 female sad]";
  item.metadata_predicted = "[0.0-2.5 female neutral]";
  item.answers.push_back(
      {"S30",
       "absent",
       1,
       "q1",
       {AnswerStatus::answered, "</script><b>she was sad</b>", "stop", 5, ""},
       {{"rubric", Scored{2.5, "emotion (sad): stated", {{"content", 0}, {"paralinguistic", 5}}}},
        {"exact", Scored{0, "differs", {}}}}});
  item.answers.push_back(
      {"S30",
       "absent",
       2,
       "q1",
       {AnswerStatus::truncated, "she", "length", 64, ""},
       {{"rubric", NotJudged{"the answer is truncated"}}, {"exact", NotJudged{"the answer is truncated"}}}});
  item.answers.push_back(
      {"S10",
       "gold",
       1,
       "q1",
       {AnswerStatus::answered, "sad", "stop", 1, ""},
       {{"rubric", ParseFailure{"no rating"}}, {"exact", TransportError{503, 4, "busy"}}}});
  r.items.push_back(item);
  r.ledger_answers = 3;
  r.ledger_verdicts = 6;
  return r;
}

inline std::vector<int> find_seeds(const ReportData& r, const std::string& name) {
  for (const ReportSystem& s : r.systems)
    if (s.name == name && !s.seeds.empty()) return s.seeds;
  return {1};
}

// An experiment of `clips` clips with real verdicts, estimates and audio files (a tone each) in `folder`.
inline ReportData experiment_report(const std::string& folder, int clips, int seeds) {
  static const std::vector<std::string> emotions{"happy", "sad", "angry", "afraid", "surprised", "neutral"};
  static const std::vector<std::string> objects{"the bicycle", "the piano", "the house", "the lamp",
                                                "the kite"};
  ReportData r;
  r.suite = "demo-like";
  r.description = "Drawn answers through the real judge and the real statistics: a page to look at.";
  r.identity = "5c1f0a9e7b";
  r.primary_judge = "rubric";
  struct Arm {
    std::string name, summary;
    double skill, with_metadata;
    bool control;
  };
  const std::vector<Arm> arms{{"S10", "base, continued for the same steps", .25, .62, false},
                              {"S20", "base + questions written without context", .35, .65, false},
                              {"S30", "implicit: + questions from transcript and emotions", .62, .80, false},
                              {"S32", "implicit + metadata in training", .48, .82, false},
                              {"placebo", "S30 with emotions permuted across clips", .45, .66, true},
                              {"question-only", "the question alone", .15, .15, true},
                              {"majority", "the commonest answer of each type", .2, .2, true}};
  for (const Arm& a : arms) {
    r.systems.push_back(sample_system(a.name, a.summary, {"asr", "pqa", "cpqa"}, a.control,
                                      a.name == "S32" ? "predicted" : "absent"));
    if (r.systems.back().kind == "variant") {
      r.systems.back().seeds.clear();
      for (int s = 1; s <= seeds; ++s) r.systems.back().seeds.push_back(s);
    }
  }
  JudgeContext context;
  const auto registry = builtin_judges();
  std::map<std::string, std::unique_ptr<Judge>> judges;
  for (const char* kind : {"rubric", "exact"}) judges[kind] = registry.at(kind).make(Json::object(), context);
  for (int c = 0; c < clips; ++c) {
    Stream draw("test/report", static_cast<std::uint64_t>(c));
    Clip clip;
    clip.id = "clip-" + std::to_string(1000 + c);
    clip.unit = "voice-" + std::to_string(c % 24);
    const bool binding = c % 3 == 0;
    for (int s = 0; s <= (binding ? 1 : 0); ++s) {
      const std::string object = objects[draw.below(objects.size())];
      Segment seg = sample_segment(s * 0.6, s * 0.6 + 0.5, clip.unit, c % 2 ? "female" : "male",
                                   "my sister repaired " + object + " yesterday",
                                   emotions[draw.below(emotions.size())]);
      seg.slots["object"] = object;
      clip.segments.push_back(seg);
    }
    clip.duration_seconds = clip.segments.back().end_seconds;
    std::vector<float> tone(static_cast<std::size_t>(clip.duration_seconds * speech_rate_hz));
    for (std::size_t i = 0; i < tone.size(); ++i)
      tone[i] = static_cast<float>(0.2 * std::sin(0.06 * static_cast<double>(i) * (1 + c % 5)));
    const std::string path = folder + "/" + clip.id + ".wav";
    write_wav(path, tone);
    for (int k = 0; k < 2; ++k) {
      ReportItem item;
      item.clip = clip;
      item.audio_path = path;
      Question& q = item.question;
      q.id = clip.id + (k ? "-direct" : "-context");
      q.clip = clip.id;
      const Segment& seg = clip.segments.back();
      q.type = k ? QuestionType::DE : QuestionType::CE;
      q.pool = k ? "pqa" : "cpqa";
      q.gold["emotion"] = seg.emotion->category;
      if (!k) q.gold["object"] = seg.slots.at("object");
      q.text = k ? "How does the last speaker sound?"
                 : "What was repaired last, and how did the speaker feel about it?";
      q.reference = k ? q.gold["emotion"]
                      : "It was " + q.gold["object"] + ", and the speaker was " + q.gold["emotion"] + ".";
      q.reasoning = k ? "" : binding ? "binding" : "conjunctive";
      q.unseen_wording = c % 4 == 0;
      item.metadata_gold = fmt::format("[0.0-0.5 {} {}]", seg.gender, q.gold["emotion"]);
      item.metadata_predicted =
          fmt::format("[0.0-0.5 {} {}]", seg.gender, emotions[draw.below(emotions.size())]);
      for (const Arm& a : arms)
        for (const std::string condition : {"absent", "predicted", "gold"}) {
          if (a.control && a.name != "placebo" && condition != "absent") continue;
          for (const int seed : find_seeds(r, a.name)) {
            const double p = condition == "absent" ? a.skill
                             : condition == "gold" ? a.with_metadata + .1
                                                   : a.with_metadata;
            const std::string emotion =
                draw.uniform() < p ? q.gold["emotion"] : emotions[draw.below(emotions.size())];
            const std::string object =
                k || draw.uniform() < .9 ? (k ? "" : q.gold["object"]) : objects[draw.below(objects.size())];
            ReportAnswer answer;
            answer.system = a.name;
            answer.condition = condition;
            answer.seed = seed;
            answer.question = q.id;
            answer.answer = {AnswerStatus::answered,
                             k ? emotion : "It was " + object + ", and the speaker was " + emotion + ".",
                             "stop", 9, ""};
            if (draw.below(200) == 0)
              answer.answer = {AnswerStatus::truncated, "It was it was it was", "length", 64, ""};
            item.answers.push_back(std::move(answer));
          }
        }
      r.items.push_back(std::move(item));
    }
  }
  EvaluationSettings settings;
  settings.resamples = 200;
  settings.stream = "test/report/statistics";
  settings.primary_judge = "rubric";
  settings.contrasts = {{"implicit", "S30", "placebo", "absent", "absent", true},
                        {"explicit at test", "S32", "S32", "predicted", "absent", true},
                        {"explicit at test, gold", "S32", "S32", "gold", "absent", true},
                        {"explicit in training", "S32", "S30", "predicted", "predicted", true},
                        {"headline", "S30", "S10", "absent", "absent", false},
                        {"pqa*", "S20", "S10", "absent", "absent", false}};
  for (const auto& [name, judge] : judges) {
    settings.judges.push_back({name, judge->scale(), true, judge->resources()});
    r.judges[name] = name + " (metric judge), scale " + std::string(judge->scale().name()) + ", identity " +
                     judge->identity().substr(0, 12);
  }
  std::vector<EvaluationRow> rows;
  for (ReportItem& item : r.items)
    for (ReportAnswer& a : item.answers) {
      const JudgeItem one{&item.question, &item.clip, a.answer.text};
      for (const auto& [name, judge] : judges) {
        a.verdicts[name] = NotJudged{"the answer is truncated"};
        if (a.answer.status == AnswerStatus::answered) a.verdicts[name] = judge->judge({&one, 1})[0];
        ++r.ledger_verdicts;
      }
      ++r.ledger_answers;
      rows.push_back(
          {a.system, a.condition, a.seed, &item.question, &item.clip, item.clip.unit, a.answer, a.verdicts});
    }
  r.estimates = evaluate(rows, settings);
  for (const Estimate& e : small_report().estimates)
    if (e.tag.starts_with("recogniser/")) r.estimates.push_back(e);
  r.recogniser = sample_recogniser();
  r.questions = small_report().questions;
  return r;
}

}  // namespace undertone::test
