#include "harness/text/chat.h"

#include <fmt/format.h>
#include <array>

#include "harness/core/error.h"
#include "harness/core/hash.h"

namespace undertone {
namespace {

using Pieces = std::vector<ChatPiece>;
using Render = Pieces (*)(std::string_view name, std::span<const Message> messages, bool open_reply);

[[noreturn]] void refuse(std::string_view name, const std::string& what) {
  throw Error(ErrorKind::weights, fmt::format("the chat template '{}' {}", name, what), "",
              "render conversations of user and assistant in turn");
}

// What Python's str.strip() takes for white space, which Jinja's trim uses.
constexpr std::array<std::string_view, 29> kSpaces{
    "\t",     "\n",     "\v",     "\f",     "\r",     "\x1c",   "\x1d",   "\x1e",   "\x1f",   " ",
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

std::string trimmed(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view space : kSpaces) {
      if (text.starts_with(space)) {
        text.remove_prefix(space.size());
        again = true;
      } else if (text.ends_with(space)) {
        text.remove_suffix(space.size());
        again = true;
      }
    }
  }
  return std::string(text);
}

Pieces smollm2(std::string_view name, std::span<const Message> messages, bool open_reply) {
  Pieces out;
  const auto turn = [&out](const std::string& role, const std::string& content) {
    out.push_back({"<|im_start|>", true});
    out.push_back({role + "\n"});
    out.push_back({content});
    out.push_back({"<|im_end|>", true});
    out.push_back({"\n"});
  };
  if (messages.front().role != "system")
    turn("system", "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
  for (const Message& m : messages) {
    if (m.role != "system" && m.role != "user" && m.role != "assistant")
      refuse(name, fmt::format("has no role '{}'", m.role));
    turn(m.role, m.content);
  }
  if (open_reply) {
    out.push_back({"<|im_start|>", true});
    out.push_back({"assistant\n"});
  }
  return out;
}

// Throws unless user and assistant speak in turn, user first.
void check_turns(std::string_view name, std::span<const Message> messages) {
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (messages[i].role != (i % 2 == 0 ? "user" : "assistant"))
      refuse(name, fmt::format("wants '{}' instead of '{}' in turn {}", i % 2 == 0 ? "user" : "assistant",
                               messages[i].role, i + 1));
}

Pieces gemma(std::string_view name, std::span<const Message> messages, bool open_reply) {
  Pieces out{{"<bos>", true}};
  const Message* system = nullptr;
  if (name == "gemma" && messages.front().role == "system") {
    system = &messages.front();
    messages = messages.subspan(1);
  }
  check_turns(name, messages);
  for (const Message& m : messages) {
    out.push_back({"<start_of_turn>", true});
    out.push_back({m.role == "assistant" ? "model\n" : "user\n"});
    if (system) {
      out.push_back({system->content});  // not trimmed, as in the reference
      out.push_back({"\n\n"});
      system = nullptr;
    }
    out.push_back({trimmed(m.content)});
    out.push_back({"<end_of_turn>", true});
    out.push_back({"\n"});
  }
  if (open_reply) {
    out.push_back({"<start_of_turn>", true});
    out.push_back({"model\n"});
  }
  return out;
}

// Our own form, as prompt.h renders questions for decoders that complete text.
Pieces plain(std::string_view name, std::span<const Message> messages, bool open_reply) {
  Pieces out;
  if (messages.front().role == "system") {
    out.push_back({messages.front().content});
    messages = messages.subspan(1);
  }
  check_turns(name, messages);
  if (open_reply && messages.size() % 2 == 0) refuse(name, "has no reply without a question");
  for (const Message& m : messages) {
    const bool first = out.empty();
    out.push_back({fmt::format("{}{}: ", first ? "" : " ", m.role == "user" ? "Question" : "Answer")});
    out.push_back({m.content});
  }
  if (open_reply) out.push_back({" Answer:"});
  return out;
}

struct Template {
  std::string name;
  Render render;
  std::vector<std::string> digests;  // SHA-256 of Jinja texts that it renders
};

const std::vector<Template>& templates() {
  static const std::vector<Template> list{
      // SmolLM2-135M-Instruct's GGUF.
      {"smollm2", smollm2, {"872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788"}},
      // tokenizer_config.json of gemma-3-4b-it, and of gemma-2-2b-it and gemma-2-9b-it.
      {"gemma", gemma, {"7de1c58e208eda46e9c7f86397df37ec49883aeece39fb961e0a6b24088dd3c4"}},
      {"gemma2", gemma, {"ecd6ae513fe103f0eb62e8ab5bfa8d0fe45c1074fa398b089c93a7e70c15cfd6"}},
      {"plain", plain, {}},
  };
  return list;
}

std::string known() {
  std::string out;
  for (const Template& t : templates()) out += (out.empty() ? "" : ", ") + t.name;
  return out;
}

}  // namespace

std::string chat_template_name(std::string_view jinja, const std::string& file) {
  if (jinja.empty()) return "plain";
  const std::string digest = sha256_hex(jinja);
  for (const Template& t : templates())
    for (const std::string& d : t.digests)
      if (d == digest) return t.name;
  throw Error(ErrorKind::weights,
              fmt::format("the chat template with SHA-256 {} is not known; known are: {}", digest, known()),
              file, "name the one that fits with the setting chat_template");
}

const std::vector<std::string>& chat_template_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const Template& t : templates()) out.push_back(t.name);
    return out;
  }();
  return names;
}

std::vector<ChatPiece> render_chat(std::string_view name, std::span<const Message> messages,
                                   bool open_reply) {
  for (const Template& t : templates()) {
    if (t.name != name) continue;
    if (messages.empty()) refuse(name, "has nothing to render: the conversation is empty");
    return t.render(name, messages, open_reply);
  }
  throw Error(ErrorKind::weights,
              fmt::format("the chat template '{}' is not known; known are: {}", name, known()), "",
              "name one of these with the setting chat_template");
}

std::vector<std::int32_t> encode_chat(const Tokenizer& tokenizer, std::span<const ChatPiece> pieces) {
  std::vector<std::int32_t> ids;
  std::string text;
  const auto encode = [&](const std::string& t, bool special) {
    const auto part = tokenizer.encode(t, special);
    ids.insert(ids.end(), part.begin(), part.end());
  };
  for (const ChatPiece& piece : pieces) {
    if (!piece.special) {
      text += piece.text;
      continue;
    }
    if (!text.empty()) encode(text, false);
    text.clear();
    encode(piece.text, true);
  }
  if (!text.empty()) encode(text, false);
  return ids;
}

}  // namespace undertone
