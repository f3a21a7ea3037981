#include <gtest/gtest.h>

#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/text_match.h"

namespace undertone::metrics {
namespace {

TEST(Classification, ZeroDivisionsAreUndefined) {
  Confusion empty(3);
  EXPECT_FALSE(accuracy(empty).has_value());
  EXPECT_FALSE(unweighted_average_recall(empty).has_value());
  EXPECT_FALSE(macro_f1(empty).has_value());
  EXPECT_FALSE(weighted_f1(empty).has_value());
  Confusion one(3);  // class 0 gold, answered as 1; class 2 nowhere
  one.at(0, 1) = 2;
  const auto scores = class_scores(one);
  EXPECT_FALSE(scores[0].precision.has_value());  // never answered
  EXPECT_DOUBLE_EQ(scores[0].recall.value(), 0);
  EXPECT_FALSE(scores[1].recall.has_value());  // never gold
  EXPECT_DOUBLE_EQ(scores[1].f1.value(), 0);
  EXPECT_FALSE(scores[2].f1.has_value());
  EXPECT_DOUBLE_EQ(macro_f1(one).value(), 0);
}

TEST(Correlation, UndefinedWithoutVariationOrPairs) {
  const std::vector<double> constant = {0.1, 0.1, 0.1}, rising = {1, 2, 3}, one = {1};
  EXPECT_FALSE(pearson(constant, rising).has_value());
  EXPECT_FALSE(spearman(constant, rising).has_value());
  EXPECT_FALSE(pearson(one, one).has_value());
  EXPECT_FALSE(pearson({}, {}).has_value());
  EXPECT_FALSE(concordance(constant, constant).has_value());
  EXPECT_DOUBLE_EQ(concordance(constant, rising).value(), 0);
  EXPECT_NEAR(concordance(rising, rising).value(), 1, 1e-15);
  EXPECT_FALSE(pearson(rising, one).has_value());
}

TEST(TextMatch, NormalisesBeforeItCompares) {
  EXPECT_TRUE(exact_match("The speaker sounds happy.", "the  speaker sounds HAPPY"));
  EXPECT_TRUE(exact_match("A house", "the house"));
  EXPECT_FALSE(exact_match("the speaker sounds happy", "the speaker sounds sad"));
  EXPECT_TRUE(exact_match("", "..."));
  EXPECT_EQ(normalised_words("Don't 'quote' it\xE2\x80\xA6"),
            (std::vector<std::string>{"don't", "quote", "it\xE2\x80\xA6"}));
}

TEST(WordErrors, CountsOfEmptySides) {
  const std::vector<std::string> none, two = {"a", "b"};
  const WordErrors inserted = align_words(none, two), deleted = align_words(two, none);
  EXPECT_EQ(inserted.insertions, 2);
  EXPECT_FALSE(word_error_rate(inserted).has_value());
  EXPECT_EQ(deleted.deletions, 2);
  EXPECT_DOUBLE_EQ(word_error_rate(deleted).value(), 1);
}

}  // namespace
}  // namespace undertone::metrics
