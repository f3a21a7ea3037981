// Chat templates: named renderers in C++, chosen by the digest of the Jinja text that a model's file carries,
// so that an unknown template is an error and never a guess. Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/text_model.h"
#include "harness/text/tokenizer.h"

namespace undertone {

// A name of builtin templates:
// - "smollm2" (SmolLM2 Instruct): any order of turns; a conversation that does not begin with a system
// message
//   gets the template's own.
// - "gemma" (Gemma 3): user and assistant in turn; a leading system message stands in front of the first
// user's.
// - "gemma2" (Gemma and Gemma 2): the same without a system message.
// - "plain", where the file has no template: the form of base models, "Question: ... Answer: ...", a leading
//   system message as it stands.
// Throws Error{weights} for a template that is not known: names file, digest, the known names and the setting
// that overrides the choice.
std::string chat_template_name(std::string_view jinja, const std::string& file);
const std::vector<std::string>& chat_template_names();

// One piece of a rendered conversation: a special token that the template writes, or text (the template's, or
// one message's content as its own piece) that is never parsed for special tokens.
struct ChatPiece {
  std::string text;
  bool special = false;
};
// Renders messages; with `open_reply`, ends with what opens the assistant's turn. What the reference renders
// is rendered whole, so Gemma's conversations begin with "<bos>"; "plain" writes no special token. Throws
// Error{weights} for a name that is not known, no messages, or roles or an order of roles that the template
// does not allow.
std::vector<ChatPiece> render_chat(std::string_view name, std::span<const Message> messages,
                                   bool open_reply = true);

// Ids of a rendered conversation, equal to those of the reference for the text as a whole, but for special
// tokens that stand in a message's content: they stay plain. Neighbouring texts are encoded as one, since
// words may cross the border between template and content.
std::vector<std::int32_t> encode_chat(const Tokenizer& tokenizer, std::span<const ChatPiece> pieces);

}  // namespace undertone
