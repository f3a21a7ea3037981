#include "datasets/llm_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/synthetic.h"
#include "harness/core/error.h"
#include "tests/support/scripted_text_model.h"

namespace undertone {
namespace {
using test::said;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Clip sold_house() {
  Clip clip;
  clip.id = "c1";
  clip.split = "train";
  for (const auto& [start, gender, emotion, text] : {std::tuple{0.0, "female", "sad", "I sold the house"},
                                                     std::tuple{2.0, "male", "happy", "We found a garden"}}) {
    Segment s;
    s.start_seconds = start;
    s.end_seconds = start + 1.5;
    s.speaker = gender;
    s.gender = gender;
    s.transcript = text;
    s.words.push_back({"word", start, start + 0.25, {}});
    s.emotion.emplace();
    s.emotion->category = emotion;
    s.emotion->valence = 0.25;
    clip.segments.push_back(s);
  }
  return clip;
}

std::string entry(const char* type, const char* question, const char* answer) {
  Json json = Json::object({{"type", Json(type)}, {"question", Json(question)}, {"answer", Json(answer)}});
  return json.dump();
}
std::string reply(const std::string& entries) { return R"({"questions": [)" + entries + "]}"; }

WrittenQuestions read(const std::string& text, bool content = false) {
  LlmWriterOptions options;
  options.content_in_cpqa = content;
  return read_written(sold_house(), said(text), options, "model");
}
// The rule that drops this entry alone; "" where it is kept.
std::string rule_of(const std::string& entry_text, bool content = false) {
  const WrittenQuestions w = read(reply(entry_text), content);
  EXPECT_EQ(w.candidates.size() + w.dropped.size(), 1u);
  return w.dropped.empty() ? "" : w.dropped[0].rule;
}

TEST(LlmWriter, ThePromptTellsWordsWithTimesAndHowTheyAreSaid) {
  const std::string p = question_prompt(sold_house(), 5, true).back().content;
  EXPECT_THAT(p, AllOf(HasSubstr("0.0-1.5 s, speaker female, female, emotion sad, valence 0.25"),
                       HasSubstr("words: word[0.00]"), HasSubstr("word[2.00]"),
                       HasSubstr("Write 5 questions"), HasSubstr("\"C\""), HasSubstr("{\"questions\": [")));
  EXPECT_THAT(p, Not(HasSubstr("arousal 0.00"))) << "what is not annotated is not told";
  EXPECT_THAT(question_prompt(sold_house(), 5, false).back().content, Not(HasSubstr("\"C\":")));
}

TEST(LlmWriter, KeepsWhatAgreesWithTheAnnotationAndReadsGoldOffTheAnswer) {
  const WrittenQuestions w =
      read(reply(entry("CE", "How does the person who sold something feel?", "She sounds sad.") + "," +
                 entry("CG", "Who sold the house, by voice?", "A woman did.") + "," +
                 entry("CS", "How many people talk about homes?", "Two people.")));
  ASSERT_EQ(w.candidates.size(), 3u) << (w.dropped.empty() ? "" : w.dropped[0].rule);
  EXPECT_EQ(w.candidates[0].gold.at("emotion"), "sad");
  EXPECT_EQ(w.candidates[1].gold.at("gender"), "female");
  EXPECT_EQ(w.candidates[2].gold.at("speakers"), "2");
  for (const Question& q : w.candidates) {
    EXPECT_EQ(q.provenance, Provenance::llm);
    EXPECT_EQ(q.pool, "cpqa");
    EXPECT_EQ(q.clip, "c1");
    EXPECT_THAT(q.extra.at("writer").as_string(), ::testing::StartsWith("llm "));
  }
  EXPECT_NE(w.candidates[0].id, w.candidates[1].id);
}

TEST(LlmWriter, EveryDropHasItsReason) {
  EXPECT_EQ(rule_of(entry("XX", "q?", "a")), "unknown type");
  EXPECT_EQ(rule_of(entry("DE", "How does she feel?", "sad")), "unknown type")
      << "direct questions are not asked for";
  EXPECT_EQ(rule_of(entry("C", "What was sold?", "The house.")), "unknown type");
  EXPECT_EQ(rule_of(entry("C", "What was sold?", "The house."), true), "");
  EXPECT_EQ(rule_of(entry("C", "What was sold?", "A car."), true), "answer not in the transcript");
  EXPECT_EQ(rule_of(entry("C", "Was the house sold?", "The house."), true), "answer not in the transcript");
  EXPECT_EQ(rule_of(entry("CE", " ", "sad")), "empty or overlong");
  EXPECT_EQ(rule_of(entry("CE", (std::string(400, 'a') + "?").c_str(), "sad")), "empty or overlong");
  EXPECT_EQ(rule_of(entry("CE", "Tell the feeling", "sad")), "no question mark");
  EXPECT_EQ(rule_of(entry("CE", "How is it said?", "Quietly.")), "answer names no label");
  EXPECT_EQ(rule_of(entry("CE", "How is it said?", "Sad or happy.")), "answer names several labels");
  EXPECT_EQ(rule_of(entry("CE", "How is it said?", "Angrily.")), "answer contradicts the annotation");
  EXPECT_EQ(rule_of(entry("CS", "How many talk?", "Three people.")), "answer contradicts the annotation");
  EXPECT_EQ(rule_of("17"), "not the form asked for");
  EXPECT_EQ(rule_of(R"({"type":"CE","question":"q?"})"), "not the form asked for");
  EXPECT_EQ(rule_of(R"({"type":"CE","question":"q?","answer":"sad","time":1})"), "not the form asked for");
  const WrittenQuestions twice =
      read(reply(entry("CE", "How is it said?", "Sad.") + "," + entry("CE", "how is it  said ?", "Happy.")));
  ASSERT_EQ(twice.dropped.size(), 1u);
  EXPECT_EQ(twice.dropped[0].rule, "duplicate");
}

TEST(LlmWriter, RepliesThatAreNoJsonGiveNothing) {
  for (const char* text : {"", "Here are the questions: 1. Why?", "{\"questions\": [", "[]",
                           "{\"questions\": {}}", "{\"questions\": [], \"note\": 1}"})
    EXPECT_TRUE(read(text).candidates.empty() && read(text).dropped.size() == 1) << text;
  EXPECT_EQ(read("no").dropped[0].rule, "no JSON");
  const std::string fenced = "Sure!\n```json\n" + reply(entry("CE", "How is it said?", "Sad.")) + "\n```\n";
  EXPECT_EQ(read(fenced).candidates.size(), 1u);
  EXPECT_EQ(read(fenced + fenced).dropped.at(0).rule, "no JSON")
      << "two blocks: which one is meant is a guess";
  LlmWriterOptions options;
  const Answer cut{AnswerStatus::truncated, reply(entry("CE", "How is it said?", "Sad.")), "length", 9, ""};
  EXPECT_EQ(read_written(sold_house(), cut, options, "m").dropped.at(0).rule, "no answer: truncated");
}

TEST(LlmWriter, ThePostFilterComesAfterAndKeepsAsManyAsAsked) {
  test::ScriptedTextModel model;
  model.reply = [](const auto&, const auto&) {
    return said(reply(entry("CE", "Is she sad about the house?", "She is sad.") + "," +
                      entry("CE", "What feeling does the transcript show?", "Sad.") + "," +
                      entry("CE", "How is the garden told of?", "Happy.") + "," +
                      entry("CE", "How does the first one sound?", "Sad.")));
  };
  LlmWriterOptions options;
  options.per_clip = 0;
  EXPECT_TRUE(generate_questions({sold_house()}, *make_llm_writer(model, options), "s").kept.empty());
  options.per_clip = 3;  // and one more for the second utterance
  const FilteredQuestions made = generate_questions({sold_house()}, *make_llm_writer(model, options), "s");
  EXPECT_EQ(made.kept.size(), 2u);
  const Json counts = count_by_rule(made.dropped);
  EXPECT_EQ(counts.get("names a scored slot: emotion", 0), 1);
  EXPECT_EQ(counts.get("assumes a visible transcript", 0), 1);
  EXPECT_EQ(model.options.back().stream, "s");
}

TEST(LlmWriter, ACorpusSaysWhoWroteItsQuestions) {
  test::ScriptedTextModel model;
  model.reply = [](const auto&, const auto&) { return said(reply(entry("CE", "How is it said?", "Sad."))); };
  SyntheticSettings settings;
  settings.generation.llm = true;
  const std::vector<Clip> clips{sold_house()};
  const SyntheticQuestions by_model = synthetic_questions(clips, settings, &model);
  int llm = 0;
  for (const Question& q : by_model.questions) {
    if (q.pool == "cpqa") {
      EXPECT_EQ(q.provenance, Provenance::llm);
      ++llm;
    } else {
      EXPECT_EQ(q.provenance, Provenance::template_);
    }
  }
  EXPECT_EQ(llm, 1);
  Stream stream("placebo");
  EXPECT_THROW(placebo_questions(by_model.questions, clips, stream), Error) << "no form to ask again";
  EXPECT_EQ(to_json(SyntheticSettings{}).find("generation"), nullptr)
      << "keys of template corpora stay what they were";
}

TEST(GenerationFields, ContradictionsAreProblems) {
  const auto problems = [](const char* text) {
    std::vector<Problem> found;
    const Json json = parse_json(text, "s.json");
    FieldReader reader(json, "/datasets/d/generation", found);
    GenerationSettings settings;
    generation_fields(reader, settings);
    reader.finish();
    return found.size();
  };
  EXPECT_EQ(problems("{}"), 0u);
  EXPECT_EQ(problems(R"({"writer":"llm","model":"m"})"), 0u);
  EXPECT_EQ(problems(R"({"writer":"llm"})"), 1u);
  EXPECT_EQ(problems(R"({"writer":"llm","model":"m","path":"p"})"), 1u);
  EXPECT_EQ(problems(R"({"model":"m"})"), 1u);
  EXPECT_EQ(problems(R"({"writer":"gpt"})"), 1u);
}

}  // namespace
}  // namespace undertone
