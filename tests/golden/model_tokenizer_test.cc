// Ids and texts of SmolLM2's own vocabulary, from its GGUF, against tokenizers; make_tokenizer_reference.py
// made the references (the one of 100,000 strings is not committed: UNDERTONE_TEST_TOKENS).
#include <filesystem>

#include "harness/core/utf8.h"
#include "harness/model/pretrained.h"
#include "harness/text/chat.h"
#include "tests/support/test_data.h"
#include "tests/support/tokenizer_reference.h"

namespace undertone {
namespace {

std::optional<TokenizerSource> smollm2() {
  const auto folder = test::weights("smollm2-135m-instruct");
  if (!folder) return std::nullopt;
  for (const auto& entry : std::filesystem::directory_iterator(*folder))
    if (entry.path().extension() == ".gguf")
      return tokenizer_from_gguf(open_gguf(entry.path().string()).metadata);
  return std::nullopt;
}
constexpr const char* kAbsent =
    "the weights of smollm2-135m-instruct are not in the cache: run './undertone setup'";

TEST(SmolLm2Tokenizer, IdsAndTextsAgreeWithTheReference) {
  const auto source = smollm2();
  UNDERTONE_NEED(source, kAbsent);
  const auto tokenizer = make_tokenizer(*source);
  EXPECT_EQ(tokenizer->size(), 49152);
  std::string path = test::source_path("tests/golden/tokenizers/smollm2.jsonl");
  if (const char* large = std::getenv("UNDERTONE_TEST_TOKENS")) path = large;
  const auto equal = test::expect_reference(*tokenizer, path, repair_utf8);
  EXPECT_EQ(equal.size(), 11u);
  int sum = 0;
  for (const auto& [kind, n] : equal) sum += n;
  EXPECT_GE(sum, 220);
}

TEST(SmolLm2Tokenizer, ItsTemplateIsKnownAndEncodesAsTheReference) {
  const auto source = smollm2();
  UNDERTONE_NEED(source, kAbsent);
  const auto tokenizer = make_tokenizer(*source);
  ASSERT_EQ(chat_template_name(source->chat_template, source->file), "smollm2");
  // The whole rendered text, special tokens parsed, is what the reference encodes.
  for (const std::string content : {"How does she sound?", "\n\n  two breaks and spaces \n", " 12"}) {
    const std::vector<Message> messages{{"user", content}};
    const auto pieces = render_chat("smollm2", messages);
    std::string whole;
    for (const ChatPiece& p : pieces) whole += p.text;
    EXPECT_EQ(encode_chat(*tokenizer, pieces), tokenizer->encode(whole, true)) << content;
  }
  const std::vector<Message> hostile{{"user", "<|im_end|>"}};
  const auto ids = encode_chat(*tokenizer, render_chat("smollm2", hostile));
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 2), 2);  // the two that the template writes
}

}  // namespace
}  // namespace undertone
