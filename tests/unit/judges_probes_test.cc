// The list of probes: what each does to an answer, and that it does nothing else.
#include "judges/probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "harness/text/label_mapping.h"
#include "judges/floors.h"
#include "judges/prompt_rubric.h"
#include "judges/rubric.h"
#include "judges/swap_emotion.h"
#include "judges/words.h"
#include "tests/support/judged.h"
#include "tests/support/test_data.h"

namespace undertone::test {
namespace {
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Question question(const std::string& emotion = "sad") {
  Question q;
  q.id = "q1";
  q.type = QuestionType::CE;
  q.text = "What did she talk about, and how did she feel?";
  q.reference = "She repaired the old bicycle yesterday and sounded " + emotion + ".";
  q.gold = {
      {"event", "repaired"}, {"object", "the old bicycle"}, {"time", "yesterday"}, {"emotion", emotion}};
  return q;
}

std::optional<std::string> swapped(const Question& q, const std::string& answer) {
  return swap_emotion({&q, nullptr, answer}, "stream");
}

const Probe& probe(const std::string& name) {
  for (const Probe& p : probes())
    if (p.name == name) return p;
  throw std::out_of_range(name);
}

std::string changed(const std::string& name, const std::string& answer) {
  const Question q = question();
  return probe(name).perturb({&q, nullptr, answer}, {}).value().answer;
}

TEST(SwapEmotion, PutsTheSameFormInItsPlace) {
  const Question sad = question(), angry = question("angry"), happy = question("happy");
  EXPECT_EQ(swapped(sad, "She repaired the old bicycle yesterday and sounded sad."),
            "She repaired the old bicycle yesterday and sounded happy.");
  EXPECT_EQ(swapped(sad, "Sadly she repaired the old bicycle yesterday."),
            "Happily she repaired the old bicycle yesterday.");
  EXPECT_EQ(swapped(sad, "She repaired the old bicycle yesterday, full of sorrow."),
            "She repaired the old bicycle yesterday, full of happiness.");
  EXPECT_EQ(swapped(angry, "In an angry voice she said that she repaired the old bicycle yesterday."),
            "In a happy voice she said that she repaired the old bicycle yesterday.");
  EXPECT_THAT(swapped(happy, "She repaired the old bicycle yesterday in a happy voice.").value(),
              AnyOf(HasSubstr("in a sad voice"), HasSubstr("in an angry voice")));
}

TEST(SwapEmotion, LeavesWhatIsNotRightOrHasNoCounterpart) {
  const Question sad = question();
  EXPECT_FALSE(swapped(sad, "She repaired the old bicycle yesterday and sounded angry.")) << "wrong before";
  EXPECT_FALSE(swapped(sad, "She sounded sad.")) << "passes over the rest";
  EXPECT_FALSE(swapped(sad, "She repaired the old bicycle yesterday, sad or angry.")) << "hedges";
  EXPECT_FALSE(swapped(sad, "She repaired the old bicycle yesterday in tears.")) << "a phrase";
  Question asks = sad;
  asks.text = "Why was she sad?";
  EXPECT_FALSE(swapped(asks, "She repaired the old bicycle yesterday and sounded sad.")) << "names it";
  Question none = sad;
  none.gold.clear();
  EXPECT_FALSE(swapped(none, "She repaired the old bicycle yesterday and sounded sad.")) << "no gold labels";
}

// The case that the probe is for.
TEST(SwapEmotion, TheRubricFallsByHalfTheScaleAndOneThatCountsWordsHardly) {
  const Question q = question();
  const std::string right = q.reference, wrong = swapped(q, right).value();
  const auto rubric = make_rubric_judge(Json::object());
  const auto overlap = make_trivial_judge(Json::object({{"rule", "overlap"}}));
  const auto fall = [&](Judge& judge) {
    const std::vector<JudgeItem> both = {{&q, nullptr, right}, {&q, nullptr, wrong}};
    const auto said = judge.judge(both);
    return value(said[0]) - value(said[1]);
  };
  EXPECT_GE(fall(*rubric), 2.5);
  EXPECT_LT(fall(*overlap), kLeastFall * 5);
}

TEST(Probes, SayWhatTheyDoAndHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Probe& p : probes()) {
    EXPECT_TRUE(names.insert(p.name).second) << p.name;
    EXPECT_FALSE(p.changes.empty()) << p.name;
    EXPECT_FALSE(to_string(p.expects).empty());
  }
}

TEST(Probes, AddNoWordThatALabelIsReadFrom) {
  const Question q = question();
  for (const Probe& p : probes())
    for (const std::string& answer : {std::string("She repaired it"), q.reference}) {
      const auto out = p.perturb({&q, nullptr, answer}, {});
      if (!out || p.expects == Probe::Expects::lower) continue;
      for (const char* attribute : {"emotion", "gender", "speakers"}) {
        std::set<std::string> before, after;
        for (const LabelMention& m : label_mentions(attribute, answer)) before.insert(m.words);
        for (const LabelMention& m : label_mentions(attribute, out->answer)) after.insert(m.words);
        EXPECT_TRUE(std::includes(before.begin(), before.end(), after.begin(), after.end()))
            << p.name << ": " << out->answer;
      }
    }
}

TEST(Probes, FormattingKeepsEveryWord) {
  const std::string answer = "She repaired it, on Monday. She sounded sad; so did he";
  for (const char* name : {"formatting: bold", "formatting: bullets"})
    EXPECT_EQ(judge_words(changed(name, answer)), judge_words(answer)) << changed(name, answer);
  EXPECT_EQ(changed("formatting: bullets", answer),
            "- She repaired it\n- on Monday.\n- She sounded sad\n- so did he");
  EXPECT_GT(judge_words(changed("verbosity", answer)).size(), 3 * judge_words(answer).size());
}

TEST(Probes, AskForTheRatingsThatThereAre) {
  const Question q = question();
  const JudgeItem item{&q, nullptr, "sad"};
  for (const char* name : {"injection: instruction", "injection: a rating"}) {
    EXPECT_THAT(probe(name).perturb(item, {"", 5})->answer, HasSubstr("\nRating: 5"));
    EXPECT_THAT(probe(name).perturb(item, {"", 1})->answer, HasSubstr("\nRating: 1"));
    EXPECT_THAT(probe(name).perturb(item, {"", 1})->answer, StartsWith("sad\n"));
  }
}

TEST(Probes, EveryShippedRubricHasItsVariants) {
  for (const std::string& name : shipped_rubrics())
    for (const char* variant : {"reworded", "rating_last"}) {
      std::string why;
      const auto fields = with_rubric_variant("endpoint", Json::object({{"rubric", name}}), variant, why);
      ASSERT_TRUE(fields) << why;
      std::vector<Problem> problems;
      const PromptRubric own = shipped_rubric(name, problems);
      const PromptRubric varied = shipped_rubric(fields->get("rubric", ""), problems);
      for (const Problem& p : problems) ADD_FAILURE() << p.str();
      EXPECT_EQ(own.scale.kind, varied.scale.kind);
      EXPECT_EQ(own.label, varied.label);
      EXPECT_EQ(own.caps, varied.caps);
      EXPECT_NE(own.digest, varied.digest);
      // Last: nothing but the item before it.
      if (std::string(variant) == "rating_last") {
        EXPECT_LT(varied.shared_bytes(), 40u);
      }
    }
}

TEST(Probes, AFileOfOnesOwnHasItsVariantBesideIt) {
  TemporaryFolder folder;
  const Json fields = Json::object({{"rubric_path", folder / "mine.json"}});
  std::string why;
  EXPECT_FALSE(with_rubric_variant("local", fields, "reworded", why));
  EXPECT_THAT(why, HasSubstr("mine.reworded.json"));
  std::ofstream(folder / "mine.reworded.json") << "{}";
  EXPECT_EQ(with_rubric_variant("local", fields, "reworded", why)->get("rubric_path", ""),
            std::string(folder / "mine.reworded.json"));
  EXPECT_FALSE(with_rubric_variant("rubric", Json::object(), "reworded", why));
  EXPECT_THAT(why, HasSubstr("no prompt"));
  // Of a jury: its members that read by a prompt.
  const Json jury =
      parse_json(R"({"members": {"a": {"kind": "endpoint", "rubric": "correct"}, "b": {"kind": "exact"}}})",
                 "suite.json");
  const auto varied = with_rubric_variant("jury", jury, "reworded", why);
  ASSERT_TRUE(varied);
  EXPECT_EQ(varied->at("members").at("a").get("rubric", ""), "correct.reworded");
  EXPECT_EQ(varied->at("members").at("b"), jury.at("members").at("b"));
}

TEST(Probes, NobodyIsThereToAskForRecordedVerdicts) {
  EXPECT_EQ(why_not_asked("rubric", Json::object()), "");
  EXPECT_NE(why_not_asked("replay", Json::object()), "");
  EXPECT_NE(why_not_asked("human", Json::object()), "");
  const Json jury =
      parse_json(R"({"members": {"a": {"kind": "exact"}, "b": {"kind": "replay"}}})", "suite.json");
  EXPECT_THAT(why_not_asked("jury", jury), HasSubstr("'b'"));
}

}  // namespace
}  // namespace undertone::test
