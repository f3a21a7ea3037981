// Tokenizers on vocabularies small enough to see through.
#include "harness/text/tokenizer.h"

#include <chrono>

#include "harness/core/error.h"
#include "harness/text/bpe_merges.h"
#include "harness/text/sentencepiece_model.h"
#include "harness/text/tokenizer_parts.h"

namespace undertone {
namespace {

using Ids = std::vector<std::int32_t>;
using Kind = TokenizerSource::Kind;
using Type = TokenizerSource::TokenType;
using testing::HasSubstr;

// The bytes that the tests use, two merges of "abc", a control and a user-defined token.
TokenizerSource small_bpe() {
  TokenizerSource s;
  s.pre = "gpt-2";
  s.tokens = {"<|end|>", "<it>", "a", "b", "c", "Ġ", "ab", "bc", "abc", "Ġa",
              "<",       "|",    "e", "n", "d", ">", "1",  "i",  "t"};
  s.types.assign(s.tokens.size(), Type::normal);
  s.types[0] = Type::control;
  s.types[1] = Type::user_defined;
  s.merges = {"b c", "a b", "a bc", "Ġ a"};
  s.eos = 0;
  s.file = "small.gguf";
  return s;
}

TokenizerSource small_sentencepiece() {
  TokenizerSource s;
  s.kind = Kind::sentencepiece;
  s.tokens = {"<unk>", "<turn>", "\u2581", "a", "b", "ab", "\u2581a", "\u2581ab", "<it>"};
  s.types = {Type::unknown, Type::control, Type::normal, Type::normal,      Type::normal,
             Type::normal,  Type::normal,  Type::normal, Type::user_defined};
  s.scores = {0, 0, -5, -4, -4, -1, -2, -3, 0};
  s.unk = 0;
  s.file = "small.model";
  return s;
}

std::string error_of(const TokenizerSource& source) {
  try {
    make_tokenizer(source);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_EQ(e.place(), source.file);
    EXPECT_NE(e.mend(), "");
    return e.what_happened();
  }
  return "no error";
}

TEST(Bpe, MergesByRankAndNotByLength) {
  const auto t = make_tokenizer(small_bpe());
  EXPECT_EQ(t->encode("abc"), (Ids{8}));  // b c first, then a bc
  EXPECT_EQ(t->encode("ab"), (Ids{6}));
  EXPECT_EQ(t->encode("abab"), (Ids{6, 6}));
  EXPECT_EQ(t->encode("bca"), (Ids{7, 2}));
  EXPECT_EQ(t->encode(" abc"), (Ids{5, 8}));  // a is taken by then
  EXPECT_EQ(t->encode(" a"), (Ids{9}));
  EXPECT_EQ(t->encode(""), Ids{});
}

TEST(Bpe, ATokenThatItsMergesDoNotReachIsNotUsed) {
  TokenizerSource s = small_bpe();
  s.tokens.push_back("cab");
  s.types.push_back(Type::normal);
  EXPECT_EQ(make_tokenizer(s)->encode("cab"), (Ids{4, 6}));
}

TEST(Bpe, SpecialTokensOnlyWhenAsked) {
  const auto t = make_tokenizer(small_bpe());
  EXPECT_EQ(t->encode("a<|end|>b", true), (Ids{2, 0, 3}));
  EXPECT_EQ(t->encode("a<|end|>b"), (Ids{2, 10, 11, 12, 13, 14, 11, 15, 3}));
  EXPECT_EQ(t->encode("a<it>b"), (Ids{2, 1, 3}));  // user-defined: always
  EXPECT_EQ(t->encode("<|end|", true), (Ids{10, 11, 12, 13, 14, 11}));
}

TEST(Bpe, TheLongestOfSeveralNames) {
  TokenizerSource s = small_bpe();
  s.tokens.push_back("<|end|>>");
  s.types.push_back(Type::control);
  EXPECT_EQ(make_tokenizer(s)->encode("<|end|>><|end|>", true), (Ids{19, 0}));
}

TEST(Bpe, DecodesBytesAndLeavesControlTokensOut) {
  TokenizerSource s = small_bpe();
  for (const char* byte : {"\xc3", "\xa9"}) {  // the two bytes of e with an acute accent
    s.tokens.push_back(letters_of_bytes(byte));
    s.types.push_back(Type::normal);
  }
  const auto t = make_tokenizer(s);
  EXPECT_EQ(t->decode(Ids{0, 9, 8, 1, 19, 20}), " aabc<it>\u00e9");
  EXPECT_EQ(t->decode(Ids{19, 2}),
            "\ufffd"
            "a");
  EXPECT_EQ(t->decode(Ids{}), "");
  EXPECT_THROW(t->decode(Ids{21}), Error);
  EXPECT_THROW(t->decode(Ids{-1}), Error);
}

TEST(Bpe, BytesWithoutATokenAreLeftOut) {
  const auto t = make_tokenizer(small_bpe());
  EXPECT_EQ(t->encode("axb"), (Ids{6}));  // the reference merges across what it leaves out
  EXPECT_EQ(t->encode("xx"), Ids{});
}

TEST(Bpe, NumeralsStandAloneInSmolLmAndNotInGpt2) {
  TokenizerSource s = small_bpe();
  s.tokens.insert(s.tokens.end(), {"11", "ĠĠ", "Ġ1"});
  s.types.resize(s.tokens.size(), Type::normal);
  s.merges.insert(s.merges.end(), {"1 1", "Ġ Ġ", "Ġ 1"});
  const auto gpt2 = make_tokenizer(s);
  EXPECT_EQ(gpt2->encode("11"), (Ids{19}));
  EXPECT_EQ(gpt2->encode("   11"), (Ids{20, 5, 19}));
  EXPECT_EQ(gpt2->encode("   1"), (Ids{20, 21}));
  s.pre = "smollm";
  const auto smollm = make_tokenizer(s);
  EXPECT_EQ(smollm->encode("11"), (Ids{16, 16}));
  EXPECT_EQ(smollm->encode("   1"), (Ids{20, 5, 16}));
  EXPECT_NE(gpt2->identity(), smollm->identity());
}

TEST(Bpe, AVeryLongWordTakesNoQuadraticTime) {
  TokenizerSource s = small_bpe();
  std::string token = "a";
  for (int i = 0; i < 10; ++i) {  // aa, aaaa, ...
    s.merges.push_back(token + " " + token);
    s.tokens.push_back(token += token);
    s.types.push_back(Type::normal);
  }
  const auto t = make_tokenizer(s);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(t->encode(std::string(1 << 20, 'a')).size(), 1024u);
  EXPECT_EQ(t->encode(std::string(1 << 20, ' ')).size(), std::size_t{1} << 20);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(Bpe, RefusesWhatIsNoVocabulary) {
  const auto with = [](auto change) {
    TokenizerSource s = small_bpe();
    change(s);
    return error_of(s);
  };
  EXPECT_EQ(with([](auto&) {}), "no error");
  EXPECT_THAT(with([](auto& s) { s.pre = "llama-bpe"; }),
              HasSubstr("'llama-bpe' is not known; known are: gpt-2, smollm"));
  EXPECT_THAT(with([](auto& s) { s.tokens.clear(), s.types.clear(); }), HasSubstr("no tokens"));
  EXPECT_THAT(with([](auto& s) { s.types.pop_back(); }), HasSubstr("19 tokens but 18 token types"));
  EXPECT_THAT(with([](auto& s) { s.tokens[4] = "a"; }), HasSubstr("tokens 2 and 4 are both 'a'"));
  EXPECT_THAT(with([](auto& s) { s.tokens[4] = ""; }), HasSubstr("token 4 is empty"));
  EXPECT_THAT(with([](auto& s) { s.tokens[16] = "\u4e00"; }), HasSubstr("not in GPT-2's letters"));
  EXPECT_THAT(with([](auto& s) { s.types[4] = static_cast<Type>(7); }), HasSubstr("unknown type 7"));
  EXPECT_THAT(with([](auto& s) { s.eos = 19; }),
              HasSubstr("eos token is 19, but its vocabulary has 19 tokens"));
  EXPECT_THAT(with([](auto& s) { s.merges.push_back("ab"); }), HasSubstr("merge 4 ('ab') is not two tokens"));
  EXPECT_THAT(with([](auto& s) { s.merges.push_back("a b c"); }), HasSubstr("is not two tokens"));
  EXPECT_THAT(with([](auto& s) { s.merges.push_back("x a"); }), HasSubstr("needs the token 'x'"));
  EXPECT_THAT(with([](auto& s) { s.merges.push_back("c a"); }), HasSubstr("needs the token 'ca'"));
  EXPECT_THAT(with([](auto& s) { s.merges.push_back("b c"); }), HasSubstr("merges 0 and 4 are the same"));
}

TEST(SentencePiece, EncodesAndDecodes) {
  const auto t = make_tokenizer(small_sentencepiece());
  EXPECT_EQ(t->encode("ab ab"), (Ids{5, 7}));
  EXPECT_EQ(t->encode("  a"), (Ids{2, 6}));  // spaces are kept
  EXPECT_EQ(t->encode("axb"), (Ids{3, 0, 4}));
  EXPECT_EQ(t->encode("a<it>b"), (Ids{3, 8, 4}));
  EXPECT_EQ(t->encode("a<turn>b", true), (Ids{3, 1, 4}));
  const Ids plain = t->encode("a<turn>b");
  EXPECT_EQ(std::count(plain.begin(), plain.end(), 1), 0);
  EXPECT_EQ(t->decode(Ids{5, 1, 7}), "ab ab");
  EXPECT_THROW(t->decode(Ids{9}), Error);
}

TEST(SentencePiece, TheModelFileReadsBack) {
  TokenizerSource s = small_sentencepiece();
  s.add_space_prefix = true;
  s.bos = 1, s.eos = 2, s.pad = std::nullopt;  // the format's own defaults, which are not written
  const TokenizerSource back = parse_sentencepiece_model(write_sentencepiece_model(s), s.file);
  EXPECT_EQ(back.tokens, s.tokens);
  EXPECT_EQ(back.types, s.types);
  EXPECT_EQ(back.scores, s.scores);
  EXPECT_EQ(back.unk, s.unk);
  EXPECT_EQ(back.add_space_prefix, true);
  EXPECT_EQ(tokenizer_identity(back), tokenizer_identity(s));
}

TEST(SentencePiece, RefusesWhatIsNoModel) {
  const auto parse = [](const std::string& bytes) -> std::string {
    try {
      parse_sentencepiece_model(bytes, "x.model");
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::weights);
      return e.what_happened();
    }
    return "no error";
  };
  const std::string good = write_sentencepiece_model(small_sentencepiece());
  EXPECT_EQ(parse(good), "no error");
  for (std::size_t n = 0; n < good.size();
       ++n) {  // cut anywhere: an error, or the message that stands so far
    const std::string what = parse(good.substr(0, n));
    EXPECT_TRUE(what != "no error" || n + 8 > good.size()) << n;
  }
  EXPECT_THAT(parse(good + "\x12\x02\x18\x01"), HasSubstr("type 1, not BPE"));  // a later trainer: unigram
  EXPECT_THAT(parse(good + "\x1a\x02\x20\x01"), HasSubstr("normalises its text"));
  EXPECT_THAT(parse(good + "\x1b"), HasSubstr("wire type 3"));
  EXPECT_THAT(parse(good + "\x0a\x02\x18\x09"), HasSubstr("unknown type 9"));

  TokenizerSource s = small_sentencepiece();
  s.types[0] = Type::control;
  EXPECT_THAT(error_of(s), HasSubstr("SentencePiece refuses"));  // no unknown token
  s = small_sentencepiece();
  s.scores.pop_back();
  EXPECT_THAT(error_of(s), HasSubstr("9 tokens but 8 scores"));
}

// The fuzzer found it: the library has no token for the letter, and no unknown one either, as it is in the
// vocabulary.
TEST(SentencePiece, AControlOfOneLetterIsTheVocabularysFault) {
  TokenizerSource s = small_sentencepiece();
  s.types[4] = Type::control;
  const auto t = make_tokenizer(s);
  EXPECT_EQ(t->encode("aa"), (Ids{3, 3}));
  try {
    t->encode("axb");
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_EQ(e.place(), "small.model");
    EXPECT_THAT(e.what_happened(), HasSubstr("finds no tokens for a text"));
    EXPECT_THAT(e.mend(), HasSubstr("complete file"));
  }
}

TEST(Tokenizer, TheIdentityIsOfWhatDecidesIds) {
  const std::string before = make_tokenizer(small_bpe())->identity();
  TokenizerSource s = small_bpe();
  s.file = "elsewhere.gguf", s.chat_template = "x";
  EXPECT_EQ(make_tokenizer(s)->identity(), before);
  std::swap(s.merges[0], s.merges[1]);
  EXPECT_NE(make_tokenizer(s)->identity(), before);
}

}  // namespace
}  // namespace undertone
