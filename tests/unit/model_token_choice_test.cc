// Which token is said next, and when a reply ends.
#include "harness/model/token_choice.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace undertone {
namespace {
using ::testing::ElementsAre;
using End = ReplyRow::End;

TEST(TokenChoice, TiesGoToThePreferredThenTheLowest) {
  const std::array<float, 4> logits{1, 3, 3, 3};
  EXPECT_EQ(TokenChoice(4).greedy(logits.data()), 1);
  EXPECT_EQ(TokenChoice({1, 1, 1, 1}, 3).greedy(logits.data()), 3);
  EXPECT_EQ(TokenChoice({1, 0, 1, 1}, 0).greedy(logits.data()), 2);
  EXPECT_EQ(TokenChoice({1, 0, 0, 0}, 0).greedy(logits.data()), 0) << "what may not be said is not said";
}

TEST(TokenChoice, DrawsFromTheSoftmaxOfWhatMayBeSaid) {
  const std::array<float, 4> logits{0, std::log(2.0f), 50, std::log(5.0f)};
  const TokenChoice choice({1, 1, 0, 1}, 0);
  for (const double temperature : {1.0, 2.0}) {
    Stream stream("token choice");
    std::array<double, 4> seen{};
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i)
      ++seen[static_cast<std::size_t>(choice.sampled(logits.data(), temperature, stream))];
    const std::array<double, 4> weight{1, std::pow(2, 1 / temperature), 0, std::pow(5, 1 / temperature)};
    const double total = weight[0] + weight[1] + weight[3];
    for (std::size_t i = 0; i < 4; ++i) {  // five standard errors
      const double p = weight[i] / total;
      EXPECT_NEAR(seen[i] / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << i << " at " << temperature;
    }
  }
}

// Three rows of five in a batch of four; token 0 ends.
TEST(TakeTokens, EveryRowEndsInItsOwnWay) {
  std::vector<ReplyRow> rows(3);
  for (std::size_t r = 0; r < rows.size(); ++r) rows[r].item = r, rows[r].room = 2;
  const TokenChoice choice(5);
  ReplyRules rules{.filler = 4, .ends = [](std::int32_t id) { return id == 0; }};
  at::Tensor next = at::full({4}, 99, at::kLong), logits = at::zeros({4, 5}, at::kFloat);
  const auto said = [&] {
    return std::vector<std::int64_t>(next.data_ptr<std::int64_t>(), next.data_ptr<std::int64_t>() + 4);
  };
  logits[0][3] = 1;  // row 0 says 3
  logits[1][0] = 1;  // row 1 ends
  logits[2][2] = 1;  // row 2 says 2
  EXPECT_TRUE(take_tokens(logits, rows, choice, rules, next));
  EXPECT_THAT(said(), ElementsAre(3, 4, 2, 4));
  EXPECT_EQ(rows[1].ended, End::said);
  EXPECT_TRUE(rows[1].tokens.empty()) << "the end is not kept";
  logits.fill_(0);
  logits[0][3] = 2;
  logits[1][0] = std::numeric_limits<float>::quiet_NaN();  // of a row that has ended
  logits[2][1] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(take_tokens(logits, rows, choice, rules, next));
  EXPECT_THAT(said(), ElementsAre(4, 4, 4, 4));
  EXPECT_EQ(rows[0].ended, End::no_room);
  EXPECT_THAT(rows[0].tokens, ElementsAre(3, 3));
  EXPECT_EQ(rows[1].ended, End::said);
  EXPECT_EQ(rows[2].ended, End::not_finite);
  EXPECT_THAT(rows[2].tokens, ElementsAre(2));
}

TEST(TakeTokens, AStopEndsBeforeTheRoomDoes) {
  std::vector<ReplyRow> rows(2);
  rows[0].room = 1;
  const TokenChoice choice(3);
  const ReplyRules rules{.ends = [](std::int32_t) { return false; },
                         .stops = [](const ReplyRow& row) { return row.tokens.back() == 2; }};
  at::Tensor next = at::empty({2}, at::kLong), logits = at::zeros({2, 3}, at::kFloat);
  logits[0][2] = 1;
  EXPECT_FALSE(take_tokens(logits, rows, choice, rules, next));
  EXPECT_EQ(rows[0].ended, End::said);
  EXPECT_THAT(rows[0].tokens, ElementsAre(2));
  EXPECT_EQ(rows[1].ended, End::no_room) << "nothing was asked for";
}

}  // namespace
}  // namespace undertone
