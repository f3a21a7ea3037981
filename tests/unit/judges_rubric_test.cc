#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "judges/rubric.h"
#include "judges/words.h"

namespace undertone {
namespace {

Question emotional() {
  Question q;
  q.id = "q1";
  q.type = QuestionType::CE;
  q.text = "What did she talk about, and how did she feel?";
  q.reference = "She repaired the old bicycle yesterday and sounded sad.";
  q.gold = {{"event", "repaired"}, {"object", "the old bicycle"}, {"time", "yesterday"}, {"emotion", "sad"}};
  return q;
}

Scored score(const Question& q, const std::string& answer, const Clip* clip = nullptr,
             const std::map<std::string, std::vector<std::string>>& values = {}) {
  const Verdict v = judge_by_rubric(graded_rubric(), {&q, clip, answer}, values);
  const auto* scored = std::get_if<Scored>(&v);
  if (!scored) {
    ADD_FAILURE() << "not scored: " << verdict_kind(v);
    return {};
  }
  EXPECT_TRUE(Scale{}.admits(scored->value)) << scored->value;
  return *scored;
}

SlotFinding finding(const Question& q, const std::string& answer, const std::string& slot,
                    const Clip* clip = nullptr,
                    const std::map<std::string, std::vector<std::string>>& values = {}) {
  for (const SlotScore& s : find_slots(graded_rubric(), {&q, clip, answer}, values))
    if (s.slot == slot) return s.finding;
  ADD_FAILURE() << "no slot " << slot;
  return SlotFinding::silent;
}

TEST(JudgeWords, StemsJoinRegularInflection) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{{"repaired", "repairs"},
                                                                             {"repairing", "repair"},
                                                                             {"planned", "plan"},
                                                                             {"painting", "painted"},
                                                                             {"carried", "carries"},
                                                                             {"boxes", "box"},
                                                                             {"houses", "house"},
                                                                             {"moved", "move"}})
    EXPECT_EQ(judge_stem(a), judge_stem(b)) << a << " " << b;
  EXPECT_NE(judge_stem("house"), judge_stem("horse"));
  EXPECT_EQ(judge_stem("glass"), "glass");
  EXPECT_EQ(judge_stem("red"), "red");
  EXPECT_EQ(judge_words("Don't sell it--NOW, José!"),
            (std::vector<std::string>{"don", "t", "sell", "it", "now", "josé"}));
  EXPECT_TRUE(judge_words(" ... ").empty());
}

TEST(Rubric, TheReferenceScoresFull) {
  const Question q = emotional();
  const Scored s = score(q, q.reference);
  EXPECT_DOUBLE_EQ(s.value, 5);
  EXPECT_DOUBLE_EQ(s.parts.at("content"), 5);
  EXPECT_DOUBLE_EQ(s.parts.at("paralinguistic"), 5);
}

