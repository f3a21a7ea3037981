// The mean rating by the probabilities of its token: which token that is, and which of its choices are
// ratings.
#include "judges/token_rating.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace undertone {
namespace {
using ::testing::HasSubstr;

constexpr std::array<int, 6> kRatings{0, 1, 2, 3, 4, 5};

ChatToken token(const std::string& text, const std::vector<std::pair<std::string, double>>& choices = {}) {
  ChatToken out{text, std::log(0.5), {}};
  for (const auto& [choice, p] : choices) out.choices.push_back({choice, std::log(p)});
  return out;
}

struct Found {
  std::optional<TokenRating> rating;
  std::string why;
};
Found found(const std::vector<ChatToken>& tokens, const std::string& reply, int said, bool json = false) {
  Found out;
  out.rating = token_rating(tokens, reply, "Rating", json, said, kRatings, out.why);
  return out;
}

TEST(TokenRating, IsTheMeanOverTheAllowedRatingsAndSaysWhatTheyCover) {
  const auto tokens = std::vector{token("Rating"), token(":"),
                                  token(" 4", {{" 4", 0.6}, {" 3", 0.2}, {" four", 0.1}, {" 9", 0.1}})};
  const Found f = found(tokens, "Rating: 4", 4);
  ASSERT_TRUE(f.rating) << f.why;
  EXPECT_NEAR(f.rating->covered, 0.8, 1e-12);
  EXPECT_NEAR(f.rating->mean, (0.6 * 4 + 0.2 * 3) / 0.8, 1e-12);
  EXPECT_NEAR(f.rating->share[4], 0.75, 1e-12);
  EXPECT_EQ(f.rating->share[5], 0);
}

TEST(TokenRating, BlanksAndWhatStandsInTheSameTokenDoNotMatter) {
  const auto blanks =
      std::vector{token("Rating:"), token(" "), token("4", {{"4", 0.5}, {" 4", 0.1}, {"5", 0.2}})};
  EXPECT_NEAR(found(blanks, "Rating: 4", 4).rating->share[4], 0.6 / 0.8, 1e-12);
  const auto merged =
      std::vector{token("{\"rating"), token("\":4", {{"\":4", 0.5}, {"\": 5", 0.3}, {"4", 0.1}}), token("}")};
  const Found f = found(merged, R"({"rating":4})", 4, true);
  ASSERT_TRUE(f.rating) << f.why;
  EXPECT_NEAR(f.rating->covered, 0.8, 1e-12) << "a bare 4 in that place would be no rating";
}

TEST(TokenRating, WhatWasDrawnCountsThoughItIsNotAmongTheLikeliest) {
  const Found f = found({token("2", {{"4", 0.3}, {"5", 0.1}})}, "2", 2);
  ASSERT_TRUE(f.rating) << f.why;
  EXPECT_NEAR(f.rating->covered, 0.9, 1e-12);
  EXPECT_NEAR(f.rating->mean, (0.5 * 2 + 0.3 * 4 + 0.1 * 5) / 0.9, 1e-12);
}

TEST(TokenRating, OtherDigitsAreNotTheRating) {
  const std::string reply = R"({"why":"the \"rating\": 1 of 5","rating": 3})";
  const auto tokens =
      std::vector{token(reply.substr(0, reply.size() - 2)), token("3", {{"3", 0.5}, {"2", 0.5}}), token("}")};
  const Found f = found(tokens, reply, 3, true);
  ASSERT_TRUE(f.rating) << f.why;
  EXPECT_NEAR(f.rating->mean, 2.5, 1e-12);
  const std::string lines = "It says 2 of 2 things.\nRating: 3\n";
  const Found plain = found({token("It says "), token("2", {{"2", 1}}), token(" of 2 things.\nRating: "),
                             token("3", {{"3", 0.5}, {"1", 0.5}}), token("\n")},
                            lines, 3);
  ASSERT_TRUE(plain.rating) << plain.why;
  EXPECT_NEAR(plain.rating->mean, 2, 1e-12);
}

// Servers leave out blanks and end marks, and reasoning stands before the reply.
TEST(TokenRating, TheReplyMayBeAPartOfTheTokens) {
  const Found f = found({token("<think>"), token("4 or 5", {{"4 or 5", 1}}), token("</think>"),
                         token(" 4", {{" 4", 1}}), token("<eos>")},
                        "4", 4);
  ASSERT_TRUE(f.rating) << f.why;
  EXPECT_EQ(f.rating->mean, 4);
}

TEST(TokenRating, WithoutItsTokenThereIsNone) {
  EXPECT_THAT(found({}, "4", 4).why, HasSubstr("do not spell"));
  EXPECT_THAT(found({token("5", {{"5", 1}})}, "4", 4).why, HasSubstr("do not spell"));
  ChatToken impossible = token("4", {{"4", 1}});
  impossible.choices[0].log_probability = -INFINITY;
  EXPECT_THAT(found({impossible}, "4", 4).why, HasSubstr("no allowed rating"));
  impossible.choices[0].log_probability = NAN;
  EXPECT_THAT(found({impossible}, "4", 4).why, HasSubstr("no allowed rating"));
}

}  // namespace
}  // namespace undertone
