#include "metrics/mapping_report.h"

#include <gtest/gtest.h>

namespace undertone {
namespace {

TEST(MappingReport, CountsMappedAndUnmappedAnswersOfAnsweredQuestionsOnly) {
  std::vector<Question> questions(4);
  const char* gold[] = {"happy", "sad", "happy", "sad"};
  const char* said[] = {"She sounds happy.", "He is happy.", "I hear a dog.", "cut off"};
  std::vector<EvaluationRow> rows;
  for (std::size_t i = 0; i < 4; ++i) {
    questions[i].id = "q" + std::to_string(i);
    questions[i].pool = "pqa";
    questions[i].type = QuestionType::DE;
    questions[i].gold = {{"emotion", gold[i]}, {"object", "ring"}};
  }
  for (std::size_t i = 0; i < 4; ++i) {
    EvaluationRow r;
    r.system = "S";
    r.condition = "absent";
    r.question = &questions[i];
    r.unit = questions[i].id;
    r.answer.text = said[i];
    r.answer.status = i == 3 ? AnswerStatus::truncated : AnswerStatus::answered;
    rows.push_back(r);
  }
  const Json report = mapping_report(rows, {});
  ASSERT_EQ(report.size(), 1u) << "content slots have no lexicon: " << report.dump();
  const Json& m = report.at("pqa emotion").at("S, absent");
  EXPECT_EQ(m.at("asked").as_int(), 4);
  EXPECT_EQ(m.at("answers").as_int(), 3);
  EXPECT_DOUBLE_EQ(m.at("coverage").as_double(), 2.0 / 3.0);
  const auto& labels = m.at("labels").elements();
  std::size_t happy = labels.size(), sad = labels.size();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].as_string() == "happy") happy = i;
    if (labels[i].as_string() == "sad") sad = i;
  }
  ASSERT_LT(happy, labels.size());
  ASSERT_LT(sad, labels.size());
  const auto cell = [&](std::size_t g, std::size_t a) {
    return m.at("confusion").elements()[g].elements()[a].as_int();
  };
  EXPECT_EQ(cell(happy, happy), 1);
  EXPECT_EQ(cell(sad, happy), 1);
  EXPECT_EQ(cell(happy, labels.size()), 1);
  EXPECT_EQ(cell(sad, sad), 0);
}

}  // namespace
}  // namespace undertone
