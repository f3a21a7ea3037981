// Neighbours, order and split change no byte of an answer; what is cut says so.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/answer/answerer.h"
#include "harness/core/error.h"
#include "tests/support/toy_speech.h"

namespace undertone {
namespace {

using Answers = std::map<std::string, Answer>;

// An untrained decoder babbles: answers are long, varied, and often cut.
struct Fixture : ::testing::Test {
  test::ToySpeech toy = test::toy_speech(24);
  SpeechLM model = random_speech_lm(toy.config, "answers");
  AnswerOptions options;
  AnsweringReport report;

  Answers ask(const std::vector<Item>& items) {
    Answers out;
    report = answer_items(
        model, items, *toy.encoder, toy.features(), options,
        [&](std::size_t i, const Answer& answer) { EXPECT_TRUE(out.emplace(items[i].id, answer).second); });
    EXPECT_EQ(out.size(), items.size());
    return out;
  }
  std::vector<double> scores(const std::vector<Item>& items) {
    std::vector<double> out;
    score_items(model, items, *toy.encoder, toy.features(), [&](std::size_t i, double nats) {
      EXPECT_EQ(i, out.size());
      out.push_back(nats);
    });
    EXPECT_EQ(out.size(), items.size());
    return out;
  }
  double score(const Item& item) { return scores({item}).at(0); }
  static void expect_same(const Answers& some, const Answers& all) {
    for (const auto& [id, answer] : some) {
      EXPECT_EQ(answer.text, all.at(id).text) << id;
      EXPECT_EQ(answer.status, all.at(id).status) << id;
      EXPECT_EQ(answer.tokens, all.at(id).tokens) << id;
    }
  }
};

TEST_F(Fixture, NeighboursOrderAndSplitChangeNothing) {
  options.batch = 16;
  for (const double temperature : {0.0, 1.0}) {
    options.temperature = temperature;
    options.stream = "answers/seed=1";
    const Answers all = ask(toy.items);
    std::vector<Item> shuffled = toy.items;
    Stream("order").shuffle(shuffled);
    expect_same(ask(shuffled), all);
    for (std::size_t i = 0; i < 9; ++i) expect_same(ask({toy.items[i]}), all);
    const std::vector<Item> half(shuffled.begin(), shuffled.begin() + 29);
    expect_same(ask(half), all);
    std::map<std::string, int> texts;
    for (const auto& [id, answer] : all) ++texts[answer.text];
    EXPECT_GT(texts.size(), 3u) << "the answers must differ for this test to mean something";
  }
}

TEST_F(Fixture, AnAnswerThatIsCutIsTruncatedAndKept) {
  options.max_new_tokens = 3;
  int truncated = 0;
  for (const auto& [id, answer] : ask(toy.items)) {
    if (answer.status == AnswerStatus::truncated) {
      ++truncated;
      EXPECT_EQ(answer.tokens, 3);
      EXPECT_EQ(answer.finish_reason, "length");
      EXPECT_FALSE(answer.text.empty());
    } else {
      EXPECT_EQ(answer.status, AnswerStatus::answered);
      EXPECT_LT(answer.tokens, 3);
      EXPECT_EQ(answer.finish_reason, "stop");
    }
  }
  EXPECT_GT(truncated, 0);
}

TEST_F(Fixture, AModelThatAlwaysEndsAnswersWithNothingAtOnce) {
  // All logits are equal: the lowest id that can be said wins, which is the end.
  model.decoder.final_norm.zero_();
  for (const auto& [id, answer] : ask(toy.items)) {
    EXPECT_EQ(answer.status, AnswerStatus::answered);
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(answer.tokens, 0);
  }
  EXPECT_EQ(report.steps, 0) << "a batch stops when all its rows have ended";
}

TEST_F(Fixture, LogitsThatAreNotFiniteAreAModelError) {
  toy.clips.at("clip0").fill_(INFINITY);
  const Answers all = ask(toy.items);
  EXPECT_EQ(all.at("a0").status, AnswerStatus::model_error);
  EXPECT_NE(all.at("a0").detail.find("not finite"), std::string::npos);
  EXPECT_NE(all.at("a1").status, AnswerStatus::model_error) << "the neighbours go on";
}

TEST_F(Fixture, AScoreIsTheSumOverTheTargetsTokens) {
  Item item = toy.items[0];
  const double whole = score(item);
  EXPECT_LT(whole, -5);
  // P(w1 w2) = P(w1) P(w2 | w1): the end token's part cancels when the first word moves into the prompt.
  const double rest = [&] {
    Item moved = item;
    moved.prompt += " the";
    moved.target = "colour is red";
    return score(moved);
  }();
  item.target = "the";
  EXPECT_EQ(toy.items[0].target, "the colour is red");
  EXPECT_LT(whole, rest) << "one more factor below one";
}

TEST_F(Fixture, ScoresOfSeveralItemsAreThoseOfEachAlone) {
  const std::vector<Item> some(toy.items.begin(), toy.items.begin() + 5);
  const std::vector<double> together = scores(some);
  for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ(score(some[i]), together[i]) << i;
  EXPECT_NE(together[0], together[1]);
}

TEST(AnswerOptions, UnknownSettingsAreRefused) {
  EXPECT_THROW(answer_options_from_json(parse_json(R"({"max_tokens": 4})", "job"), ""), Error);
  EXPECT_EQ(answer_options_from_json(parse_json(R"({"max_new_tokens": 4})", "job"), "").max_new_tokens, 4);
}

}  // namespace
}  // namespace undertone
