// Ids and texts of small trained vocabularies against tokenizers and sentencepiece;
// tests/golden/make_tokenizer_reference.py made vocabularies and references.
#include "harness/text/tokenizer.h"

#include "harness/core/utf8.h"
#include "tests/support/test_data.h"
#include "tests/support/tokenizer_reference.h"

namespace undertone {
namespace {

std::string file(const std::string& name) { return test::source_path("tests/golden/tokenizers/" + name); }

void expect_all_kinds(const std::map<std::string, int>& equal, int strings) {
  int sum = 0;
  for (const auto& [kind, n] : equal) sum += n;
  EXPECT_EQ(sum, strings);
  EXPECT_EQ(equal.size(), 11u);
}

TEST(TokenizerReference, ByteLevelBpe) {
  for (const std::string name : {"bpe_smollm", "bpe_gpt2"}) {
    SCOPED_TRACE(name);
    const TokenizerSource source = read_tokenizer_json(file(name + ".json"));
    EXPECT_EQ(source.pre, name == "bpe_smollm" ? "smollm" : "gpt-2");
    const auto tokenizer = make_tokenizer(source);
    EXPECT_EQ(tokenizer->size(), name == "bpe_smollm" ? 900 : 901);
    expect_all_kinds(test::expect_reference(*tokenizer, file(name + ".jsonl"), repair_utf8), 220);
  }
}

TEST(TokenizerReference, SentencePiece) {
  TokenizerSource source = read_sentencepiece_model(file("sentencepiece.model"));
  EXPECT_EQ(source.bos, 2);
  EXPECT_EQ(source.eos, 1);
  EXPECT_EQ(source.unk, 3);
  EXPECT_EQ(source.pad, 0);
  EXPECT_FALSE(source.add_space_prefix);
  expect_all_kinds(test::expect_reference(*make_tokenizer(source), file("sentencepiece.jsonl"), repair_utf8),
                   220);

  // llama.cpp's converter writes plain spaces in user-defined tokens.
  int rewritten = 0;
  for (std::size_t i = 0; i < source.tokens.size(); ++i)
    if (source.types[i] == TokenizerSource::TokenType::user_defined)
      for (std::size_t at; (at = source.tokens[i].find("\u2581")) != std::string::npos; ++rewritten)
        source.tokens[i] = source.tokens[i].substr(0, at) + ' ' + source.tokens[i].substr(at + 3);
  EXPECT_EQ(rewritten, 5);
  expect_all_kinds(test::expect_reference(*make_tokenizer(source), file("sentencepiece.jsonl"), repair_utf8),
                   220);
}
TEST(TokenizerReference, SentencePieceWithADummyPrefix) {
  TokenizerSource source = read_sentencepiece_model(file("sentencepiece.model"));
  source.add_space_prefix = true;
  expect_all_kinds(
      test::expect_reference(*make_tokenizer(source), file("sentencepiece_prefixed.jsonl"), repair_utf8),
      110);
}

}  // namespace
}  // namespace undertone
