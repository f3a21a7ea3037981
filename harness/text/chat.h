// Chat templates: named renderers in C++, chosen by the digest of the Jinja text that a model's file carries, so that
// an unknown template is an error and never a guess. Torch-free.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/text_model.h"

namespace undertone {

// A name of builtin templates: "smollm2", "gemma", ...; "plain" is the form of base models
// ("Question: ... Answer:"), chosen where the file has no template.
// Throws Error{weights} for a template that is not known: names file, digest, the known names and the setting that
// overrides the choice.
std::string chat_template_name(std::string_view jinja, const std::string& file);

// One piece of a rendered conversation: text that may hold special tokens (written by the template), or content
// (never parsed for special tokens).
struct ChatPiece {
  std::string text;
  bool special = false;
};
// Renders messages; with `open_reply`, ends with what opens the assistant's turn. Throws Error{weights} for a role or
// an order of roles that the template does not allow.
std::vector<ChatPiece> render_chat(std::string_view name, std::span<const Message> messages, bool open_reply = true);

}  // namespace undertone
