// A made-up evaluation of the demo's shape: units with an effect of their own, several types of question,
// answers with labels, two judges of which one gives halves, failures of each kind. Header-only: only tests
// of metrics use it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "metrics/evaluate.h"

namespace undertone::test {

struct EvaluationSize {
  int units = 20, clips_per_unit = 8, systems = 4, conditions = 2;
  std::vector<int> seeds = {1, 2, 3};  // every other system; the rest have the first only
  double failure_rate = 0.03;
};

struct MadeEvaluation {
  std::deque<Clip> clips;
  std::deque<Question> questions;
  std::vector<EvaluationRow> rows;
  EvaluationSettings settings;
};

inline MadeEvaluation make_evaluation(const EvaluationSize& size) {
  MadeEvaluation out;
  Stream random("tests/evaluation");
  const std::array emotions = {"neutral", "happy", "sad", "angry", "afraid", "surprised"};
  const std::array objects = {"house", "car", "phone", "letter", "bicycle", "table", "book", "ring"};
  std::vector<double> unit_effect;
  for (int u = 0; u < size.units; ++u) {
    unit_effect.push_back(0.4 * random.normal());
    for (int c = 0; c < size.clips_per_unit; ++c) {
      Clip& clip = out.clips.emplace_back();
      clip.id = "clip" + std::to_string(u) + "_" + std::to_string(c);
      clip.unit = "speaker" + std::to_string(u);
      for (const QuestionType type :
           {QuestionType::CE, QuestionType::CG, QuestionType::DE, QuestionType::C}) {
        Question& q = out.questions.emplace_back();
        q.id = clip.id + "/" + std::string(to_string(type));
        q.clip = clip.id;
        q.type = type;
        q.pool = type == QuestionType::DE ? "pqa" : "cpqa";
        const std::string emotion = emotions[random.below(emotions.size())],
                          object = objects[random.below(objects.size())];
        const std::string gender = u % 2 ? "female" : "male";
        if (type == QuestionType::CE || type == QuestionType::DE) q.gold["emotion"] = emotion;
        if (type == QuestionType::CG) q.gold["gender"] = gender;
        if (type != QuestionType::DE) q.gold["object"] = "the " + object;
        q.reference = "The speaker, who is " + gender + ", sounds " + emotion + " about the " + object + ".";
        q.reasoning = type == QuestionType::CE ? (c % 2 ? "binding" : "conjunctive") : "";
        q.unseen_wording = random.uniform() < 0.3;
      }
    }
  }
  const std::array conditions = {"absent", "gold", "predicted"};
  for (int s = 0; s < size.systems; ++s)
    for (int k = 0; k < size.conditions; ++k)
      for (std::size_t r = 0; r < (s % 2 ? size.seeds.size() : std::size_t{1}); ++r) {
        const double skill = 0.3 + 0.4 * s / size.systems + 0.1 * k + 0.03 * random.normal();
        for (const Question& q : out.questions) {
          const auto& clip = *std::find_if(out.clips.begin(), out.clips.end(),
                                           [&](const Clip& c) { return c.id == q.clip; });
          EvaluationRow row;
          row.system = "S" + std::to_string(s);
          row.condition = conditions[static_cast<std::size_t>(k)];
          row.seed = size.seeds[r];
          row.question = &q;
          row.clip = &clip;
          row.unit = clip.unit;
          const int unit = std::stoi(clip.unit.substr(7));
          const double p = skill + 0.2 * unit_effect[static_cast<std::size_t>(unit)];
          const bool right = random.uniform() < p, half = random.uniform() < p;
          row.answer.status =
              random.uniform() < size.failure_rate ? AnswerStatus::truncated : AnswerStatus::answered;
          const std::string emotion = right && q.gold.contains("emotion")
                                          ? q.gold.at("emotion")
                                          : emotions[random.below(emotions.size())];
          const std::string object = half && q.gold.contains("object")
                                         ? q.gold.at("object")
                                         : "the " + std::string(objects[random.below(objects.size())]);
          const std::string gender = right && q.gold.contains("gender") ? q.gold.at("gender") : "female";
          row.answer.text = random.uniform() < 0.05
                                ? "I cannot tell."
                                : "A " + gender + " voice sounds " + emotion + " about " + object + ".";
          const double a = 5.0 * right, b = 5.0 * half;
          if (random.uniform() < size.failure_rate)
            row.verdicts["rubric"] = ParseFailure{"?"};
          else
            row.verdicts["rubric"] = Scored{(a + b) / 2, "", {{"content", b}, {"paralinguistic", a}}};
          row.verdicts["embedding"] = Scored{std::clamp(a * 0.5 + 2 * random.uniform(), 0.0, 5.0), "", {}};
          out.rows.push_back(std::move(row));
        }
      }
  out.settings.judges = {
      {"rubric", {Scale::Kind::continuous_0_5}, true, {"lexicon:emotion", "lexicon:gender"}},
      {"embedding", {Scale::Kind::continuous_0_5}, true, {"embedding:minilm"}}};
  out.settings.primary_judge = "rubric";
  for (int s = 1; s < size.systems; ++s)
    out.settings.contrasts.push_back(
        {"c" + std::to_string(s), "S" + std::to_string(s), "S0", "absent", "absent", s <= 2});
  if (size.conditions > 1) out.settings.contrasts.push_back({"grid", "S1", "S1", "gold", "absent", true});
  return out;
}

}  // namespace undertone::test
