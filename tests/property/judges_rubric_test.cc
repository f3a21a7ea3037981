// Properties of the rubric that hold for any question and answer, on random ones from a named stream.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/core/random.h"
#include "judges/rubric.h"

namespace undertone {
namespace {

const std::vector<std::string> kEmotions{"happy", "sad", "angry", "afraid", "surprised", "neutral"};
const std::vector<std::string> kEvents{"repaired", "painted", "sold", "borrowed", "dropped"};
const std::vector<std::string> kObjects{"the bicycle", "the old piano", "the kitchen table", "the kite",
                                        "the lamp"};
const std::vector<std::string> kTimes{"yesterday", "this morning", "last week", "on Sunday"};
const std::vector<std::string> kNoise{"speaker", "and", "the",   "not", "no", "feels", "about",
                                      "she",     "it",  "never", "two", "?",  "",      "é"};

const std::string& pick(Stream& s, const std::vector<std::string>& list) {
  return list[s.below(list.size())];
}

Question random_question(Stream& s) {
  Question q;
  q.id = "q";
  q.text = s.below(2) ? "What happened, and how does the speaker feel?"
                      : "How does the speaker feel about " + pick(s, kObjects) + "?";
  q.gold["emotion"] = pick(s, kEmotions);
  if (s.below(2)) q.gold["event"] = pick(s, kEvents);
  if (s.below(2)) q.gold["object"] = pick(s, kObjects);
  if (s.below(2)) q.gold["time"] = pick(s, kTimes);
  q.reference = "The speaker is " + q.gold["emotion"] + ".";
  for (const auto& [slot, gold] : q.gold) q.reference += " " + gold;
  return q;
}

std::string random_answer(Stream& s) {
  std::string a;
  const auto n = s.below(14);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::vector<std::string>* lists[] = {&kEmotions, &kEvents, &kObjects, &kTimes, &kNoise, &kNoise};
    a += (a.empty() ? "" : " ") + pick(s, *lists[s.below(6)]);
  }
  return a;
}

std::map<std::string, std::vector<std::string>> fillers() {
  return {{"event", kEvents}, {"object", kObjects}, {"time", kTimes}};
}

double score(const Question& q, const std::string& answer) {
  return std::get<Scored>(judge_by_rubric(graded_rubric(), {&q, nullptr, answer}, fillers())).value;
}

TEST(RubricProperty, ScoresStayOnTheScaleAndPartsBoundTheWhole) {
  for (int i = 0; i < 4000; ++i) {
    Stream s("test/rubric/bounds", static_cast<std::uint64_t>(i));
    const Question q = random_question(s);
    const std::string answer = random_answer(s);
    const Verdict v = judge_by_rubric(graded_rubric(), {&q, nullptr, answer}, fillers());
    const auto& scored = std::get<Scored>(v);
    ASSERT_TRUE(Scale{}.admits(scored.value)) << answer;
    ASSERT_FALSE(scored.rationale.empty());
    double best = 0;
    for (const auto& [name, part] : scored.parts) {
      ASSERT_TRUE(part >= 0 && part <= 5);
      best = std::max(best, part);
    }
    ASSERT_LE(scored.value, best + 1e-12) << answer;
  }
}

TEST(RubricProperty, AContradictionAlwaysCostsAndNeverPays) {
  int strictly = 0;
  for (int i = 0; i < 3000; ++i) {
    Stream s("test/rubric/contradiction", static_cast<std::uint64_t>(i));
    const Question q = random_question(s);
    const std::string answer =
        q.gold.at("emotion") + (q.gold.contains("object") ? ", " + q.gold.at("object") : "");
    std::string other = pick(s, kEmotions);
    if (other == q.gold.at("emotion")) continue;
    const double plain = score(q, answer), hedged = score(q, answer + " and " + other);
    const double wrong = score(q, other + (q.gold.contains("object") ? ", " + q.gold.at("object") : ""));
    const double silent =
        score(q, "The speaker talks" +
                     (q.gold.contains("object") ? " about " + q.gold.at("object") : std::string{}));
    ASSERT_LT(hedged, plain) << answer;
    ASSERT_LT(wrong, plain) << answer;
    ASSERT_LE(wrong, silent) << answer << " / " << other;
    strictly += hedged < plain;
  }
  EXPECT_GT(strictly, 1000);
}

TEST(RubricProperty, AddingAnotherValueNeverRaisesAScore) {
  for (int i = 0; i < 3000; ++i) {
    Stream s("test/rubric/monotone", static_cast<std::uint64_t>(i));
    Question q = random_question(s);
    q.text = "What happened, and how does the speaker feel?";
    const std::string answer = random_answer(s);
    std::string wrong = pick(s, kEmotions);
    if (wrong == q.gold.at("emotion")) continue;
    ASSERT_LE(score(q, answer + " . The speaker is " + wrong), score(q, answer + " . The speaker is") + 1e-12)
        << answer << " / " << wrong;
  }
}

TEST(RubricProperty, OrderOfItemsAndNeighboursChangeNothing) {
  std::vector<Question> questions;
  std::vector<std::string> answers;
  Stream s("test/rubric/order");
  for (int i = 0; i < 200; ++i) {
    questions.push_back(random_question(s));
    answers.push_back(random_answer(s));
  }
  JudgeContext context;
  const auto judge = builtin_judges().at("rubric").make(Json::object(), context);
  std::vector<std::size_t> order(questions.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto run = [&] {
    std::vector<JudgeItem> items;
    for (const std::size_t i : order) items.push_back({&questions[i], nullptr, answers[i]});
    const auto verdicts = judge->judge(items);
    std::vector<std::string> by_item(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) by_item[order[k]] = to_json(verdicts[k]).dump();
    return by_item;
  };
  const auto first = run();
  s.shuffle(order);
  EXPECT_EQ(first, run());
  const JudgeItem alone{&questions[7], nullptr, answers[7]};
  EXPECT_EQ(to_json(judge->judge({&alone, 1})[0]).dump(), first[7]);
}

TEST(RubricProperty, OrderOfFactsInTheAnswerDoesNotMatter) {
  for (int i = 0; i < 500; ++i) {
    Stream s("test/rubric/facts", static_cast<std::uint64_t>(i));
    const Question q = random_question(s);
    std::vector<std::string> facts;
    for (const auto& [slot, gold] : q.gold) facts.push_back(s.below(3) ? gold : pick(s, kObjects));
    const auto joined = [&] {
      std::string text;
      for (const auto& f : facts) text += f + ". ";
      return text;
    };
    const double before = score(q, joined());
    s.shuffle(facts);
    ASSERT_NEAR(score(q, joined()), before, 1e-12) << joined();
  }
}

}  // namespace
}  // namespace undertone
