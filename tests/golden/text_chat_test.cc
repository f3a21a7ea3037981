// Rendered conversations against Transformers; tests/golden/make_chat_reference.py made the reference.
#include "harness/text/chat.h"

#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

std::string joined(const std::vector<ChatPiece>& pieces) {
  std::string out;
  for (const ChatPiece& p : pieces) out += p.text;
  return out;
}

TEST(ChatReference, RendersAndRefusesAsTheTemplatesDo) {
  const Json reference = read_json_file(test::source_path("tests/golden/tokenizers/chat.json"));
  std::map<std::string, int> rendered, refused;
  for (const Json& item : reference.at("items").elements()) {
    const std::string name = item.at("template").as_string();
    std::vector<Message> messages;
    for (const Json& m : item.at("messages").elements())
      messages.push_back({m.at("role").as_string(), m.at("content").as_string()});
    const bool open_reply = item.at("open_reply").as_bool();
    const std::string what = name + " " + item.at("messages").dump();
    // Gemma's templates would render a late system message as a turn of an unknown speaker; we refuse it.
    const bool late = name != "smollm2" && messages.size() == 3 && messages[1].role == "system";
    if (item.find("refused") || late) {
      ++refused[name];
      EXPECT_THROW(render_chat(name, messages, open_reply), Error) << what;
      continue;
    }
    ++rendered[name];
    const auto pieces = render_chat(name, messages, open_reply);
    EXPECT_EQ(joined(pieces), item.at("text").as_string()) << what;
    // Nothing but the templates' own tokens is parsed for special tokens.
    const std::set<std::string> own{"<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>",
                                    "<end_of_turn>"};
    for (const ChatPiece& p : pieces) EXPECT_TRUE(!p.special || own.contains(p.text)) << what;
  }
  EXPECT_EQ(rendered, (std::map<std::string, int>{{"gemma", 22}, {"gemma2", 14}, {"smollm2", 28}}));
  EXPECT_EQ(refused, (std::map<std::string, int>{{"gemma", 6}, {"gemma2", 14}}));
}

}  // namespace
}  // namespace undertone
