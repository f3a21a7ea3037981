#include "harness/text/word_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using ::testing::ElementsAre;

TEST(WordTokens, WordsMarksAndTimeStamps) {
  EXPECT_THAT(word_tokens("What did Anna do, and how? [0.0-1.5 female sad]"),
              ElementsAre("what", "did", "anna", "do", ",", "and", "how", "?", "[", "0.0", "-", "1.5",
                          "female", "sad", "]"));
  EXPECT_THAT(word_tokens("the speaker's 'word'. 3. 1.2.3"),
              ElementsAre("the", "speaker's", "'", "word", "'", ".", "3", ".", "1.2", ".", "3"));
  EXPECT_THAT(word_tokens("K\xc3\xa4se \t\n"), ElementsAre("k\xc3\xa4se"));
  EXPECT_THAT(word_tokens(""), ElementsAre());
}

TEST(WordVocabulary, OrdersByFrequencyThenBytes) {
  const std::vector<std::string> texts = {"b a b", "c a b"}, always = {"0.5", "a"};
  const auto vocabulary = WordVocabulary::build(texts, always);
  ASSERT_EQ(vocabulary.size(), 8u);
  EXPECT_EQ(vocabulary.token(WordVocabulary::pad), "<pad>");
  EXPECT_EQ(vocabulary.token(WordVocabulary::unk), "<unk>");
  EXPECT_EQ(vocabulary.token(4), "b");
  EXPECT_EQ(vocabulary.token(5), "a");
  EXPECT_EQ(vocabulary.token(6), "c");
  EXPECT_EQ(vocabulary.token(7), "0.5");
  const std::vector<std::string> turned = {texts[1], texts[0]};
  EXPECT_EQ(WordVocabulary::build(turned, always).to_json().dump(), vocabulary.to_json().dump());
}

TEST(WordVocabulary, DecodesReadableText) {
  const std::vector<std::string> texts = {"Anna sold the house, and the speaker sounds sad. [0.0-1.5] (x)?"};
  const auto vocabulary = WordVocabulary::build(texts);
  auto ids = vocabulary.encode(texts[0]);
  ids.insert(ids.begin(), WordVocabulary::bos);
  ids.push_back(WordVocabulary::eos);
  ids.push_back(WordVocabulary::pad);
  EXPECT_EQ(vocabulary.decode(ids), "anna sold the house, and the speaker sounds sad. [0.0-1.5] (x)?");
  const auto unknown = vocabulary.encode("the zebra");
  EXPECT_EQ(unknown[1], WordVocabulary::unk);
  EXPECT_EQ(vocabulary.decode(unknown), "the <unk>");
  EXPECT_FALSE(vocabulary.knows("zebra"));
}

TEST(WordVocabulary, SavesAndLoads) {
  test::TemporaryFolder folder;
  const std::vector<std::string> texts = {"one two two"};
  const auto vocabulary = WordVocabulary::build(texts);
  vocabulary.save(folder / "vocabulary.json");
  const auto again = WordVocabulary::load(folder / "vocabulary.json");
  EXPECT_EQ(again.to_json().dump(), vocabulary.to_json().dump());
  EXPECT_EQ(again.id("two"), vocabulary.id("two"));
}

TEST(WordVocabulary, RefusesForeignAndBrokenFiles) {
  auto kind_of = [](const std::string& text) {
    try {
      WordVocabulary::from_json(parse_json(text, "vocabulary.json"));
    } catch (const Error& error) {
      return std::string(to_string(error.kind()));
    }
    return std::string("none");
  };
  const std::string head = R"({"format": "undertone word vocabulary 1", "tokens": )";
  EXPECT_EQ(kind_of(head + R"(["<pad>", "<bos>", "<eos>", "<unk>", "a"]})"), "none");
  EXPECT_EQ(kind_of(head + R"(["<pad>", "<bos>", "<eos>", "<unk>", "a", "a"]})"), "data");
  EXPECT_EQ(kind_of(head + R"(["a", "<pad>", "<bos>", "<eos>", "<unk>"]})"), "data");
  EXPECT_EQ(kind_of(R"({"tokens": ["<pad>", "<bos>", "<eos>", "<unk>"]})"), "data");
}

TEST(WordVocabulary, HalfSecondStamps) {
  EXPECT_THAT(half_second_stamps(1.5), ElementsAre("0.0", "0.5", "1.0", "1.5"));
}

}  // namespace
}  // namespace undertone
