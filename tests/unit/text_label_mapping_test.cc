#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/text/label_mapping.h"
#include "harness/text/lexicon.h"

namespace undertone {
namespace {

struct Case {
  const char* attribute;
  const char* text;
  const char* label;  // "" for unmapped
  const char* rule;
};

TEST(LabelMapping, MapsOrSaysWhyNot) {
  const Case cases[] = {
      {"emotion", "The speaker sounds furious.", "angry", "word: furious"},
      {"emotion", "She was FRIGHTENED", "afraid", "word: frightened"},
      {"emotion", "Frustration, mostly.", "frustrated", "word: frustration"},
      {"emotion", "in a matter-of-fact way", "neutral", "phrase: matter of fact"},
      {"emotion", "There is no emotion in the voice.", "neutral", "phrase: no emotion"},
      {"emotion", "unhappy", "sad", "word: unhappy"},
      {"emotion", "He's not happy", "", "negated: happy"},
      {"emotion", "He isn't happy", "", "negated: happy"},
      {"emotion", "He isn\xE2\x80\x99t at all happy", "", "negated: happy"},
      {"emotion", "not sad but happy", "happy", "word: happy"},
      {"emotion", "happy rather than sad", "happy", "word: happy"},
      {"emotion", "neither happy nor sad", "", "negated: happy"},
      {"emotion", "not happy or excited", "", "negated: happy"},
      {"emotion", "not happy and excited", "", "negated: happy"},
      {"emotion", "not only happy", "happy", "word: happy"},
      {"emotion", "no doubt angry", "angry", "word: angry"},
      {"emotion", "not calm, angry", "angry", "word: angry"},
      {"emotion", "first sad, then happy", "", "several: sad, happy"},
      {"emotion", "happy, joyful and cheerful", "happy", "word: happy"},
      {"emotion", "upset", "", "ambiguous: upset"},
      {"emotion", "upset and angry", "angry", "word: angry"},
      {"emotion", "the house", "", "none"},
      {"emotion", "", "", "none"},
      {"emotion", "madness of maddening", "", "none"},  // whole words only
      {"gender", "The woman's voice", "female", "word: woman"},
      {"gender", "I think she is a man", "male", "word: man"},  // a noun outweighs a pronoun
      {"gender", "she bought the house", "female", "weak: she"},
      {"gender", "he told her", "", "several: male, female"},
      {"gender", "a man and a woman", "", "several: male, female"},
      {"gender", "not a woman but a man", "male", "word: man"},
      {"speakers", "Two.", "2", "weak: two"},
      {"speakers", "There are two different people speaking", "2", "phrase: two people"},
      {"speakers", "1 speaker", "1", "phrase: 1 speaker"},
      {"speakers", "There is only one person in this recording", "1", "phrase: only one person"},
      {"speakers", "it was seven in the morning when they met", "", "none"},
      {"speakers", "two voices at seven", "2", "phrase: two voices"},
      {"speakers", "more than one speaker", "", "negated: one speaker"},
      {"speakers", "not one but two speakers", "2", "phrase: two speakers"},
      {"speakers", "several people", "", "ambiguous: several people"},
      {"speakers", "a dialogue", "2", "word: dialogue"},
      {"age", "high", "", "no lexicon"},
      // Hedges: what is said firmly stands before what is only suggested.
      {"emotion", "Maybe happy.", "happy", "hedged: happy"},
      {"emotion", "neutral, with a hint of sadness", "neutral", "word: neutral"},
      {"emotion", "slightly angry or frustrated", "", "several: angry, frustrated"},
      {"emotion", "He might be sad, but he is angry", "angry", "word: angry"},
      {"emotion", "I am not sure. Happy?", "happy", "word: happy"},
      {"emotion", "no hint of anger", "", "negated: anger"},
      {"emotion", "not happy, maybe sad", "sad", "hedged: sad"},
      {"emotion", "upset, possibly angry", "angry", "hedged: angry"},
      // Negation
      {"emotion", "more sad than angry", "sad", "word: sad"},
      {"emotion", "a lack of joy", "", "negated: joy"},
      {"emotion", "nothing but joy", "happy", "word: joy"},
      {"emotion", "She lacks emotion", "neutral", "phrase: lacks emotion"},
      {"emotion", "happy and excited", "", "several: happy, excited"},
      {"sentiment", "The tone is quite negative.", "negative", "word: negative"},
      {"sentiment", "neither positive nor negative", "neutral", "phrase: neither positive nor negative"},
      {"sentiment", "It is not positive", "", "negated: positive"},
      {"valence", "High.", "positive", "weak: high"},
      {"valence", "low valence, unpleasant", "negative", "phrase: low valence"},
      {"arousal", "high arousal and low valence", "high", "phrase: high arousal"},
      {"arousal", "calm", "low", "word: calm"},
      {"arousal", "Moderate.", "medium", "weak: moderate"},
  };
  for (const Case& c : cases) {
    const MappedLabel m = map_label(c.attribute, c.text);
    EXPECT_EQ(m.label.value_or(""), c.label) << c.attribute << ": " << c.text << " (" << m.rule << ")";
    EXPECT_EQ(m.rule, c.rule) << c.attribute << ": " << c.text;
  }
}

TEST(LabelMapping, SpanPointsAtTheWordsThatDecided) {
  const std::string text = "Well \xE2\x80\x94 she is taken  aback!";
  const MappedLabel m = map_label("emotion", text);
  EXPECT_EQ(m.label, "surprised");
  EXPECT_EQ(text.substr(m.begin, m.end - m.begin), "taken  aback");
}

TEST(LabelMapping, EveryCanonicalLabelMapsToItself) {
  for (const char* attribute : {"emotion", "gender", "speakers", "sentiment", "valence", "arousal"}) {
    const auto labels = labels_of(attribute);
    EXPECT_GE(labels.size(), 2u);
    for (const std::string& label : labels) EXPECT_EQ(map_label(attribute, label).label, label) << attribute;
  }
}

TEST(LabelMapping, SeveralLabelsOfOneAnswerAreKept) {
  const MappedLabel m = map_label("emotion", "She sounds happy and excited, not sad, maybe surprised.");
  EXPECT_FALSE(m.label.has_value());
  EXPECT_EQ(m.labels, (std::vector<std::string>{"happy", "excited"}));
  EXPECT_EQ(map_label("emotion", "sad, so sad").labels, std::vector<std::string>{"sad"});
  EXPECT_TRUE(map_label("emotion", "upset").labels.empty());
}

TEST(LabelMapping, MergedSetStandsBesideTheStrictOne) {
  EXPECT_EQ(merged_label("emotion", "excited"), "happy");
  EXPECT_EQ(merged_label("emotion", "sad"), "sad");
  const auto strict = labels_of("emotion"), joined = merged_labels_of("emotion");
  EXPECT_EQ(joined.size() + 1, strict.size());
  EXPECT_EQ(std::count(joined.begin(), joined.end(), "excited"), 0);
  EXPECT_TRUE(merged_labels_of("gender").empty());
  const MappedLabel both = merged("emotion", map_label("emotion", "happy and excited"));
  EXPECT_EQ(both.label, "happy");
  EXPECT_EQ(both.rule, "merged: happy, excited");
  const MappedLabel one = merged("emotion", map_label("emotion", "excited"));
  EXPECT_EQ(one.label, "happy");
  EXPECT_EQ(one.rule, "word: excited");
  EXPECT_FALSE(merged("emotion", map_label("emotion", "happy and sad")).label.has_value());
  EXPECT_FALSE(merged("emotion", map_label("emotion", "not happy")).label.has_value());
}

TEST(LabelMapping, BucketsAreThirdsOfTheScale) {
  EXPECT_EQ(bucket_label("valence", 1, 1, 5), "negative");
  EXPECT_EQ(bucket_label("valence", 3, 1, 5), "neutral");
  EXPECT_EQ(bucket_label("valence", 5, 1, 5), "positive");
  EXPECT_EQ(bucket_label("arousal", 1.0 / 3, 0, 1), "medium");
  EXPECT_FALSE(bucket_label("arousal", 1.5, 0, 1).has_value());
  EXPECT_FALSE(bucket_label("arousal", std::nan(""), 0, 1).has_value());
  EXPECT_FALSE(bucket_label("emotion", 1, 0, 2).has_value());
  EXPECT_FALSE(bucket_label("arousal", 1, 1, 1).has_value());
}

// Two labels for one word would make the answer depend on the order of a file.
TEST(LabelMapping, NoWordStandsUnderTwoLabels) {
  for (std::string_view attribute : lexicon::attributes()) {
    std::map<std::string, std::string> seen;
    const lexicon::Lexicon& all = *lexicon::find(attribute);
    EXPECT_NE(all.sentence.find("{}"), std::string::npos) << attribute;
    for (const lexicon::Row& row : all.rows) {
      EXPECT_TRUE(row.label.empty() || std::count(all.labels.begin(), all.labels.end(), row.label))
          << row.label;
      for (const std::string& word : row.words)
        EXPECT_TRUE(seen.emplace(word, row.label).second) << attribute << ": " << word << " twice";
    }
  }
}

TEST(LabelMapping, FillersAreWholeWordsWithoutTheirArticle) {
  const std::vector<std::string> objects = {"the house", "the car", "the tree house"};
  EXPECT_EQ(map_filler("It was a House.", objects).label, "the house");
  EXPECT_EQ(map_filler("they saw the tree house", objects).label, "the tree house");  // the longest stands
  EXPECT_EQ(map_filler("not the house but the car", objects).label, "the car");
  EXPECT_EQ(map_filler("the houses", objects).rule, "none");
  EXPECT_EQ(map_filler("the car and the house", objects).rule, "several: the car, the house");
}

TEST(LabelMapping, DigestsDifferByAttributeAndStayWithinARun) {
  EXPECT_EQ(lexicon_digest("emotion"), lexicon_digest("emotion"));
  EXPECT_NE(lexicon_digest("emotion"), lexicon_digest("gender"));
}

}  // namespace
}  // namespace undertone
