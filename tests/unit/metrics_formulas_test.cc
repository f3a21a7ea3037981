#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.h"
#include "metrics/asr.h"
#include "metrics/classification.h"
#include "metrics/correlation.h"
#include "metrics/dimensional.h"
#include "metrics/text_match.h"
#include "metrics/text_similarity.h"

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

TEST(Classification, UnmappedAnswersAreMissesOfTheirClass) {
  const std::vector<std::int32_t> gold = {0, 0, 1, 1}, answered = {0, -1, 1, 0};
  const Confusion table = confusion_of(gold, answered, 2);
  EXPECT_EQ(table.unmapped, (std::vector<double>{1, 0}));
  const ClassificationScores mapped = classification_scores(table),
                             all = classification_scores(table, Unmapped::wrong);
  EXPECT_DOUBLE_EQ(mapped.accuracy.value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(all.accuracy.value(), 0.5);
  EXPECT_DOUBLE_EQ(mapped.unweighted_average_recall.value(), 0.75);
  EXPECT_DOUBLE_EQ(all.unweighted_average_recall.value(), 0.5);
  EXPECT_DOUBLE_EQ(all.precision_micro.value(), 2.0 / 3);  // nobody's false positive
  EXPECT_THROW(confusion_of(answered, gold, 2), Error);
}

TEST(Classification, MergedClassesAddUp) {
  Confusion table(3);
  table.at(0, 1) = 4, table.at(1, 1) = 2, table.at(2, 0) = 3;
  table.unmapped[1] = 1;
  const std::vector<std::size_t> groups = {0, 0, 1};
  const Confusion joined = merged(table, groups, 2);
  EXPECT_EQ(joined.at(0, 0), 6);
  EXPECT_EQ(joined.at(1, 0), 3);
  EXPECT_EQ(joined.unmapped, (std::vector<double>{1, 0}));
  EXPECT_GT(*accuracy(joined), *accuracy(table));
}

TEST(Classification, OneClassLeavesNothingToCorrelate) {
  Confusion one(2);
  one.at(0, 0) = 3;
  const ClassificationScores s = classification_scores(one);
  EXPECT_DOUBLE_EQ(s.accuracy.value(), 1);
  EXPECT_STREQ(s.matthews.reason(), "all gold labels are of one class");
  EXPECT_FALSE(s.kappa.has_value());
  Confusion same_answer(2);
  same_answer.at(0, 0) = same_answer.at(1, 0) = 2;
  EXPECT_STREQ(classification_scores(same_answer).matthews.reason(), "all answers are of one class");
  EXPECT_DOUBLE_EQ(classification_scores(same_answer).kappa.value(), 0);
  EXPECT_STREQ(classification_scores(Confusion(2)).f1_micro.reason(), "no items");
}

TEST(Dimensional, ErrorsKeepTheirUnits) {
  const std::vector<double> gold = {1, 2}, answered = {1, 4}, none, huge = {1e200, -1e200}, zero = {0, 0};
  EXPECT_DOUBLE_EQ(root_mean_squared_error(gold, answered).value(), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(root_mean_squared_error(huge, zero).value(), 1e200);  // squares would overflow
  EXPECT_STREQ(mean_absolute_error(none, none).reason(), "no items");
  EXPECT_FALSE(root_mean_squared_error(gold, none).has_value());
}

TEST(TextSimilarity, EmptySides) {
  for (auto metric : {token_f1, rouge_l, chrf}) {
    EXPECT_STREQ(metric("...  ", "words").reason(), metric == chrf ? "" : "the reference has no words");
    EXPECT_DOUBLE_EQ(metric("some words", "").value(), 0);
    EXPECT_NEAR(metric("The same words", "The same words").value(), 1, 1e-15);
  }
  EXPECT_FALSE(chrf("  ", "x").has_value());
}

TEST(Characters, InvalidBytesStandForThemselves) {
  EXPECT_EQ(characters_of("a\u00e9\U0001F642"), (std::vector<char32_t>{'a', 0xE9, 0x1F642}));
  EXPECT_EQ(characters_of("\xFF\xC3"), (std::vector<char32_t>{0xDCFF, 0xDCC3}));
  EXPECT_EQ(characters_of("\xE0\x80\x80").size(), 3u);  // overlong
  EXPECT_EQ(characters_of("\xED\xA0\x80").size(), 3u);  // a surrogate
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
