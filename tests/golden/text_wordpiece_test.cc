// Token ids against those of the tokenizers library; tests/golden/make_minilm_reference.py made the
// reference.
#include "harness/text/wordpiece.h"

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/json.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

TEST(WordPiece, IdsAgreeWithTheReference) {
  const auto folder = test::weights("all-minilm-l6-v2");
  UNDERTONE_NEED(folder, "the weights of all-minilm-l6-v2 are not in the cache: run './undertone setup'");
  const WordPiece tokens = WordPiece::from_vocabulary_file(*folder + "/vocab.txt");
  EXPECT_EQ(tokens.size(), 30522u);
  const Json reference = read_json_file(test::source_path("tests/golden/minilm/reference.json"));
  ASSERT_GE(reference.at("items").size(), 30u);
  for (const Json& item : reference.at("items").elements()) {
    std::vector<std::int32_t> theirs;
    for (const Json& id : item.at("ids").elements()) theirs.push_back(static_cast<std::int32_t>(id.as_int()));
    EXPECT_EQ(tokens.encode(item.at("text").as_string(), 256), theirs) << item.at("text").dump();
  }
}

TEST(WordPiece, LongestPieceWinsAndTheRestIsMarked) {
  const std::vector<std::string> pieces{"[PAD]",  "[UNK]", "[CLS]", "[SEP]", "un", "##aff",
                                        "##able", "unaff", ".",     "[",     "]",  "sep"};
  const WordPiece tokens(pieces, "test");
  EXPECT_EQ(tokens.encode("Unaffable.", 10), (std::vector<std::int32_t>{2, 7, 6, 8, 3}));
  EXPECT_EQ(tokens.encode("unaffx un", 10), (std::vector<std::int32_t>{2, 1, 4, 3}));
  EXPECT_EQ(tokens.encode("un un un un", 4), (std::vector<std::int32_t>{2, 4, 4, 3}));
  // What a text writes never becomes the special token.
  EXPECT_EQ(tokens.encode("[SEP]", 10), (std::vector<std::int32_t>{2, 9, 11, 10, 3}));
  EXPECT_EQ(tokens.encode("u\xff"
                          "n \xc3",
                          10),
            (std::vector<std::int32_t>{2, 4, 3}));  // broken UTF-8 is skipped
}

TEST(WordPiece, RefusesAVocabularyOfAnotherModel) {
  const std::vector<std::string> twice{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "a"}, other{"<s>", "</s>"};
  EXPECT_THROW(WordPiece(twice, "v"), Error);
  EXPECT_THROW(WordPiece(other, "v"), Error);
}

}  // namespace
}  // namespace undertone
