#include "harness/text/tokenizer_json.h"

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

using Type = TokenizerSource::TokenType;
using testing::HasSubstr;

std::string tokenizer(const std::string& change = "", const std::string& by = "") {
  std::string text = R"({"added_tokens": [
    {"id": 0, "content": "<|end|>", "special": true, "lstrip": false},
    {"id": 5, "content": "<it>", "special": false}],
   "normalizer": null,
   "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
     {"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": false}]},
   "post_processor": null,
   "decoder": {"type": "ByteLevel"},
   "model": {"type": "BPE", "dropout": null, "unk_token": null, "byte_fallback": false,
     "vocab": {"<|end|>": 0, "a": 1, "b": 2, "c": 4, "ab": 3}, "merges": ["a b"]}})";
  if (!change.empty()) {
    const std::size_t at = text.find(change);
    EXPECT_NE(at, std::string::npos) << change;
    text.replace(at, change.size(), by);
  }
  return text;
}

TokenizerSource parse(const std::string& text) {
  return parse_tokenizer_json(parse_json(text, "t.json"), "t.json");
}

std::string error_of(const std::string& change, const std::string& by) {
  try {
    parse(tokenizer(change, by));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_THAT(e.place(), HasSubstr("t.json"));
    return e.what_happened();
  }
  return "no error";
}

TEST(TokenizerJson, ReadsVocabularyMergesAndAddedTokens) {
  for (const std::string merges : {R"(["a b"])", R"([["a", "b"]])"}) {
    const TokenizerSource s = parse(tokenizer(R"(["a b"])", merges));
    EXPECT_EQ(s.pre, "smollm");
    EXPECT_EQ(s.tokens, (std::vector<std::string>{"<|end|>", "a", "b", "ab", "c", "<it>"}));
    EXPECT_EQ(s.types, (std::vector<Type>{Type::control, Type::normal, Type::normal, Type::normal,
                                          Type::normal, Type::user_defined}));
    EXPECT_EQ(s.merges, std::vector<std::string>{"a b"});
    EXPECT_FALSE(s.add_bos);
    EXPECT_EQ(make_tokenizer(s)->encode("ab<it>c<|end|>", true), (std::vector<std::int32_t>{3, 5, 4, 0}));
  }
  EXPECT_EQ(parse(tokenizer(R"({"type": "Digits", "individual_digits": true}, )")).pre, "gpt-2");
}

TEST(TokenizerJson, ATemplateSaysWhetherBosIsAdded) {
  const TokenizerSource s = parse(tokenizer(
      R"("post_processor": null)",
      R"("post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "<|end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}]})"));
  EXPECT_TRUE(s.add_bos);
  EXPECT_EQ(s.bos, 0);
}

TEST(TokenizerJson, RefusesWhatWouldChangeIds) {
  EXPECT_EQ(error_of("", ""), "no error");
  EXPECT_THAT(error_of(R"("type": "BPE")", R"("type": "WordPiece")"), HasSubstr("'WordPiece', not 'BPE'"));
  EXPECT_THAT(error_of(R"("normalizer": null)", R"("normalizer": {"type": "NFC"})"), HasSubstr("normalises"));
  EXPECT_THAT(error_of(R"("dropout": null)", R"("dropout": 0.1)"), HasSubstr("drops merges"));
  EXPECT_THAT(error_of(R"("byte_fallback": false)", R"("byte_fallback": true)"), HasSubstr("byte_fallback"));
  EXPECT_THAT(error_of(R"("unk_token": null)", R"("unk_token": "<|end|>")"),
              HasSubstr("none for the byte 0"));
  EXPECT_THAT(error_of(R"("individual_digits": true)", R"("individual_digits": false)"),
              HasSubstr("numbers whole"));
  EXPECT_THAT(error_of(R"("add_prefix_space": false)", R"("add_prefix_space": true)"),
              HasSubstr("space in front"));
  EXPECT_THAT(error_of(R"({"type": "Digits", "individual_digits": true})", R"({"type": "Whitespace"})"),
              HasSubstr("not 'ByteLevel'"));
  EXPECT_THAT(error_of(R"("decoder": {"type": "ByteLevel"})", R"("decoder": null)"), HasSubstr("decoder"));
  EXPECT_THAT(error_of(R"("lstrip": false)", R"("lstrip": true)"), HasSubstr("'lstrip'"));
  EXPECT_THAT(error_of(R"("c": 4)", R"("c": 6)"), HasSubstr("no token 4"));
  EXPECT_THAT(error_of(R"("c": 4)", R"("c": 2)"), HasSubstr("id 2 is both 'b' and 'c'"));
  EXPECT_THAT(error_of(R"(["a b"])", R"([["a", "b", "c"]])"), HasSubstr("not two tokens"));
}

TEST(TokenizerJson, TheConfigurationBesideItNamesSpecialTokensAndTheChatTemplate) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "tokenizer.json", tokenizer());
  EXPECT_EQ(read_tokenizer_json(folder / "tokenizer.json").eos, std::nullopt);
  write_file_atomically(folder / "tokenizer_config.json",
                        R"({"eos_token": {"content": "<|end|>"}, "bos_token": null, "pad_token": "<it>",
                            "add_bos_token": false, "chat_template": [{"name": "tools", "template": "t"},
                            {"name": "default", "template": "{{ x }}"}]})");
  TokenizerSource s = read_tokenizer_json(folder / "tokenizer.json");
  EXPECT_EQ(s.eos, 0);
  EXPECT_EQ(s.pad, 5);
  EXPECT_EQ(s.bos, std::nullopt);
  EXPECT_EQ(s.chat_template, "{{ x }}");
  write_file_atomically(folder / "chat_template.jinja", "{{ y }}");
  EXPECT_EQ(read_tokenizer_json(folder / "tokenizer.json").chat_template, "{{ y }}");
  write_file_atomically(folder / "tokenizer_config.json", R"({"eos_token": "</s>"})");
  EXPECT_THROW(read_tokenizer_json(folder / "tokenizer.json"), Error);
}

}  // namespace
}  // namespace undertone
