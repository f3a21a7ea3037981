// A small run to export: two systems, one with two seeds under two conditions, two judges of which one reads
// a sample, every kind of failure, and texts that forms trip over.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "reports/exports.h"

namespace undertone::test {

struct ExportSample {
  std::deque<Clip> clips;
  std::deque<Question> questions;
  std::vector<EvaluationRow> rows;
  EvaluationSettings settings;
  ReportData data;

  ExportSample() = default;
  ExportSample(const ExportSample&) = delete;
  ExportSample& operator=(const ExportSample&) = delete;
  ExportedRun run() const { return {data, rows, settings, {}, "2026-01-02T03:04:05Z"}; }
};

inline void fill_export_sample(ExportSample& s) {
  s.data.suite = "sample_suite";
  s.data.identity = std::string(64, 'a');
  s.data.judges = {{"rubric", "rubric: deterministic"}, {"llm", "endpoint: judge-model"}};
  JudgeInfo rubric{"rubric", {Scale::Kind::continuous_0_5}, true, {"lexicon:emotion"}, {}, {}};
  JudgeInfo llm{"llm", {Scale::Kind::discrete_0_5}, false, {"model:judge"}, {"q1", "q2"}, {"absent"}};
  s.settings.judges = {rubric, llm};
  s.settings.primary_judge = "rubric";
  for (int i = 1; i <= 4; ++i) {
    Clip& clip = s.clips.emplace_back();
    clip.id = "clip" + std::to_string((i + 1) / 2);
    clip.unit = "speaker " + std::to_string((i + 1) / 2);
    Question& q = s.questions.emplace_back();
    q.id = "q" + std::to_string(i);
    q.clip = clip.id;
    q.type = i == 4 ? QuestionType::DE : QuestionType::CE;
    q.pool = i == 4 ? "pqa" : "cpqa";
    q.gold["emotion"] = i % 2 ? "angry" : "sad";
    q.text =
        i == 2 ? "What is \"said\", and how?\nSay it in one line; or two." : "How does the speaker feel?";
    q.reference = i == 3 ? "Überrascht, 驚き" : "The speaker, Anna, sounds " + q.gold["emotion"] + ".";
  }
  const auto add = [&](const std::string& system, const std::string& condition, int seed, int question,
                       const std::string& text, Verdict rubric_says, Verdict llm_says,
                       AnswerStatus status = AnswerStatus::answered) {
    EvaluationRow row;
    row.system = system;
    row.condition = condition;
    row.seed = seed;
    row.question = &s.questions[static_cast<std::size_t>(question - 1)];
    row.clip = &s.clips[static_cast<std::size_t>(question - 1)];
    row.unit = row.clip->unit;
    row.answer.status = status;
    row.answer.text = text;
    row.verdicts = {{"rubric", std::move(rubric_says)}, {"llm", std::move(llm_says)}};
    s.rows.push_back(std::move(row));
  };
  const NotJudged unread{"this judge reads a sample"};
  const double third = 5.0 / 3;
  add("S30", "absent", 1, 1, "Anna sounds angry.", Scored{5, "emotion (angry): right", {{"content", 5}}},
      Scored{4, "It matches.\nRating: 4", {}});
  add("S30", "absent", 1, 2, "sad, \"very\"\nsad", Scored{third, "", {}}, ParseFailure{"I like it"});
  add("S30", "absent", 1, 3, "surprised", Scored{0, "emotion: wrong", {}}, unread);
  add("S30", "absent", 1, 4, "angry", Scored{0.00001, "nearly nothing", {}}, unread);
  add("S30", "absent", 2, 1, "Anna sounds", NotJudged{"the answer is truncated"},
      NotJudged{"the answer is truncated"}, AnswerStatus::truncated);
  add("S30", "absent", 2, 2, "sad", Scored{5, "", {}}, Refused{"I cannot rate this."});
  add("S30", "absent", 2, 3, "", NotJudged{"the answer is model_error"},
      NotJudged{"the answer is model_error"}, AnswerStatus::model_error);
  add("S30", "absent", 2, 4, "sad", Scored{5, "", {}}, unread);
  add("S30", "gold", 1, 1, "angry", Scored{2.5, "", {}}, unread);
  add("S30", "gold", 1, 2, "I will not say.", NotJudged{"the answer is refusal"}, unread,
      AnswerStatus::refusal);
  add("theirs", "absent", 0, 1, "=1+1", Scored{1, "", {}}, TransportError{503, 4, "no route"});
  add("theirs", "absent", 0, 2, "neutral", ParseFailure{"?"}, TruncatedReply{"The answer"});
}

}  // namespace undertone::test
