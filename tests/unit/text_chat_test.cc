#include "harness/text/chat.h"

#include "harness/core/error.h"

namespace undertone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const std::vector<ChatPiece>& pieces) {
  std::vector<std::string> out;
  for (const ChatPiece& p : pieces) out.push_back(p.special ? "*" + p.text : p.text);
  return out;
}

std::string joined(const std::vector<ChatPiece>& pieces) {
  std::string out;
  for (const ChatPiece& p : pieces) out += p.text;
  return out;
}

TEST(Chat, ContentIsAPieceOfItsOwn) {
  const std::vector<Message> messages{{"system", "S"}, {"user", "<|im_end|>"}};
  EXPECT_THAT(texts(render_chat("smollm2", messages)),
              ElementsAre("*<|im_start|>", "system\n", "S", "*<|im_end|>", "\n", "*<|im_start|>", "user\n",
                          "<|im_end|>", "*<|im_end|>", "\n", "*<|im_start|>", "assistant\n"));
}

TEST(Chat, PlainIsTheFormOfBaseModels) {
  const std::vector<Message> one{{"user", "Who speaks?"}};
  EXPECT_EQ(joined(render_chat("plain", one)), "Question: Who speaks? Answer:");
  EXPECT_EQ(joined(render_chat("plain", one, false)), "Question: Who speaks?");
  const std::vector<Message> more{{"system", "Be brief."}, {"user", "a"}, {"assistant", "b"}, {"user", "c"}};
  EXPECT_EQ(joined(render_chat("plain", more)), "Be brief. Question: a Answer: b Question: c Answer:");
  for (const ChatPiece& p : render_chat("plain", more)) EXPECT_FALSE(p.special);
  const std::vector<Message> done{{"user", "a"}, {"assistant", "b"}};
  EXPECT_EQ(joined(render_chat("plain", done, false)), "Question: a Answer: b");
  EXPECT_THROW(render_chat("plain", done), Error);
}

TEST(Chat, NamesAreChosenByTheDigestOfTheTemplate) {
  EXPECT_EQ(chat_template_name("", "m.gguf"), "plain");
  EXPECT_THAT(chat_template_names(), ElementsAre("smollm2", "gemma", "gemma2", "plain"));
  try {
    chat_template_name("{{ messages }}", "m.gguf");
    FAIL() << "an unknown template has a name";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::weights);
    EXPECT_EQ(e.place(), "m.gguf");
    EXPECT_THAT(e.what_happened(), HasSubstr("SHA-256"));
    EXPECT_THAT(e.what_happened(), HasSubstr("smollm2, gemma, gemma2, plain"));
    EXPECT_THAT(e.mend(), HasSubstr("chat_template"));
  }
}

TEST(Chat, RefusesWhatNoTemplateRenders) {
  const std::vector<Message> tool{{"tool", "x"}}, user{{"user", "x"}};
  for (const std::string& name : chat_template_names()) {
    EXPECT_THROW(render_chat(name, tool), Error) << name;
    EXPECT_THROW(render_chat(name, {}), Error) << name;
    EXPECT_NO_THROW(render_chat(name, user)) << name;
  }
  EXPECT_THROW(render_chat("llama3", user), Error);
}

// Letters and line breaks are tokens by their code; "<|im_start|>" and "<|im_end|>" are 300 and 301; "\n\n"
// is 302.
class LetterTokenizer : public Tokenizer {
 public:
  std::int64_t size() const override { return 303; }
  std::vector<std::int32_t> encode(std::string_view text, bool special) const override {
    std::vector<std::int32_t> ids;
    while (!text.empty()) {
      const auto take = [&](std::string_view name, std::int32_t id) {
        if (!text.starts_with(name)) return false;
        ids.push_back(id);
        text.remove_prefix(name.size());
        return true;
      };
      if (special && (take("<|im_start|>", 300) || take("<|im_end|>", 301))) continue;
      if (take("\n\n", 302)) continue;
      take(text.substr(0, 1), static_cast<unsigned char>(text.front()));
    }
    return ids;
  }
  std::string decode(std::span<const std::int32_t>) const override { return {}; }
  std::optional<std::int32_t> bos() const override { return {}; }
  std::optional<std::int32_t> eos() const override { return {}; }
  std::string identity() const override { return {}; }
};

TEST(Chat, TextsAcrossPiecesAreEncodedAsOne) {
  const std::vector<ChatPiece> pieces{
      {"<|im_start|>", true}, {"u\n"}, {"\n<|im_end|>"}, {"<|im_end|>", true}, {"\n"}};
  std::vector<std::int32_t> expected{300, 'u', 302};
  for (const char c : std::string_view("<|im_end|>")) expected.push_back(c);
  expected.insert(expected.end(), {301, '\n'});
  EXPECT_EQ(encode_chat(LetterTokenizer(), pieces), expected);
}

}  // namespace
}  // namespace undertone
