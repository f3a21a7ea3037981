// All that the demo's report computes from answers and verdicts, on made-up ones of the demo's shape: 610
// questions about 160 clips of 34 speakers, 11 systems under up to three conditions and three seeds, two
// judges, eight declared contrasts.
#include <array>
#include <deque>

#include "harness/core/random.h"
#include "metrics/evaluate.h"
#include "suites/micro/statistics/inputs.h"
#include "suites/micro/statistics/results.h"

namespace undertone::micro {
namespace {

struct Made {
  std::deque<Clip> clips;
  std::deque<Question> questions;
  std::map<std::string, const Clip*> clip_of;  // by id, into `clips`
  std::vector<EvaluationRow> rows;
  EvaluationSettings settings;
};

constexpr std::array kEmotions = {"neutral", "happy", "sad", "angry", "afraid", "surprised"};
constexpr std::array kObjects = {"house", "car", "phone", "letter", "bicycle", "table", "book", "ring"};

void make_questions(Made& made, Stream& random) {
  using enum QuestionType;
  constexpr std::array kTypes = {CE, CG, CS, C, DE, DG, DS};
  for (int c = 0; c < 160; ++c) {
    Clip& clip = made.clips.emplace_back();
    clip.id = "clip" + std::to_string(c);
    clip.unit = "speaker" + std::to_string(c % 34);
    made.clip_of[clip.id] = &clip;
  }
  for (std::size_t i = 0; i < 610; ++i) {
    const Clip& clip = made.clips[i % made.clips.size()];
    Question& q = made.questions.emplace_back();
    q.type = kTypes[(i / made.clips.size() * 2 + i % 2) % kTypes.size()];
    q.clip = clip.id;
    q.id = clip.id + "/" + std::to_string(i);
    q.pool = q.type == DE || q.type == DG || q.type == DS ? "pqa" : "cpqa";
    if (q.type == CE || q.type == DE) q.gold["emotion"] = kEmotions[random.below(kEmotions.size())];
    if (q.type == CG || q.type == DG) q.gold["gender"] = random.below(2) ? "female" : "male";
    if (q.type == CS || q.type == DS) q.gold["speakers"] = random.below(2) ? "one" : "two";
    if (q.pool == "cpqa") q.gold["object"] = std::string("the ") + kObjects[random.below(kObjects.size())];
    q.reference = "A voice speaks about " + (q.gold.contains("object") ? q.gold["object"] : "it") + ".";
    q.reasoning = q.type == CE ? (i % 2 ? "binding" : "conjunctive") : "";
    q.unseen_wording = random.uniform() < 0.3;
  }
}

void answer_all(Made& made, Stream& random, const std::string& system, const std::string& condition,
                int seed) {
  const double skill = 0.3 + 0.4 * random.uniform();
  for (const Question& q : made.questions) {
    EvaluationRow row;
    row.system = system;
    row.condition = condition;
    row.seed = seed;
    row.question = &q;
    row.clip = made.clip_of.at(q.clip);
    row.unit = row.clip->unit;
    const bool right = random.uniform() < skill, half = random.uniform() < skill;
    const auto given = [&](const char* attribute, const std::string& other) {
      return right && q.gold.contains(attribute) ? q.gold.at(attribute) : other;
    };
    row.answer.status = random.uniform() < 0.02 ? AnswerStatus::truncated : AnswerStatus::answered;
    row.answer.text = "A " + given("gender", "female") + " voice sounds " +
                      given("emotion", kEmotions[random.below(kEmotions.size())]) + " about " +
                      (half && q.gold.contains("object") ? q.gold.at("object") : "the letter") + ".";
    const double a = 5.0 * right, b = 5.0 * half;
    row.verdicts["rubric"] = Scored{(a + b) / 2, "", {{"content", b}, {"paralinguistic", a}}};
    row.verdicts["embedding"] = Scored{std::clamp(a * 0.5 + 2 * random.uniform(), 0.0, 5.0), "", {}};
    made.rows.push_back(std::move(row));
  }
}

const Made& made_report() {
  static const Made made = [] {
    Made out;
    Stream random("micro/report");
    make_questions(out, random);
    for (const char* system : {"S10", "S20", "S30", "S32", "placebo"})
      for (const char* condition : {"absent", "gold", "predicted"})
        for (int seed = 1; seed <= 3; ++seed) answer_all(out, random, system, condition, seed);
    for (const char* condition : {"absent", "gold", "predicted"})
      answer_all(out, random, "base+metadata", condition, 1);
    for (const char* system : {"question-only", "transcript-only", "majority"})
      answer_all(out, random, system, "absent", 1);
    for (const char* system : {"labels-only", "labels+transcript"})
      for (const char* condition : {"gold", "predicted"}) answer_all(out, random, system, condition, 1);
    EvaluationSettings& s = out.settings;
    s.judges = {{"rubric", {Scale::Kind::continuous_0_5}, true, {}},
                {"embedding", {Scale::Kind::continuous_0_5}, true, {}}};
    s.primary_judge = "rubric";
    s.metrics = {"accuracy", "unweighted_average_recall", "f1", "correlation"};
    const auto contrast = [&](const char* a, const char* at, const char* b, const char* bt, bool declared) {
      s.contrasts.push_back({std::string(a) + " " + at + " - " + b + " " + bt, a, b, at, bt, declared});
    };
    contrast("S30", "absent", "S10", "absent", true);
    contrast("S30", "absent", "placebo", "absent", true);
    contrast("S30", "predicted", "S30", "absent", true);
    contrast("S32", "predicted", "S30", "predicted", true);
    contrast("S32", "predicted", "S32", "absent", true);
    contrast("S32", "gold", "S32", "absent", true);
    contrast("S20", "absent", "S10", "absent", true);
    contrast("S32", "predicted", "S10", "absent", true);
    // What a report adds by itself: every system against the first under the other conditions.
    for (const char* system : {"S20", "S30", "S32", "placebo"})
      for (const char* condition : {"gold", "predicted"})
        contrast(system, condition, "S10", condition, false);
    return out;
  }();
  return made;
}

void default_report(benchmark::State& state) {
  const Made& made = made_report();
  EvaluationSettings settings = made.settings;
  settings.threads = static_cast<int>(state.range(0));
  settings.resamples = static_cast<int>(state.range(1));
  std::size_t estimates = 0;
  for (auto _ : state) estimates = evaluate(made.rows, settings).size();
  if (!proves(state, estimates > 5000, "estimates are missing")) return;
  state.counters["estimates"] = static_cast<double>(estimates);
}

}  // namespace

void register_report() {
  benchmark::RegisterBenchmark("default_report", default_report)
      ->ArgNames({"threads", "resamples"})
      ->ArgsProduct({{1, 2}, {2000, 10'000}})
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace undertone::micro
