// A conversation as token ids, as the reference tokenizers give them for the rendered text: only what the
// template wrote becomes control tokens, and text between two control tokens is encoded as one, across the
// borders of pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/text/chat.h"
#include "harness/text/tokenizer.h"

namespace undertone {

class ChatEncoder {
 public:
  // `source` is the tokenizer's; `chat_template` a name of chat.h.
  ChatEncoder(std::shared_ptr<const Tokenizer> tokenizer, const TokenizerSource& source,
              std::string chat_template);
  // Ends with what opens the assistant's turn; begins with bos where the model wants one.
  std::vector<std::int64_t> prompt(std::span<const Message> messages) const;
  std::vector<std::int64_t> encode(std::span<const ChatPiece> pieces) const;

  // What Message::shared marks, as one text that tells openings apart; "" where nothing is marked.
  static std::string opening_text(std::span<const Message> messages);
  // The ids that prompts with this opening begin with, whatever follows it; of the opening alone, not of what
  // follows it here. A prompt whose first word behind the opening joins its last token begins otherwise:
  // compare.
  std::vector<std::int64_t> opening(std::span<const Message> messages) const;

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::string template_;
  std::unordered_map<std::string, std::int32_t> control_;
  std::set<std::size_t, std::greater<>> control_lengths_;
  std::int32_t bos_ = -1;  // -1: none is added
};

}  // namespace undertone
