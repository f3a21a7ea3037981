#include "harness/net/chat_reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/json.h"

namespace undertone {
namespace {

constexpr std::size_t kMostRaw = 4096;  // bytes of a malformed reply that are kept

// A member that may be absent or null; another type throws Error{data}.
std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return !value || value->is_null() ? "" : value->as_string();
}

// Bytes where a server tells them (a token may end inside a character), else its text.
std::string token_text(const Json& token) {
  const Json* bytes = token.find("bytes");
  if (!bytes || !bytes->is_array()) return token.at("token").as_string();
  std::string out;
  for (const Json& b : bytes->elements()) out += static_cast<char>(b.as_int());
  return out;
}

// Nothing where there are none, or none that can be read: who asked for them says so.
std::vector<ChatToken> tokens_of(const Json& choice) try {
  std::vector<ChatToken> out;
  const Json* logprobs = choice.find("logprobs");
  const Json* content = logprobs && logprobs->is_object() ? logprobs->find("content") : nullptr;
  if (!content || !content->is_array()) return out;
  for (const Json& token : content->elements()) {
    ChatToken one{token_text(token), token.at("logprob").as_double(), {}};
    if (const Json* top = token.find("top_logprobs"); top && top->is_array())
      for (const Json& c : top->elements())
        one.choices.push_back({token_text(c), c.at("logprob").as_double()});
    out.push_back(std::move(one));
  }
  return out;
} catch (const Error&) {
  return {};
}

ChatOutcome read_choice(const Json& root) {
  const auto malformed = [](std::string why, bool silent = false) {
    return ChatMalformed{"", std::move(why), silent};
  };
  const Json* choices = root.find("choices");
  if (!choices) {
    const bool error = root.find("error") != nullptr;
    return malformed(error ? "the server replied with an error in place of a completion" : "no choices");
  }
  if (choices->elements().empty()) return malformed("no choices");
  if (choices->size() > 1)
    return malformed(fmt::format("{} choices where one was asked for", choices->size()));
  const Json& choice = choices->elements().front();
  const Json& message = choice.at("message");
  const std::string finish = text_of(choice, "finish_reason");
  const std::string content = text_of(message, "content"), refusal = text_of(message, "refusal");
  if (finish == "content_filter") return ChatRefusal{content.empty() ? refusal : content};
  if (!refusal.empty()) return ChatRefusal{refusal};
  if (finish == "length") return ChatTruncated{content};
  const Json* text = message.find("content");
  if (content.empty()) return malformed("the message has no content", text && text->is_string());
  return ChatReply{content, tokens_of(choice)};
}

void read_facts(const Json& root, std::size_t bytes, ChatFacts& facts) {
  facts.model = text_of(root, "model");
  facts.fingerprint = text_of(root, "system_fingerprint");
  facts.completion_tokens = static_cast<std::int64_t>(bytes / 4);
  const Json* usage = root.find("usage");
  if (!usage || usage->is_null()) return;
  facts.prompt_tokens = usage->get("prompt_tokens", 0);
  facts.completion_tokens = usage->get("completion_tokens", 0);
  facts.counted = true;
}

}  // namespace

bool same_model(std::string_view asked, std::string_view told) {
  if (asked == told) return true;
  const auto name = [](std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
    if (path.ends_with(".gguf")) path.remove_suffix(5);
    return path;
  };
  asked = name(asked);
  told = name(told);
  if (asked.empty()) return false;
  if (asked == told) return true;
  if (!told.starts_with(asked)) return false;
  const std::string_view more = told.substr(asked.size());
  if (more == ":latest") return true;
  // A date: nothing but digits and dashes, at least four digits ("-0613", "-2024-08-06").
  return more.front() == '-' &&
         std::count_if(more.begin(), more.end(), [](char c) { return c >= '0' && c <= '9'; }) >= 4 &&
         std::all_of(more.begin(), more.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

ChatParsed parse_chat_reply(const HttpReply& reply, const std::string& asked, const std::string& expected) {
  ChatParsed out;
  try {
    const Json root = parse_json(reply.body, "the reply");
    if (!root.is_object()) throw Error(ErrorKind::data, "the reply is no JSON object");
    read_facts(root, reply.body.size(), out.facts);
    const std::string& told = out.facts.model;
    const std::string& wanted = expected.empty() ? asked : expected;
    if (!told.empty() && (expected.empty() ? !same_model(asked, told) : told != expected)) {
      out.outcome =
          HttpError{TransportKind::model_mismatch, reply.status,
                    fmt::format("asked for '{}', but the reply is from '{}'", wanted, told), "", false};
      return out;
    }
    out.outcome = read_choice(root);
  } catch (const Error& e) {
    out.outcome = ChatMalformed{"", e.what_happened()};
  }
  if (auto* malformed = std::get_if<ChatMalformed>(&out.outcome))
    malformed->raw = reply.body.substr(0, kMostRaw);
  return out;
}

std::string server_message(const HttpError& error) {
  try {
    const Json root = parse_json(error.body, "the reply");
    const Json* inner = root.find("error");
    if (!inner) inner = &root;
    if (inner->is_string()) return inner->as_string();
    const Json* code = inner->find("code");
    const std::string message = text_of(*inner, "message");
    return code && code->is_string() ? code->as_string() + ": " + message : message;
  } catch (const Error&) {
    return error.body;
  }
}

ChatOutcome outcome_of_error(HttpError error) {
  if (error.kind == TransportKind::status && error.status == 400) {
    const std::string message = server_message(error);
    if (message.starts_with("content_filter:")) return ChatRefusal{message};
  }
  return error;
}

}  // namespace undertone
