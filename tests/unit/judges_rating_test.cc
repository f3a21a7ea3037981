#include "judges/rating.h"

#include <gtest/gtest.h>

namespace undertone {
namespace {

const Scale kGraded{Scale::Kind::discrete_0_5}, kBinary{Scale::Kind::binary};

double rated(std::string_view reply, const Scale& scale = kGraded) {
  const Verdict v = parse_rating(reply, "Rating", scale);
  const auto* scored = std::get_if<Scored>(&v);
  EXPECT_TRUE(scored) << reply << ": " << to_json(v).dump();
  return scored ? scored->value : -1;
}

std::string failed(std::string_view reply, const Scale& scale = kGraded) {
  const Verdict v = parse_rating(reply, "Rating", scale);
  const auto* failure = std::get_if<ParseFailure>(&v);
  EXPECT_TRUE(failure) << reply << ": " << to_json(v).dump();
  if (!failure) return "";
  EXPECT_EQ(failure->raw, reply) << "the raw reply is kept as it was";
  return failure->extra.get("why", "");
}

TEST(Rating, TheFormsOfTheGrammar) {
  EXPECT_EQ(rated("Rating: 4"), 4);
  EXPECT_EQ(rated("  rating :0.\n"), 0);
  EXPECT_EQ(rated("RATING: 5 / 5\r\n"), 5);
  EXPECT_EQ(rated(" 3\n"), 3);
  EXPECT_EQ(rated("The emotion is right.\nRating: 3\nThank you."), 3);
  EXPECT_EQ(rated("Rating: 1", kBinary), 1);
  EXPECT_EQ(rated("My rating follows.\nRating: 2"), 2) << "the word alone is no rating";
  EXPECT_EQ(rated("Overrating: 4\nRating: 2"), 2) << "nor is the end of another word";
}

TEST(Rating, AnythingElseIsAFailureAndNeverANumber) {
  EXPECT_EQ(failed(""), "no rating");
  EXPECT_EQ(failed("The answer is quite good."), "no rating");
  EXPECT_EQ(failed("3 of 5"), "no rating");
  EXPECT_EQ(failed("Rating: 6"), "6 is not on the scale 0-5");
  EXPECT_EQ(failed("7"), "7 is not on the scale 0-5");
  EXPECT_EQ(failed("Rating: 2", kBinary), "2 is not on the scale 0/1");
  for (const char* reply :
       {"Rating: 3.5", "Rating: -1", "Rating: three", "Rating:", "Rating: 3/10", "Rating: 3 out of 5",
        "I say Rating: 3", "Rating: 100", "Rating: <number>", "Rating:\n3", "Rating = 3"})
    EXPECT_EQ(failed(reply), "what follows the label is no rating alone on its line") << reply;
}

TEST(Rating, TwoRatingsAreNone) {
  EXPECT_EQ(failed("Rating: 2\nRating: 4"), "2 ratings where one was asked for");
  EXPECT_EQ(failed("Rating: 4\nRating: 4"), "2 ratings where one was asked for") << "even where they agree";
  EXPECT_EQ(failed("It earns rating: 5.\nRating: 1"), "2 ratings where one was asked for");
  EXPECT_EQ(failed("Rating: 1 Rating: 0", kBinary), "2 ratings where one was asked for")
      << "the prompt's own line";
}

TEST(Rating, RefusalsAreTyped) {
  for (const char* reply :
       {"I cannot grade this.", "  I'm sorry, but no.", "I\xE2\x80\x99m sorry.", "As an AI, I have no ears."})
    EXPECT_TRUE(std::holds_alternative<Refused>(parse_rating(reply, "Rating", kGraded))) << reply;
  EXPECT_EQ(rated("I'm sorry to be strict.\nRating: 1"), 1) << "a rating is a rating";
}

}  // namespace
}  // namespace undertone
