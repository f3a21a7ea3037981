#include <gtest/gtest.h>

#include "harness/text/label_mapping.h"

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
      {"valence", "high", "", "no lexicon"},
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
  for (const char* attribute : {"emotion", "gender", "speakers"}) {
    const auto labels = labels_of(attribute);
    EXPECT_GE(labels.size(), 2u);
    for (const std::string& label : labels) EXPECT_EQ(map_label(attribute, label).label, label) << attribute;
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