TEST(Rubric, HalvesAreTheMeanOverTheirSlots) {
  const Question q = emotional();
  const Scored s = score(q, "She repaired the old bicycle.");
  EXPECT_NEAR(s.parts.at("content"), 5 * 2.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(s.parts.at("paralinguistic"), 0);
  EXPECT_NEAR(s.value, 5 * (2.0 / 3) / 2, 1e-12);
}

TEST(Rubric, SynonymsOfALabelCountAndNegationDoesNot) {
  const Question q = emotional();
  EXPECT_EQ(finding(q, "She was unhappy.", "emotion"), SlotFinding::stated);
  EXPECT_EQ(finding(q, "She was not sad.", "emotion"), SlotFinding::contradicted);
  EXPECT_EQ(finding(q, "She was happy.", "emotion"), SlotFinding::contradicted);
  EXPECT_EQ(finding(q, "She was not happy.", "emotion"), SlotFinding::silent);
  EXPECT_EQ(finding(q, "She was sad and happy and angry.", "emotion"), SlotFinding::hedged);
}

TEST(Rubric, ContentInflectionNegationAndSubstitution) {
  const Question q = emotional();
  EXPECT_EQ(finding(q, "She is repairing it.", "event"), SlotFinding::stated);
  EXPECT_EQ(finding(q, "About the bicycles.", "object"),
            SlotFinding::stated);  // the head alone, and nothing else beside it
  EXPECT_EQ(finding(q, "It was not yesterday.", "time"), SlotFinding::contradicted);
  // "piano" stands for something, and three slots are passed over: one of them is contradicted, the others
  // are silent.
  int contradicted = 0;
  for (const SlotScore& s : find_slots(graded_rubric(), {&q, nullptr, "About a piano."}))
    contradicted += s.finding == SlotFinding::contradicted;
  EXPECT_EQ(contradicted, 1);
  EXPECT_LT(score(q, "She repaired a piano.").value, score(q, "She repaired something.").value);
}

TEST(Rubric, OtherFillersOfTheClipContradict) {
  const Question q = emotional();
  Clip clip;
  clip.segments.resize(2);
  clip.segments[0].slots = {{"object", "the old bicycle"}};
  clip.segments[1].slots = {{"object", "the red kite"}};
  EXPECT_EQ(finding(q, "She repaired the old bicycle and the red kite.", "object", &clip),
            SlotFinding::hedged);
  EXPECT_EQ(finding(q, "She repaired the red kite.", "object", &clip), SlotFinding::contradicted);
  EXPECT_EQ(finding(q, "She repaired the old bicycle and the red kite.", "object"), SlotFinding::stated);
  EXPECT_EQ(finding(q, "The old bicycle or the piano.", "object", nullptr, {{"object", {"the piano"}}}),
            SlotFinding::hedged);
}

TEST(Rubric, SlotsThatTheQuestionNamesDoNotCount) {
  Question q = emotional();
  q.text = "How does she feel about the old bicycle?";
  q.gold = {{"object", "the old bicycle"}, {"emotion", "sad"}};
  EXPECT_EQ(finding(q, "sad", "object"), SlotFinding::in_question);
  const Scored s = score(q, "sad");
  EXPECT_DOUBLE_EQ(s.value, 5);
  EXPECT_FALSE(s.parts.contains("content"));
  q.text = "Why does she sound sad?";
  EXPECT_EQ(finding(q, "sad", "emotion"), SlotFinding::in_question);
  q.text = "Does she sound happy, sad or angry?";  // a choice gives nothing away
  EXPECT_EQ(finding(q, "sad", "emotion"), SlotFinding::stated);
  q.gold = {{"gender", "male"}};
  q.text = "Is the speaker a man or a woman?";
  EXPECT_EQ(finding(q, "A man.", "gender"), SlotFinding::stated);
  EXPECT_EQ(finding(q, "A woman.", "gender"), SlotFinding::contradicted);
}

TEST(Rubric, ChangeIsReadInItsOrder) {
  Question q;
  q.text = "What changed?";
  q.reference = "From sad to happy.";
  q.gold = {{"emotion_before", "sad"}, {"emotion_after", "happy"}};
  EXPECT_DOUBLE_EQ(score(q, "first sad, then happy").value, 5);
  EXPECT_DOUBLE_EQ(score(q, "happy after being sad").value, 5);
  EXPECT_DOUBLE_EQ(score(q, "first happy, then sad").value, 0);
  EXPECT_DOUBLE_EQ(score(q, "happy").value, 2.5);
}

TEST(Rubric, EmptyAnswersScoreZeroAndSaySo) {
  const Scored s = score(emotional(), " ... ");
  EXPECT_EQ(s.value, 0);
  EXPECT_EQ(s.rationale, "empty answer");
}

TEST(Rubric, RunawayLengthCosts) {
  const Question q = emotional();
  std::string longer = q.reference;
  double last = score(q, longer).value;
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 30; ++k) longer += " and";
    const double now = score(q, longer).value;
    EXPECT_LT(now, last);
    last = now;
  }
  EXPECT_GE(last, 5 * (1 - graded_rubric().length_most));
}

TEST(Rubric, WithoutGoldTheReferenceIsComparedAndTheRationaleSaysSo) {
  Question q;
  q.text = "Why are the men arguing?";
  q.reference = "Because one of them has hit his wife.";
  const Scored right = score(q, "One hit the wife."), wrong = score(q, "They lost the game."),
               none = score(q, "They argue.");
  EXPECT_DOUBLE_EQ(right.value, 5);
  EXPECT_EQ(wrong.value, 0);
  EXPECT_EQ(none.value, 0);
  EXPECT_NE(right.rationale.find("no gold labels"), std::string::npos);
  EXPECT_NE(right.rationale.find("overlap"), std::string::npos);
  q.reference = "Yes, they are shouting.";
  EXPECT_EQ(score(q, "No, they are shouting.").value, 0);
  EXPECT_GT(score(q, "Yes, shouting.").value, 4);
  q.reference = "";
  EXPECT_TRUE(std::holds_alternative<NotJudged>(judge_by_rubric(graded_rubric(), {&q, nullptr, "anything"})));
}

TEST(Rubric, WithoutGoldALabelThatTheQuestionAsksForIsReadFromTheReference) {
  Question q;
  q.text = "What emotion do you hear (anger, neutral, happiness, sad)?";
  q.reference = "The speaker's tone sounds sad.";
  EXPECT_EQ(score(q, "This person is unhappy.").value, 5);
  EXPECT_EQ(score(q, "This person is neutral.").value, 0);
  EXPECT_NE(score(q, "Sad").rationale.find("read from the reference"), std::string::npos);
  q.text = "What is the gender of the speaker?";
  q.reference = "The speaker is a woman.";
  EXPECT_EQ(score(q, "female").value, 5);
  EXPECT_EQ(score(q, "male").value, 0);
  q.text = "What do the man and the woman argue about?";  // asks for no label: content words are compared
  EXPECT_NE(score(q, "A woman").rationale.find("overlap"), std::string::npos);
}

TEST(Rubric, ImpossibleRubricsAreRefusedWithTheirPlace) {
  Json json = Json::object();
  json["name"] = "broken";
  json["version"] = 1;
  json["slots"] = parse_json(R"({"stated":1,"silent":0,"hedged":0,"contradicted":0.5})", "r.json");
  try {
    rubric_from_json(json);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.what_happened(),
              "a contradiction must be worth less than silence, and hedging less than stating");
    EXPECT_EQ(e.place(), "r.json:1:1");
  }
}

}  // namespace
}  // namespace undertone
